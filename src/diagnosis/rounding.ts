import type { Loss, Origin } from '../chain/types.ts'
import type { Hex } from '../core/hex.ts'
import { OP } from '../evm/opcodes.ts'
import { reachSinks } from './arithmetic.ts'
import {
  type Diagnoser,
  distinct,
  type Evidence,
  functionOf,
  type ObservedExecution,
  observed,
} from './evidence.ts'
import {
  and,
  constant,
  divide,
  greater,
  less,
  modulo,
  multiply,
  selectorIs,
  stack,
  subtract,
} from './expressions.ts'
import { whereActing } from './functions-running.ts'
import { visitOrigin } from './origins.ts'
import type { CodeSite, Diagnosis, Expression, Invariant } from './types.ts'

/** A division that was not exact, in a frame that lasted. */
interface Division extends CodeSite {
  readonly execution: ObservedExecution
  readonly frame: number
  readonly loss: Loss
  readonly selector: Hex
  /** Parts per million of what was divided that were lost, or were given on top. */
  readonly lost: number
}

const MILLION = 1_000_000n
const ALL = Number(MILLION)
/** Less than a hundredth is what integers cost; more than that is worth asking about. */
const WORTH_ASKING = ALL / 100
/** How much more than ever in history must have been lost; nothing at all left is always more. */
const FACTOR = 4
/** Divisions that are guarded together at most. */
const SITES = 4
/** What may be lost at most, one part in so many: what integers cost, or else less than half. */
const BOUNDS = [100n, 2n] as const
/** One part in so many of what would give a quotient of one. */
const DUST = 100n
const NUMERATOR = stack(0)
const DENOMINATOR = stack(1)

/**
 * Rounding: a division lost, or gave on top, a part of what it divided that counts (all of it where the quotient was zero), the function relied
 * on the result, and no benign call ever lost nearly as much there. Shares, fees and prices of nothing are made so.
 *
 * Failure modes: a loss below one part in a hundred that is repeated, or that is multiplied by a large factor in another transaction, is
 * not told from ordinary rounding; SDIV is seen but not guarded.
 */
export const diagnoseRounding: Diagnoser = (evidence) => {
  const usual = worstOf(observed(evidence.history).flatMap(divisionsOf))
  const found = observed(evidence.attack)
    .flatMap(reliedUpon)
    .filter((division) => division.loss.opcode === OP.DIV && isUnusual(division, known(division, usual)))
    .sort((x, y) => y.lost - x.lost)
  const functions = distinct(found, ({ code, selector }) => code + selector)
  return functions.map(({ code, selector }) => {
    const own = found.filter((division) => division.code === code && division.selector === selector)
    return toDiagnosis(evidence, distinct(own, ({ pc }) => String(pc)).slice(0, SITES), usual)
  })
}

function isUnusual({ lost }: Division, before: number): boolean {
  return lost >= WORTH_ASKING && (lost > FACTOR * before || (lost >= ALL && before < ALL))
}

const site = ({ code, pc }: CodeSite): string => `${code}:${pc}`
const siteAndFunction = (division: Division): string => `${site(division)}:${division.selector}`
const known = (division: Division, usual: ReadonlyMap<string, number>): number =>
  usual.get(siteAndFunction(division)) ?? 0

/** The most that was lost, by place, and by place and function. */
function worstOf(divisions: readonly Division[]): Map<string, number> {
  const worst = new Map<string, number>()
  for (const division of divisions) {
    for (const key of [site(division), siteAndFunction(division)])
      worst.set(key, Math.max(worst.get(key) ?? 0, division.lost))
  }
  return worst
}

function divisionsOf(execution: ObservedExecution): Division[] {
  return execution.observation.losses
    .filter(
      ({ how, frame }) => (how === 'remainder' || how === 'excess') && !execution.frames[frame]!.reverted,
    )
    .map((loss) => {
      const { code, selector } = execution.frames[loss.frame]!
      return { execution, frame: loss.frame, loss, code, pc: loss.pc, selector, lost: partLost(loss) }
    })
}

/** Of `a / b`: the remainder of a. Rounded up, a is b - 1 more than what is divided, and what lacks to the next multiple was given on top. */
function partLost({ how, operands: [numerator, denominator] }: Loss): number {
  const remainder = numerator % denominator
  if (how !== 'excess') return Number((remainder * MILLION) / numerator)
  const divided = numerator - (denominator - 1n)
  return divided <= 0n ? 0 : Number(((denominator - 1n - remainder) * MILLION) / divided)
}

function reliedUpon(execution: ObservedExecution): Division[] {
  const divisions = divisionsOf(execution)
  if (divisions.length === 0) return []
  const { used } = reachSinks(execution)
  return divisions.filter(({ loss }) => used.has(loss.origin))
}

function toDiagnosis(
  evidence: Evidence,
  divisions: readonly Division[],
  usual: ReadonlyMap<string, number>,
): Diagnosis {
  const [worst] = divisions as [Division, ...Division[]]
  const { execution, loss, code, pc, lost } = worst
  const { target, selector } = functionOf(execution, execution.frames[loss.frame]!)
  const toZero = divisions.filter((division) => division.loss.how === 'remainder' && division.lost === ALL)
  const exact = divisions.filter(
    (division) => !usual.has(siteAndFunction(division)) && isMultipliedLater(division),
  )
  const nothing = toZero.length > 0 ? quotientNotZero(evidence, toZero) : []
  const alwaysExact = exact.length > 0 && exact.every((division) => wasUsed(evidence, division))
  const even = exact.length > 0 ? nothingLost(evidence, exact) : []
  const invariants = [
    ...(alwaysExact ? [...even, ...nothing] : [...nothing, ...even]),
    ...littleLost(evidence, divisions, usual),
  ]
  const confidence = lost >= ALL && paidOut(worst) ? 0.7 : lost >= ALL ? 0.5 : 0.4
  return {
    class: 'rounding',
    target,
    code,
    selector,
    pc,
    slots: [],
    confidence,
    mechanism: { class: 'rounding', invariants },
    summary: `${selector} of ${target} relied on a division at pc ${pc} that was off by ${lost / 10_000} %`,
    evidence: {
      sites: divisions.map((division) => division.pc),
      lostPerMillion: lost,
      operands: loss.operands.map((operand) => `0x${operand.toString(16)}`),
    },
  }
}

const refuseAt = (evidence: Evidence, division: Division, refuse: Expression) => ({
  place: { at: 'instruction' as const, code: division.code, pc: division.pc },
  refuse: whereActing(evidence, division, refuse),
})

/**
 * In every function that acts by the division: anything that rounds to nothing, then what is more than dust; then in the attacked function
 * alone. Dust is let through for senseless uses of functions nobody was seen to use: each call gains less than a hundredth of a unit by it.
 */
function quotientNotZero(evidence: Evidence, divisions: readonly Division[]): Invariant[] {
  const below = less(NUMERATOR, DENOMINATOR)
  const zero = and(below, greater(NUMERATOR, constant(0n)))
  const notes = ['amounts so small that they round to nothing are refused']
  const everywhere = (refuse: Expression) => divisions.map((division) => refuseAt(evidence, division, refuse))
  const here = divisions.map(({ code, pc, selector }) => ({
    place: { at: 'instruction' as const, code, pc },
    refuse: and(selectorIs(selector), zero),
  }))
  return [
    { name: 'quotient-not-zero', rules: everywhere(zero), notes },
    {
      name: 'quotient-not-zero-but-dust',
      rules: everywhere(and(below, greater(NUMERATOR, divide(DENOMINATOR, constant(DUST))))),
      notes: [
        `amounts that round to nothing are refused, unless they are below one part in ${DUST} of what gives one`,
      ],
    },
    { name: 'quotient-not-zero-here', rules: here, notes },
  ]
}

/** Anything that is left over; then what is more than dust. */
function nothingLost(evidence: Evidence, divisions: readonly Division[]): Invariant[] {
  const remainder = modulo(NUMERATOR, DENOMINATOR)
  const exactUpTo = (name: string, most: Expression): Invariant => ({
    name,
    rules: divisions.map((division) => refuseAt(evidence, division, greater(remainder, most))),
    notes: ['amounts that do not divide evenly before they are multiplied are refused'],
  })
  return [
    exactUpTo('division-exact', constant(0n)),
    exactUpTo('division-exact-but-dust', divide(DENOMINATOR, constant(DUST))),
  ]
}

/** Whether a benign call of the function came to the division. */
function wasUsed({ history }: Evidence, { code, pc, selector, execution, frame }: Division): boolean {
  const starts = execution.observation.blocks.get(frame) ?? []
  const start = Math.max(...starts.filter((known) => known <= pc))
  return observed(history).some(({ frames, observation }) =>
    [...observation.blocks].some(([index, blocks]) => {
      const other = frames[index]!
      return !other.reverted && other.code === code && other.selector === selector && blocks.includes(start)
    }),
  )
}

/** Bounds between what history lost and what the attack lost. */
function littleLost(
  evidence: Evidence,
  divisions: readonly Division[],
  usual: ReadonlyMap<string, number>,
): Invariant[] {
  return BOUNDS.flatMap((part) => {
    const bound = Number(MILLION / part)
    const chosen = divisions.filter(
      (division) => division.lost > bound && 1.5 * known(division, usual) < bound,
    )
    if (chosen.length === 0) return []
    return [
      {
        name: 'little-lost',
        rules: chosen.map((division) => refuseAt(evidence, division, losesMore(division.loss, part))),
        notes: [`amounts that rounding changes by more than one part in ${part} are refused`],
      },
    ]
  })
}

function losesMore({ how }: Loss, part: bigint): Expression {
  const remainder = modulo(NUMERATOR, DENOMINATOR)
  if (how !== 'excess') return greater(multiply(remainder, constant(part)), NUMERATOR)
  const added = subtract(DENOMINATOR, constant(1n))
  return greater(multiply(subtract(added, remainder), constant(part)), subtract(NUMERATOR, added))
}

/** Whether the quotient was multiplied afterwards: the order of operations that makes a small loss a large one. */
function isMultipliedLater({ execution, loss }: Division): boolean {
  const { observation } = execution
  const seen = new Set<Origin>()
  let found = false
  const visit = (origin: Origin | undefined) => {
    if (!origin || found) return
    visitOrigin(origin, seen, (node) => {
      if (node.op === 'compute' && node.opcode === OP.MUL && node.inputs.includes(loss.origin)) found = true
    })
  }
  for (const { valueOrigin, frame } of observation.accesses) if (frame === loss.frame) visit(valueOrigin)
  for (const { condition, frame } of observation.branches) if (frame === loss.frame) visit(condition)
  for (const { valueOrigin, inputOrigins, frame } of observation.calls) {
    if (frame !== loss.frame) continue
    for (const origin of [valueOrigin, ...(inputOrigins ?? [])]) visit(origin)
  }
  return found
}

/** Whether value left the contract in the transaction. */
function paidOut({ execution, loss }: Division): boolean {
  const { context } = execution.frames[loss.frame]!
  return execution.transfers.some(({ from }) => from === context)
}
