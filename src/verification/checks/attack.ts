import { wasRestricted } from '../effects.ts'
import { isHarmless, remainingHarm } from '../harm.ts'
import type { Check, Harm, ReplayAttempt } from '../types.ts'
import { fail, inconclusive, pass } from './context.ts'

const NAME = 'attack'

interface AttackOutcome {
  readonly original: ReplayAttempt
  readonly originalHarm: Harm
  readonly patched: ReplayAttempt
  readonly patchedHarm: Harm
}

/**
 * The attack is stopped: all of its transactions fail, or nothing is left of what it did to others (see `remainingHarm`). An attack that
 * does nothing on the original shows nothing.
 */
export function checkAttack(outcome: AttackOutcome): Check {
  const { original, originalHarm } = outcome
  if (!original.ran)
    return inconclusive(NAME, `the attack could not run on the original (${original.reason})`)
  if (original.executions.every(({ status }) => status !== 'success'))
    return inconclusive(
      NAME,
      'the attack fails on the original: that it fails on the patched contract shows nothing',
    )
  if (isHarmless(originalHarm))
    return inconclusive(
      NAME,
      'the attack takes nothing and changes nothing of the protected contracts on the original',
    )
  return judgeStopped(NAME, outcome)
}

/** The part that is the same for the attack and its variants. */
export function judgeStopped(
  name: string,
  { original, originalHarm, patched, patchedHarm }: AttackOutcome,
): Check {
  if (!patched.ran) return inconclusive(name, `it could not run on the patched contract (${patched.reason})`)
  const refused = patched.executions.some(wasRestricted) ? ', a guard refused' : ''
  const failing = patched.executions.filter(({ status }) => status !== 'success').length
  const total = patched.executions.length
  if (failing === total) return pass(name, `all ${total} transaction(s) fail${refused}`)
  const left = remainingHarm(originalHarm, patchedHarm)
  if (left !== null) return fail(name, left)
  const before = original.ran ? original.executions.filter(({ status }) => status !== 'success').length : 0
  return pass(
    name,
    `${failing} of ${total} transaction(s) fail (${before} on the original) and nothing is taken${refused}`,
  )
}
