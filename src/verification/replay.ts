import type { RunSequence, SequenceRequest, StateOverride, Step } from '../chain/types.ts'
import { SutureError } from '../core/errors.ts'
import type { ReplayAttempt } from './types.ts'

/**
 * Runs a sequence; that it could not run is a result. Only the code of the error is kept: its text may name a host, and evidence
 * must not.
 */
export async function replaySteps(run: RunSequence, request: SequenceRequest): Promise<ReplayAttempt> {
  try {
    return { ran: true, ...(await run(request)) }
  } catch (error) {
    if (error instanceof SutureError) return { ran: false, reason: error.code }
    throw error
  }
}

/**
 * The overlay the attack starts from: what history left of `start`, or `start` itself where the attack names the block it stands on and so
 * finds the true history there already.
 */
export function stateForAttack(
  { attack }: { readonly attack: readonly Step[] },
  history: ReplayAttempt,
  start: StateOverride,
): StateOverride {
  return history.ran && attack[0]?.at === undefined ? history.state : start
}
