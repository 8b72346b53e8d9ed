import { type Signing, signChecked } from './sign-checked.ts'
import { hashProposal, proposalTypedData } from './typed-data.ts'
import type { GateRef, Proposal, Signature } from './types.ts'

/**
 * A guardian's signature (EIP-712) over a proposal, for one gate on one chain, in the form the chain takes.
 *
 * @throws SIGNER_MISMATCH when what the account gave is not its signature.
 */
export function signProposal(
  { gate, ...signing }: Signing & { readonly gate: GateRef },
  proposal: Proposal,
): Promise<Signature> {
  const typedData = proposalTypedData(gate, proposal)
  return signChecked(signing, {
    typedData,
    digest: hashProposal(gate, proposal),
    what: 'what was to be signed',
  })
}
