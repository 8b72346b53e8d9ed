import type { LocalAccount } from 'viem'
import { SutureError } from '../core/errors.ts'
import { toAddress } from '../core/hex.ts'
import { type CheckContractSignature, checkSignature } from './check-signature.ts'
import { hashProposal, proposalTypedData } from './typed-data.ts'
import type { GateRef, Proposal, Signature } from './types.ts'

interface SignOptions {
  readonly account: Pick<LocalAccount, 'address' | 'signTypedData'>
  readonly gate: GateRef
  /** For guardians that are contracts: their signatures are asked about on chain. */
  readonly checkContractSignature?: CheckContractSignature
}

/**
 * A guardian's signature (EIP-712) over a proposal, for one gate on one chain, in the form the chain takes.
 *
 * @throws SIGNER_MISMATCH when what the account gave is not its signature: keys may be held elsewhere, and are not believed.
 */
export async function signProposal(options: SignOptions, proposal: Proposal): Promise<Signature> {
  const { account, gate, checkContractSignature } = options
  const digest = hashProposal(gate, proposal)
  const given = await account.signTypedData(proposalTypedData(gate, proposal) as never)
  const signer = toAddress(account.address)
  const signature = await checkSignature({ signer, signature: given }, digest, checkContractSignature)
  if (signature) return signature
  throw new SutureError('SIGNER_MISMATCH', 'The signature is not the signer’s over what was to be signed.', {
    meta: [
      `signer: ${signer}`,
      `digest: ${digest}`,
      'fix: give the address of the key; a contract must accept it (ERC-1271)',
    ],
  })
}
