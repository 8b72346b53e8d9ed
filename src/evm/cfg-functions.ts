import type { Hex } from '../core/hex.ts'
import type { Cfg } from './cfg.ts'
import { type DispatchInput, runDispatcher } from './cfg-dispatch.ts'
import { OP } from './opcodes.ts'

/** Where the body of an external function starts. */
export interface FunctionEntry {
  readonly selector: Hex
  /** First offsets of the blocks reached once the selector matched; more than one when an earlier test on state splits the dispatch. */
  readonly entries: readonly number[]
  /** `fallback`: the selector is none the dispatcher knows; a plain transfer (`0x`) ends in `receive` or the fallback function. */
  readonly kind: 'function' | 'fallback'
}

const LONG_CALLDATA = 0x1004

/**
 * Entry of the body for one selector, `0x` for plain transfers (see `runDispatcher` for the method and where it fails).
 *
 * @example
 * functionEntry(cfg, '0xa9059cbb') // { selector: '0xa9059cbb', entries: [319], kind: 'function' }
 */
export function functionEntry(cfg: Cfg, selector: Hex): FunctionEntry {
  const input: DispatchInput =
    selector === '0x'
      ? { selector: 0, calldataSize: 0 }
      : { selector: Number(BigInt(selector)), calldataSize: LONG_CALLDATA }
  const { matched, otherwise } = runDispatcher(cfg, input)
  if (matched.length > 0 && selector !== '0x') return { selector, entries: matched, kind: 'function' }
  return { selector, entries: otherwise, kind: 'fallback' }
}

/**
 * Every external function whose selector stands in the code as a constant, ascending by selector. Selectors kept in data (Vyper's dense
 * tables) are found by `functionEntry` when asked for, but not listed.
 */
export function recoverFunctions(cfg: Cfg): FunctionEntry[] {
  return [...selectorConstants(cfg)]
    .sort((a, b) => a - b)
    .map((value): FunctionEntry => functionEntry(cfg, `0x${value.toString(16).padStart(8, '0')}`))
    .filter(({ kind }) => kind === 'function')
}

const COMPARISONS: ReadonlySet<number> = new Set([OP.EQ, OP.XOR, OP.SUB])

function selectorConstants(cfg: Cfg): Set<number> {
  const constants = new Set<number>()
  for (const start of cfg.reached) {
    const { instructions } = cfg.blocks.get(start)!
    for (const [i, { opcode, operand }] of instructions.entries()) {
      // Leading zeros make the PUSH shorter; those are too common to try unless a comparison follows at once.
      const compared = instructions.slice(i + 1, i + 4).some((next) => COMPARISONS.has(next.opcode))
      if (opcode === OP.PUSH4 || (opcode > OP.PUSH0 && opcode < OP.PUSH4 && compared))
        constants.add(Number(operand!))
      if (opcode === OP.PUSH32 && (operand! & ((1n << 224n) - 1n)) === 0n)
        constants.add(Number(operand! >> 224n))
      if (opcode === OP.ISZERO) constants.add(0)
    }
  }
  return constants
}
