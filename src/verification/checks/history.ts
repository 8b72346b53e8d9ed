import { compareExecutions, describeDifference } from '../compare.ts'
import { wasRestricted } from '../effects.ts'
import type { Check, ReplayAttempt, ReservedSlots } from '../types.ts'
import { fail, inconclusive, pass } from './context.ts'

const NAME = 'history'

/** Benign transactions do on the patched contract exactly what they did on the original. */
export function checkHistory(
  original: ReplayAttempt,
  patched: ReplayAttempt,
  reserved: readonly ReservedSlots[],
): Check {
  if (!original.ran) return inconclusive(NAME, `history could not run on the original (${original.reason})`)
  if (!patched.ran)
    return inconclusive(NAME, `history could not run on the patched contract (${patched.reason})`)
  for (const [index, execution] of original.executions.entries()) {
    const now = patched.executions[index]!
    const difference = compareExecutions(execution, now, reserved)
    if (!difference) continue
    const why = wasRestricted(now) ? '; a guard refused it' : ''
    return fail(NAME, `transaction ${index} differs in ${describeDifference(difference)}${why}`)
  }
  const count = original.executions.length
  return pass(
    NAME,
    count === 0
      ? 'there is no history: nothing was compared'
      : `${count} transaction(s) alike in every field`,
  )
}
