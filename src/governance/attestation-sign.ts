import {
  type Attestation,
  attestationTypedData,
  hashAttestation,
  type QuorumRef,
} from './attestation-data.ts'
import { type Signing, signChecked } from './sign-checked.ts'
import type { Signature } from './types.ts'

/**
 * A watcher's signature (EIP-712) over an attestation, for one SentinelQuorum on one chain, in the form the chain takes.
 *
 * @throws SIGNER_MISMATCH when what the account gave is not its signature.
 */
export function signAttestation(
  { ref, ...signing }: Signing & { readonly ref: QuorumRef },
  attestation: Attestation,
): Promise<Signature> {
  const typedData = attestationTypedData(ref, attestation)
  return signChecked(signing, {
    typedData,
    digest: hashAttestation(ref, attestation),
    what: 'the attestation',
  })
}
