import type { Execution } from '../../chain/types.ts'
import type { Patch } from '../../patching/types.ts'
import { compareExecutions, describeDifference } from '../compare.ts'
import { wasRestricted } from '../effects.ts'
import type { Check, ReplayAttempt, ReservedSlots } from '../types.ts'
import { fail, isRestriction, pass } from './context.ts'

const NAME = 'containment-of-restriction'

/** Two runs of the same steps that began in the same state. */
export interface Pair {
  readonly original: ReplayAttempt
  readonly patched: ReplayAttempt
}

/**
 * A patch that claims to be a restriction takes behaviour away and adds none: whatever succeeds on the patched contract does the same as on
 * the original. What follows the first difference of a sequence starts from other states and is not compared; nor is a transaction in
 * which a guard refused a call and the caller went on.
 */
export function checkRestriction(
  patches: readonly Patch[],
  pairs: readonly Pair[],
  reserved: readonly ReservedSlots[],
): Check {
  if (!patches.some(isRestriction)) return pass(NAME, 'no patch claims to be a restriction')
  if (!patches.every(isRestriction))
    return pass(NAME, 'not all patches are restrictions: together they may do more')
  let compared = 0
  for (const { original, patched } of pairs) {
    if (!original.ran || !patched.ran) continue
    for (const [index, before] of original.executions.entries()) {
      const after = patched.executions[index]
      if (!after) break
      compared += 1
      const addition = findAddition(before, after, reserved)
      if (addition) return fail(NAME, `a call to ${before.transaction.to} does something new: ${addition}`)
      if (compareExecutions(before, after, reserved)) break
    }
  }
  return pass(NAME, `of ${compared} execution(s) each refuses or does what the original does`)
}

function findAddition(
  original: Execution,
  patched: Execution,
  reserved: readonly ReservedSlots[],
): string | null {
  if (patched.status !== 'success' || wasRestricted(patched)) return null
  const difference = compareExecutions(original, patched, reserved)
  return difference ? describeDifference(difference) : null
}
