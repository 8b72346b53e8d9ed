import type { Hex } from '../core/hex.ts'
import { type Evidence, entryOf, isBelow, type ObservedExecution, observed } from './evidence.ts'
import { and, constant, greater, or, selectorIs } from './expressions.ts'
import type { Expression } from './types.ts'

/** An instruction that ran, by one frame that ran it. */
export interface Ran {
  readonly execution: ObservedExecution
  readonly frame: number
  readonly pc: number
}

/** More functions than this are not told apart: the condition would be longer than what it guards. */
const MOST = 6

/**
 * Selectors of the functions that were seen to run an instruction and to write or move something: what a guard there is meant for. Views that
 * share the instruction only ask, and may be answered.
 *
 * Failure mode: a function that nobody has used is not listed, so a guard that names functions does not cover it.
 */
export function functionsRunning(evidence: Evidence, ran: Ran): readonly Hex[] {
  return selectorsRunning(evidence, ran, acts)
}

/**
 * Whether a function was seen to run an instruction and never to act. A view may be asked by STATICCALL, under which nothing can be noted, so
 * nothing must be noted there.
 */
export function runsInViews(evidence: Evidence, ran: Ran): boolean {
  return selectorsRunning(evidence, ran, () => true).length > functionsRunning(evidence, ran).length
}

function selectorsRunning(
  evidence: Evidence,
  { execution, frame, pc }: Ran,
  counts: (execution: ObservedExecution, index: number) => boolean,
): readonly Hex[] {
  const { code } = execution.frames[frame]!
  const start = Math.max(...(execution.observation.blocks.get(frame) ?? []).filter((known) => known <= pc))
  const selectors = new Set<Hex>()
  for (const other of observed([...evidence.attack, ...evidence.history, ...evidence.probes])) {
    for (const [index, blocks] of other.observation.blocks) {
      const { code: own, selector } = other.frames[index]!
      if (own === code && !selectors.has(selector) && blocks.includes(start) && counts(other, index))
        selectors.add(selector)
    }
  }
  return [...selectors]
}

/** Whether the function a frame belongs to wrote storage or moved value, for good or not. */
function acts(execution: ObservedExecution, index: number): boolean {
  const entry = entryOf(execution, execution.frames[index]!)
  const isWithin = (frame: number) => isBelow(execution, execution.frames[frame]!, entry)
  return (
    execution.observation.accesses.some(({ kind, frame }) => kind === 'write' && isWithin(frame)) ||
    execution.transfers.some(({ frame }) => isWithin(frame))
  )
}

/** A condition that counts in the functions that act by an instruction, and not in views that share it. */
export function whereActing(evidence: Evidence, site: Ran, refuse: Expression): Expression {
  const selectors = functionsRunning(evidence, site)
  if (selectors.length === 0 || selectors.length > MOST) return refuse
  return and(selectors.map(selectorIs).reduce(or), flag(refuse))
}

const FLAGS: ReadonlySet<Expression['op']> = new Set(['is-zero', 'less', 'greater', 'signed-less', 'equal'])

/** A condition as 0 or 1: words are combined bit by bit. */
export const flag = (condition: Expression): Expression =>
  isFlag(condition) ? condition : greater(condition, constant(0n))

function isFlag(condition: Expression): boolean {
  if (condition.op === 'or') return isFlag(condition.a) && isFlag(condition.b)
  if (condition.op === 'and') return isFlag(condition.a) || isFlag(condition.b)
  if (condition.op === 'field') return condition.bits === 1
  return FLAGS.has(condition.op)
}
