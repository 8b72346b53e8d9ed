import { type Origin, Taint } from '../chain/types.ts'
import { OP } from '../evm/opcodes.ts'
import { accessesOf, type Evidence, ofFrames } from './evidence.ts'
import { constant, greater, less, or, stack } from './expressions.ts'
import { type Ran, whereActing } from './functions-running.ts'
import type { Call, CalledFunction } from './learn/calls.ts'
import { visitOrigin } from './origins.ts'
import type { Invariant } from './types.ts'

/** An operand of a multiplication or division that came from outside: where it stands, and what it was. */
interface Sample {
  readonly ran: Ran
  readonly pc: number
  readonly depth: number
  readonly value: bigint
}

interface Band {
  readonly ran: Ran
  readonly pc: number
  readonly depth: number
  readonly lowest: bigint
  readonly highest: bigint
}

/** What other contracts answer, and what an account holds. */
export const OUTSIDE = Taint.returnData | Taint.balance
const CHOSEN = Taint.calldata | Taint.callValue
export const SCALES: ReadonlySet<number> = new Set([OP.MUL, OP.DIV])
/** How far outside of what history saw a value may lie, the loosest first. */
const MARGINS = [8n, 4n, 2n] as const
/** A band around a single value says little. */
const SAMPLES = 2
const BANDS = 2

/**
 * Bounds for what a function multiplies and divides by, where it comes from other contracts or from balances: a multiple of what benign calls had,
 * as loose as refuses what the attack had. The operands furthest off come first.
 *
 * Failure mode: the bounds are numbers of today. Prices that drift out of them are refused, which their notes say.
 */
export function priceBands(evidence: Evidence, fn: CalledFunction): Invariant[] {
  const bands = bandsOf(fn.benign.flatMap(samplesOf))
  const hostile = fn.hostile.flatMap(samplesOf)
  return bands
    .flatMap((band) => {
      const margin = MARGINS.find((factor) => hostile.some((sample) => isOutside(sample, band, factor)))
      return margin ? [{ band, margin }] : []
    })
    .sort((a, b) => Number(b.margin - a.margin))
    .slice(0, BANDS)
    .map(({ band, margin }) => toInvariant(evidence, fn, { band, margin }))
}

function samplesOf({ execution, activation }: Call): Sample[] {
  const samples: Sample[] = []
  const seen = new Set<Origin>()
  const collect = (value: Origin | undefined, frame: number) =>
    value &&
    visitOrigin(value, seen, (node) => {
      if (node.op !== 'compute' || !SCALES.has(node.opcode)) return
      for (const [depth, input] of node.inputs.entries()) {
        if (input.taint & OUTSIDE && (input.taint & CHOSEN) === 0)
          samples.push({ ran: { execution, frame, pc: node.pc }, pc: node.pc, depth, value: input.value })
      }
    })
  for (const { kind, valueOrigin, frame } of accessesOf(execution, activation))
    if (kind === 'write') collect(valueOrigin, frame)
  for (const { valueOrigin, inputOrigins, frame } of ofFrames(execution.observation.calls, activation)) {
    collect(valueOrigin, frame)
    for (const input of inputOrigins?.slice(1) ?? []) collect(input, frame)
  }
  for (const { condition, frame } of ofFrames(execution.observation.branches, activation))
    collect(condition, frame)
  return samples
}

function bandsOf(samples: readonly Sample[]): Band[] {
  const groups = new Map<string, Sample[]>()
  for (const sample of samples) {
    const key = `${sample.pc}:${sample.depth}`
    groups.set(key, [...(groups.get(key) ?? []), sample])
  }
  return [...groups.values()]
    .filter((group) => group.length >= SAMPLES)
    .map((group) => {
      const values = group.map(({ value }) => value).sort((a, b) => (a < b ? -1 : 1))
      const [lowest, highest] = [values[0]!, values.at(-1)!]
      return { ran: group[0]!.ran, pc: group[0]!.pc, depth: group[0]!.depth, lowest, highest }
    })
}

const boundsOf = ({ lowest, highest }: Band, margin: bigint) => ({
  low: lowest / margin,
  high: highest * margin,
})

function isOutside(sample: Sample, band: Band, margin: bigint): boolean {
  const { low, high } = boundsOf(band, margin)
  return sample.pc === band.pc && sample.depth === band.depth && (sample.value < low || sample.value > high)
}

function toInvariant(
  evidence: Evidence,
  { ref }: CalledFunction,
  { band, margin }: { readonly band: Band; readonly margin: bigint },
): Invariant {
  const { low, high } = boundsOf(band, margin)
  const operand = stack(band.depth)
  const outside = or(less(operand, constant(low)), greater(operand, constant(high)))
  return {
    name: 'price-in-band',
    rules: [
      {
        place: { at: 'instruction', code: band.ran.execution.frames[band.ran.frame]!.code, pc: band.pc },
        refuse: whereActing(evidence, band.ran, outside),
      },
    ],
    notes: [
      `${ref.selector} is refused while what it computes with lies outside ${low} to ${high}, ${margin} times around what benign calls had`,
    ],
  }
}
