import { type Origin, Taint } from '../../chain/types.ts'
import { OP } from '../../evm/opcodes.ts'
import { codeSite, distinct, type Evidence, ofFrames } from '../evidence.ts'
import { constant, greater, stack } from '../expressions.ts'
import { whereActing } from '../functions-running.ts'
import { visitOrigin } from '../origins.ts'
import type { Expression, Rule } from '../types.ts'
import { allCalls, type Call, type Finding, refOf } from './calls.ts'

/** Scales of parts of a whole that need no history to be recognised: percent to parts in a million. */
const PARTS = new Set([100n, 1_000n, 10_000n, 100_000n, 1_000_000n])
const CALLDATA_WORDS = 64

/** A part of an amount, `amount * part / whole`, that the caller chose. */
interface Part {
  readonly call: Call
  readonly frame: number
  readonly division: number
  readonly multiplication: number
  /** Depth of the part at the multiplication. */
  readonly depth: number
  readonly whole: bigint
  readonly value: bigint
  /** What it is a part of. */
  readonly amount: bigint
  /** Where in the calldata of the function it is, when it is an argument as it came. */
  readonly offset: number | null
}

const exceeds = ({ value, whole }: Part): boolean => value > whole
/** Whether it is told by itself which factor is the part: the scale is a usual one, and the other factor is more than a part could be. */
const isPlain = ({ whole, amount, value }: Part): boolean =>
  PARTS.has(whole) && amount > whole && amount > value
/** The same factor of the same computation. */
const placeOf = ({ call, frame, division, depth }: Part): string =>
  `${codeSite(call.execution, { frame, pc: division }).code}:${division}:${depth}`

/**
 * Where code multiplies by an argument and divides by a constant, the argument is a part of a whole, and nobody asked for more than the
 * whole before. Held where it is multiplied, which all functions share that compute it so; or, where that instruction serves other
 * computations too, in every function seen to pass its argument there.
 *
 * Failure mode: a rate that may exceed one (leverage, a price in fixed point) looks alike when history has only rates below it; without
 * history only the usual scales of percentages are taken for wholes.
 */
export function partsOfWhole(evidence: Evidence): Finding[] {
  const calls = allCalls(evidence)
  const hostile = calls.hostile.flatMap(partsOf)
  const usual = calls.benign.flatMap(partsOf)
  const beyond = distinct(hostile.filter(exceeds), placeOf)
  return beyond.flatMap((broken) => {
    const same = usual.filter((part) => placeOf(part) === placeOf(broken))
    if (same.some(exceeds) || (same.length === 0 && !isPlain(broken))) return []
    const notes = [`a part of a whole of ${broken.whole} cannot exceed it`]
    const finding = (rules: readonly Rule[]): Finding[] =>
      rules.length === 0
        ? []
        : [
            {
              ref: refOf(broken.call),
              invariant: { name: 'part-of-whole', rules, notes },
              support: same.length,
            },
          ]
    const all = [...same, ...hostile.filter((part) => placeOf(part) === placeOf(broken))]
    return [...finding([whereMultiplied(evidence, broken)]), ...finding(whereEntered(all))]
  })
}

const moreThan = (part: Expression, whole: bigint): Expression => greater(part, constant(whole))

/** Views may be asked for any part. */
function whereMultiplied(
  evidence: Evidence,
  { call: { execution }, frame, multiplication: pc, depth, whole }: Part,
): Rule {
  const refuse = whereActing(evidence, { execution, frame, pc }, moreThan(stack(depth), whole))
  return { place: { at: 'instruction', ...codeSite(execution, { frame, pc }) }, refuse }
}

function whereEntered(parts: readonly Part[]): Rule[] {
  const direct = parts.filter(({ offset }) => offset !== null)
  return distinct(direct, ({ call, offset }) => `${refOf(call).selector}:${offset}`).map(
    ({ call, offset, whole }): Rule => ({
      place: { at: 'entry', ...refOf(call) },
      refuse: moreThan({ op: 'argument', offset: offset! }, whole),
    }),
  )
}

function partsOf(call: Call): Part[] {
  const { accesses, calls } = call.execution.observation
  const values = [
    ...ofFrames(accesses, call.activation).flatMap(({ frame, valueOrigin }) => ({
      frame,
      of: [valueOrigin],
    })),
    ...ofFrames(calls, call.activation).flatMap(({ frame, valueOrigin, inputOrigins = [] }) => ({
      frame,
      of: [valueOrigin, ...inputOrigins],
    })),
  ]
  const seen = new Set<Origin>()
  const found: Part[] = []
  for (const { frame, of } of values) {
    for (const origin of of) {
      if (!origin) continue
      visitOrigin(origin, seen, (node) => found.push(...partsAt(call, frame, node)))
    }
  }
  return found
}

function partsAt(call: Call, frame: number, node: Origin): Part[] {
  if (node.op !== 'compute' || node.opcode !== OP.DIV) return []
  const [product, divisor] = node.inputs as readonly [Origin, Origin]
  if (divisor.op !== 'constant' || divisor.value < 2n) return []
  if (product.op !== 'compute' || product.opcode !== OP.MUL) return []
  const { value: whole } = divisor
  return product.inputs.flatMap((input, depth) => {
    if (input.taint !== Taint.calldata) return []
    const offset = offsetOf(call, input)
    const site = { frame, division: node.pc, multiplication: product.pc, depth }
    const amount = product.inputs[1 - depth]!.value
    return [{ call, ...site, whole, value: input.value, amount, offset }]
  })
}

/** Where in the calldata of the entry frame a word stands, looked at through masks. */
function offsetOf(call: Call, origin: Origin): number | null {
  if (origin.op === 'calldata') {
    const isHead = origin.frame === call.entry.index || call.activation.has(origin.frame)
    return isHead && origin.offset < 4 + 32 * CALLDATA_WORDS ? Number(origin.offset) : null
  }
  if (origin.op !== 'compute' || origin.opcode !== OP.AND) return null
  const input = origin.inputs.find(({ op }) => op !== 'constant')
  return input ? offsetOf(call, input) : null
}
