import type { Execution, Origin, Wrap } from '../chain/types.ts'
import { OP } from '../evm/opcodes.ts'
import { type Diagnoser, distinct, functionOf, type ObservedExecution, observed } from './evidence.ts'
import { visitOrigin } from './origins.ts'
import type { Diagnosis } from './types.ts'

const COMPARISONS: ReadonlySet<number> = new Set([OP.LT, OP.GT, OP.EQ, OP.ISZERO])
/** Consumers that show a word is meant as a signed number, where leaving the unsigned range is ordinary. */
const SIGNED: ReadonlySet<number> = new Set([OP.SLT, OP.SGT, OP.SDIV, OP.SMOD, OP.SAR, OP.SIGNEXTEND])

interface WrapInCode {
  readonly execution: ObservedExecution
  readonly wrap: Wrap
}

/**
 * Wrapping arithmetic: an addition, subtraction or multiplication on input that left 256 bits, in a frame that went on to use the
 * result: it was stored, moved as value, or let a check pass. History must not have wrapped there.
 *
 * Failure modes: hash-like and fixed-point code wraps on purpose (it does so in history too, if it was ever used); numbers meant as
 * signed are told by signed consumers only; a result whose expression was cut for depth counts as unused.
 */
export const diagnoseArithmetic: Diagnoser = ({ attack, history }) => {
  const usual = new Set(
    observed(history).flatMap((execution) =>
      execution.observation.wraps.map((wrap) => siteKey(execution, wrap)),
    ),
  )
  const wraps = observed(attack).flatMap((execution) =>
    harmfulWraps(execution).map((wrap) => ({ execution, wrap })),
  )
  const unusual = wraps.filter(({ execution, wrap }) => !usual.has(siteKey(execution, wrap)))
  const groups = new Map<string, WrapInCode[]>()
  for (const item of unusual) {
    const code = item.execution.frames[item.wrap.frame]!.code
    groups.set(code, [...(groups.get(code) ?? []), item])
  }
  return [...groups.values()].map(toDiagnosis)
}

function siteKey({ frames }: Execution, { frame, pc }: Wrap): string {
  return `${frames[frame]!.code}:${pc}`
}

/** Wraps of tainted operands, in frames that lasted, whose result reached a sink as an unsigned number. */
function harmfulWraps(execution: ObservedExecution): Wrap[] {
  const candidates = execution.observation.wraps.filter(
    ({ frame, origin }) =>
      origin && origin.taint !== 0 && !execution.frames[frame]!.reverted && !addsNegative(origin),
  )
  if (candidates.length === 0) return []
  const { used, signed } = reachSinks(execution)
  return candidates.filter(({ origin }) => used.has(origin!) && !signed.has(origin!))
}

/** Compilers write `x - 1` as `x + 2^256 - 1`: a constant that is negative as a signed word is meant to wrap. */
function addsNegative(origin: Origin): boolean {
  if (origin.op !== 'compute' || origin.opcode !== OP.ADD) return false
  return origin.inputs.some((input) => input.op === 'constant' && input.value >= 1n << 255n)
}

/** Values that a function stored, handed on or decided by, with all they were computed from; and those among them meant as signed numbers. */
export function reachSinks({ observation }: ObservedExecution): { used: Set<Origin>; signed: Set<Origin> } {
  const used = new Set<Origin>()
  const signed = new Set<Origin>()
  const sink = (origin: Origin | undefined) => {
    if (!origin || origin.taint === 0) return
    visitOrigin(origin, used, (node) => {
      if (node.op === 'compute' && SIGNED.has(node.opcode)) for (const input of node.inputs) signed.add(input)
    })
  }
  for (const access of observation.accesses) if (access.kind === 'write') sink(access.valueOrigin)
  for (const call of observation.calls) {
    sink(call.valueOrigin)
    // The selector word is no number.
    for (const argument of call.inputOrigins?.slice(1) ?? []) sink(argument)
  }
  for (const { condition } of observation.branches) if (isComparison(condition)) sink(condition)
  return { used, signed }
}

const isComparison = (origin: Origin): boolean => origin.op === 'compute' && COMPARISONS.has(origin.opcode)

function toDiagnosis(group: readonly WrapInCode[]): Diagnosis {
  const { execution, wrap } = group[0]!
  const { target, selector } = functionOf(execution, execution.frames[wrap.frame]!)
  const sites = distinct(
    group.map(({ execution: { frames }, wrap: { frame, pc, opcode } }) => ({
      code: frames[frame]!.code,
      pc,
      opcode,
    })),
    ({ pc }) => String(pc),
  )
  const name = { [OP.ADD]: 'addition', [OP.SUB]: 'subtraction', [OP.MUL]: 'multiplication' }[wrap.opcode]
  return {
    class: 'arithmetic',
    target,
    code: sites[0]!.code,
    selector,
    pc: wrap.pc,
    slots: [],
    // Wraps in several places look like number theory rather than like one missing check.
    confidence: sites.length <= 4 ? 0.85 : 0.4,
    mechanism: { class: 'arithmetic', sites },
    summary: `${selector} of ${target} wrapped in an ${name} at pc ${wrap.pc} that it then relied on`,
    evidence: {
      sites: sites.map(({ pc }) => pc),
      operands: wrap.operands.map((operand) => `0x${operand.toString(16)}`),
    },
  }
}
