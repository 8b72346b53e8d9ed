import { encodeFunctionData } from 'viem'
import { SutureError } from '../core/errors.ts'
import { sentinelQuorumAbi } from '../generated/contracts.ts'
import type { CollectedAttestation } from './attestation-collect.ts'
import type { SignedAttestation } from './attestation-data.ts'
import type { PlannedCall } from './types.ts'

/**
 * The call that freezes what watchers attested to. Anyone may send it.
 *
 * @throws ATTESTATION_INVALID when too few active watchers signed
 */
export function planAttestedFreeze(
  { quorum, attestation }: SignedAttestation,
  { signatures, needed, missing, awaited, ignored }: CollectedAttestation,
): PlannedCall {
  if (missing > 0) {
    throw new SutureError('ATTESTATION_INVALID', 'Too few active watchers signed.', {
      meta: [
        `signatures: ${signatures.length} of ${needed}`,
        ...ignored.map(({ signer, why }) => `does not count: ${signer} ${why}`),
        `fix: get ${missing} more of ${awaited.join(', ') || 'active watchers, of whom there are too few'}`,
      ],
    })
  }
  const args = [attestation, signatures] as const
  return {
    to: quorum,
    data: encodeFunctionData({ abi: sentinelQuorumAbi, functionName: 'freeze', args }),
  }
}
