import type { LocalAccount } from 'viem'
import { toAddress } from '../core/hex.ts'
import { restrictionTypedData } from './typed-data.ts'
import type { GateRef, Restriction, Signature } from './types.ts'

/** A guardian's signature (EIP-712) over a restriction, for one gate on one chain. */
export async function signRestriction(
  account: Pick<LocalAccount, 'address' | 'signTypedData'>,
  gate: GateRef,
  restriction: Restriction,
): Promise<Signature> {
  const signature = await account.signTypedData(restrictionTypedData(gate, restriction))
  return { signer: toAddress(account.address), signature }
}
