import { SutureError } from '../core/errors.ts'
import type { Address } from '../core/hex.ts'
import type { GateTarget, Rollback } from './types.ts'

interface PrepareOptions {
  readonly target: Address
  /** What the gate knows of it (see `readGateTarget`). */
  readonly state: Pick<GateTarget, 'original' | 'current' | 'nonce'>
  /** Seconds since the epoch. */
  readonly deadline: bigint
}

/**
 * What guardians are asked to sign to take a restriction back.
 *
 * @throws APPROVAL_INVALID when the target runs its original: the gate would refuse, so nobody should sign it.
 */
export function prepareRollback({ target, state, deadline }: PrepareOptions): Rollback {
  if (state.current !== state.original) return { target, nonce: state.nonce, deadline }
  throw new SutureError('APPROVAL_INVALID', 'The target runs its original already.', {
    meta: [
      `target: ${target}`,
      `original: ${state.original}`,
      'fix: none needed; there is nothing to take back',
    ],
  })
}
