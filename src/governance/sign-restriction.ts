import type { LocalAccount } from 'viem'
import { signProposal } from './sign-proposal.ts'
import type { GateRef, Restriction, Signature } from './types.ts'

/** A guardian's signature (EIP-712) over a restriction, for one gate on one chain. */
export function signRestriction(
  account: Pick<LocalAccount, 'address' | 'signTypedData'>,
  gate: GateRef,
  restriction: Restriction,
): Promise<Signature> {
  return signProposal({ account, gate }, { kind: 'restriction', restriction })
}
