import type { Hex } from '../../core/hex.ts'
import { blockAt, type Cfg } from '../cfg.ts'
import { type FunctionEntry, functionEntry, recoverFunctions } from '../cfg-functions.ts'
import { Describer } from './describe.ts'
import type { CallInput } from './execute.ts'
import { PROTECTIONS, type Precision, type Protection } from './frame.ts'
import { hashOrderOf } from './places.ts'
import { type FunctionRun, runFunction } from './run-function.ts'
import { summariseRun } from './summarise.ts'
import type { Analysis, FunctionAnalysis } from './types.ts'
import { Values } from './values.ts'
import { inferVariables } from './variables.ts'

export interface AnalysisOptions {
  /** Bound on blocks run for all functions together. */
  readonly maxSteps?: number
}

const MAX_STEPS = 45_000
const FINE: Precision = { decided: 2, recursion: 6 }
const COARSE: Precision = { decided: 0, recursion: 2 }
/** What is tried one after the other, so that functions which need much leave enough for the others. */
const ATTEMPTS = [
  { precision: FINE, maxSteps: 1_000 },
  { precision: FINE, maxSteps: 4_000 },
  { precision: COARSE, maxSteps: 6_000 },
] as const

interface Subject {
  readonly selector: FunctionAnalysis['selector']
  readonly entries: readonly number[]
  readonly input: CallInput
}

/**
 * What each external function of runtime bytecode reads, writes and calls, under which checks of the caller, and which variables the
 * storage seems to hold. Every function is run from the start of the code on a call of which only the selector is known (see
 * `runFunction`); the work is bounded, and what could not be followed is reported as a gap.
 *
 * What it takes for granted: bytes of memory below 0x80 are not written through computed addresses (`Memory`), and hashes do not
 * collide. Code called by DELEGATECALL is not looked at.
 *
 * @example
 * const analysis = analyseCode(buildCfg(code))
 * analysis.functions.flatMap(({ writes }) => writes.filter(({ guard }) => guard.protection === 'none'))
 */
export function analyseCode(cfg: Cfg, options: AnalysisOptions = {}): Analysis {
  const values = new Values()
  const runs = runAll(cfg, values, options.maxSteps ?? MAX_STEPS)
  const describer = new Describer(values, hashOrderOf(values))
  const functions = runs
    .filter(({ subject, run }) => subject.selector.startsWith('0x') || mayDoSomething(run))
    .map(({ subject, run }) => summariseRun(run, subject.selector, subject.entries, values, describer))
  return new CodeAnalysis(cfg, functions, inferVariables(functions, values, describer))
}

/** Every function as far as the steps go. */
function runAll(cfg: Cfg, values: Values, maxSteps: number): { subject: Subject; run: FunctionRun }[] {
  let left = maxSteps
  let runs: { subject: Subject; run: FunctionRun | null }[] = subjectsOf(cfg).map((subject) => ({
    subject,
    run: null,
  }))
  for (const attempt of ATTEMPTS) {
    runs = runs.map(({ subject, run }) => {
      if (run?.complete || (run && left <= 0)) return { subject, run }
      const bound = { ...attempt, maxSteps: Math.min(left, attempt.maxSteps) }
      const next = runFunction(cfg, values, subject.input, bound)
      left -= next.steps
      return { subject, run: next }
    })
  }
  return runs.map(({ subject, run }) => ({ subject, run: run! }))
}

function subjectsOf(cfg: Cfg): Subject[] {
  const known = recoverFunctions(cfg).map(({ selector, entries }) => ({
    selector,
    entries,
    input: { selector: Number(BigInt(selector)) },
  }))
  const fallback = unknownSelector(cfg)
  return [
    ...known,
    ...(fallback
      ? [
          {
            selector: 'fallback' as const,
            entries: fallback.entries,
            input: { selector: Number(BigInt(fallback.selector)) },
          },
        ]
      : []),
    { selector: 'receive', entries: functionEntry(cfg, '0x').entries, input: { selector: null } },
  ]
}

/** A selector the dispatcher does not know; null when it seems to know all that were tried. */
function unknownSelector(cfg: Cfg): FunctionEntry | null {
  for (let i = 0xfffffffe; i > 0xfffffff0; i--) {
    const entry = functionEntry(cfg, `0x${i.toString(16)}` as Hex)
    if (entry.kind === 'fallback') return entry
  }
  return null
}

/** A fallback function that only reverts is none. */
const mayDoSomething = ({ ends, unresolved, complete }: FunctionRun): boolean =>
  ends.length > 0 || unresolved.length > 0 || !complete

class CodeAnalysis implements Analysis {
  readonly functions: readonly FunctionAnalysis[]
  readonly variables: Analysis['variables']
  readonly unvisited: readonly number[]
  readonly complete: boolean
  private readonly cfg: Cfg

  constructor(cfg: Cfg, functions: readonly FunctionAnalysis[], variables: Analysis['variables']) {
    const visited = new Set(functions.flatMap(({ blocks }) => [...blocks.keys()]))
    this.cfg = cfg
    this.functions = functions
    this.variables = variables
    this.unvisited = [...cfg.reached].filter((start) => !visited.has(start)).sort((a, b) => a - b)
    this.complete = functions.every(({ gaps }) => gaps.length === 0)
  }

  writesTo(slot: bigint): ReturnType<Analysis['writesTo']> {
    return this.functions.flatMap(({ selector, writes }) =>
      writes
        .filter(({ place }) => place === null || BigInt(place.slot) === slot)
        .map((write) => ({ selector, write, certain: write.place !== null })),
    )
  }

  protectionAt(pc: number): ReturnType<Analysis['protectionAt']> {
    const { start } = blockAt(this.cfg, pc)
    const found = this.functions.flatMap(({ blocks, beyondGaps }) => blocks.get(start) ?? beyondGaps ?? [])
    if (found.length === 0 || found.includes('unknown')) return 'unknown'
    return PROTECTIONS[Math.min(...found.map(rankOf))]!
  }

  isGuarded(pc: number, atLeast: Exclude<Protection, 'none'> = 'authority'): boolean {
    const protection = this.protectionAt(pc)
    return protection !== 'unknown' && rankOf(protection) >= rankOf(atLeast)
  }

  functionsReaching(pc: number): ReturnType<Analysis['functionsReaching']> {
    const { start } = blockAt(this.cfg, pc)
    return this.functions.flatMap(({ selector, blocks, beyondGaps }) =>
      blocks.has(start) || beyondGaps !== null ? [{ selector, certain: blocks.has(start) }] : [],
    )
  }
}

/** Strength of a protection; `unknown` comes below all. */
const rankOf = (protection: Protection | 'unknown'): number =>
  protection === 'unknown' ? -1 : PROTECTIONS.indexOf(protection)
