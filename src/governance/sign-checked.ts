import type { LocalAccount } from 'viem'
import { SutureError } from '../core/errors.ts'
import { type Hex, toAddress } from '../core/hex.ts'
import { type CheckContractSignature, checkSignature } from './check-signature.ts'
import type { Signature } from './types.ts'

export interface Signing {
  readonly account: Pick<LocalAccount, 'address' | 'signTypedData'>
  /** For signers that are contracts: their signatures are asked about on chain. */
  readonly checkContractSignature?: CheckContractSignature
}

/**
 * A signature (EIP-712) in the form the chain takes.
 *
 * @param what for the error, e.g. `the attestation`
 * @throws SIGNER_MISMATCH when what the account gave is not its signature: keys may be held elsewhere, and are not believed.
 */
export async function signChecked(
  { account, checkContractSignature }: Signing,
  { typedData, digest, what }: { readonly typedData: object; readonly digest: Hex; readonly what: string },
): Promise<Signature> {
  const given = await account.signTypedData(typedData as never)
  const signer = toAddress(account.address)
  const signature = await checkSignature({ signer, signature: given }, digest, checkContractSignature)
  if (signature) return signature
  throw new SutureError('SIGNER_MISMATCH', `The signature is not the signer’s over ${what}.`, {
    meta: [
      `signer: ${signer}`,
      `digest: ${digest}`,
      'fix: give the address of the key; a contract must accept it (ERC-1271)',
    ],
  })
}
