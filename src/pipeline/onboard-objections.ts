import type { Onboarding } from './onboard.ts'
import type { FailedCall } from './onboard-rehearse.ts'
import type { OnboardTarget } from './onboard-targets.ts'

/** A reason not to hand these batches to anybody. */
export interface Objection {
  readonly step: 'hand-over' | 'freeze' | 'exit' | 'use after the exit'
  /** The call by name. */
  readonly what: string
  readonly reason: string
}

/** Everything that went wrong when the batches were tried; empty when they may be used. */
export function findObjections({ rehearsal, targets }: Onboarding): Objection[] {
  return [
    ...ofCall('hand-over', rehearsal.onboard),
    ...targets.flatMap((target, index) => ofFreeze(target, rehearsal.freezes[index] ?? null)),
    ...ofCall('exit', rehearsal.exit),
    ...ofCall('use after the exit', rehearsal.returned),
  ]
}

function ofCall(step: Objection['step'], failed: FailedCall | null): Objection[] {
  return failed ? [{ step, what: `${failed.call.what} from ${failed.call.from}`, reason: failed.reason }] : []
}

function ofFreeze(target: OnboardTarget, trial: Onboarding['rehearsal']['freezes'][number]): Objection[] {
  if (!trial) return []
  const what = `PatchGate.freeze(${target.key}, ${trial.selector})`
  if (trial.failed !== null) return [{ step: 'freeze', what, reason: trial.failed }]
  // A beacon that was asked about by itself is nothing a user calls.
  if (trial.refused || (target.kind === 'beacon' && target.proxy === target.target)) return []
  return [{ step: 'freeze', what, reason: 'the shim did not refuse a call of the frozen function' }]
}
