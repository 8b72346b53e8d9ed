import type { LocalAccount } from 'viem'
import { SutureError } from '../core/errors.ts'
import { toAddress } from '../core/hex.ts'
import {
  type Attestation,
  attestationTypedData,
  hashAttestation,
  type QuorumRef,
} from './attestation-data.ts'
import { type CheckContractSignature, checkSignature } from './check-signature.ts'
import type { Signature } from './types.ts'

interface SignOptions {
  readonly account: Pick<LocalAccount, 'address' | 'signTypedData'>
  readonly ref: QuorumRef
  /** For watchers that are contracts: their signatures are asked about on chain. */
  readonly checkContractSignature?: CheckContractSignature
}

/**
 * A watcher's signature (EIP-712) over an attestation, for one SentinelQuorum on one chain, in the form the chain takes.
 *
 * @throws SIGNER_MISMATCH when what the account gave is not its signature: keys may be held elsewhere, and are not believed.
 */
export async function signAttestation(options: SignOptions, attestation: Attestation): Promise<Signature> {
  const { account, ref, checkContractSignature } = options
  const digest = hashAttestation(ref, attestation)
  const given = await account.signTypedData(attestationTypedData(ref, attestation) as never)
  const signer = toAddress(account.address)
  const signature = await checkSignature({ signer, signature: given }, digest, checkContractSignature)
  if (signature) return signature
  throw new SutureError('SIGNER_MISMATCH', 'The signature is not the signer’s over the attestation.', {
    meta: [
      `signer: ${signer}`,
      `digest: ${digest}`,
      'fix: give the address of the key; a contract must accept it (ERC-1271)',
    ],
  })
}
