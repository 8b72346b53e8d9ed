import { createHash } from 'node:crypto'
import { messageOf } from '../src/core/errors.ts'
import { bytesOf, type Hex } from '../src/core/hex.ts'
import { analyseCode } from '../src/evm/analysis/analyse.ts'
import type { Analysis } from '../src/evm/analysis/types.ts'
import { buildCfg, type Cfg } from '../src/evm/cfg.ts'
import { isPush, OP } from '../src/evm/opcodes.ts'
import { evmoleFunctions } from '../test/support/evmole.ts'

/** What one code gave. Counts of jumps are those of reached blocks. */
export interface Measured {
  /** sha256 of the hex text, to find the code again. */
  readonly hash: string
  readonly bytes: number
  /** Of processor time: other work on the machine does not count. */
  readonly milliseconds: number
  readonly error: string | null
  readonly jumps: {
    readonly all: number
    /** Without a PUSH right before. */
    readonly dynamic: number
    readonly unresolved: number
    readonly dynamicUnresolved: number
  }
  /** Whether no function has a gap. */
  readonly complete: boolean
  readonly functions: { readonly all: number; readonly withGap: number }
  readonly selectors: { readonly both: number; readonly missed: number; readonly extra: number }
  readonly variables: number
  readonly writes: {
    readonly all: number
    readonly known: number
    readonly protection: Readonly<Record<string, number>>
  }
}

const NOTHING: Omit<Measured, 'hash' | 'bytes' | 'milliseconds' | 'error'> = {
  jumps: { all: 0, dynamic: 0, unresolved: 0, dynamicUnresolved: 0 },
  complete: false,
  functions: { all: 0, withGap: 0 },
  selectors: { both: 0, missed: 0, extra: 0 },
  variables: 0,
  writes: { all: 0, known: 0, protection: {} },
}

export function measureCode(code: Hex): Measured {
  const identity = { hash: createHash('sha256').update(code).digest('hex'), bytes: (code.length - 2) / 2 }
  const begun = process.cpuUsage()
  try {
    const cfg = buildCfg(bytesOf(code))
    const analysis = analyseCode(cfg)
    const milliseconds = millisecondsSince(begun)
    return { ...identity, milliseconds, error: null, jumps: countJumps(cfg), ...countFound(code, analysis) }
  } catch (error) {
    return { ...identity, ...NOTHING, milliseconds: millisecondsSince(begun), error: messageOf(error) }
  }
}

function millisecondsSince(begun: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begun)
  return Math.round((user + system) / 100) / 10
}

function countJumps(cfg: Cfg): Measured['jumps'] {
  const jumps = [...cfg.reached].flatMap((start) => {
    const { instructions } = cfg.blocks.get(start)!
    const last = instructions.at(-1)!
    if (last.opcode !== OP.JUMP && last.opcode !== OP.JUMPI) return []
    const before = instructions.at(-2)
    const dynamic = !before || !isPush(before.opcode)
    return [{ dynamic, unresolved: cfg.unresolved.has(last.pc) }]
  })
  return {
    all: jumps.length,
    dynamic: jumps.filter(({ dynamic }) => dynamic).length,
    unresolved: jumps.filter(({ unresolved }) => unresolved).length,
    dynamicUnresolved: jumps.filter(({ dynamic, unresolved }) => dynamic && unresolved).length,
  }
}

function countFound(
  code: Hex,
  analysis: Analysis,
): Omit<Measured, 'hash' | 'bytes' | 'milliseconds' | 'error' | 'jumps'> {
  const here = new Set(analysis.functions.map(({ selector }) => selector as string))
  const theirs = new Set(evmoleFunctions(code).keys())
  const found = [...here].filter((selector) => selector.startsWith('0x'))
  const writes = analysis.functions.flatMap((each) => each.writes)
  const protection: Record<string, number> = {}
  for (const { guard } of writes) protection[guard.protection] = (protection[guard.protection] ?? 0) + 1
  return {
    complete: analysis.complete,
    functions: {
      all: analysis.functions.length,
      withGap: analysis.functions.filter(({ gaps }) => gaps.length > 0).length,
    },
    selectors: {
      both: found.filter((selector) => theirs.has(selector)).length,
      missed: [...theirs].filter((selector) => !here.has(selector)).length,
      extra: found.filter((selector) => !theirs.has(selector)).length,
    },
    variables: analysis.variables.length,
    writes: { all: writes.length, known: writes.filter(({ place }) => place !== null).length, protection },
  }
}
