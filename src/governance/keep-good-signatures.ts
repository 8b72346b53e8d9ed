import type { Address, Hex } from '../core/hex.ts'
import { type CheckContractSignature, checkSignature } from './check-signature.ts'
import type { Signature } from './types.ts'

interface Claims {
  readonly digest: Hex
  readonly signatures: readonly Signature[]
  readonly guardians: readonly Address[]
  readonly checkContractSignature: CheckContractSignature
}

/** Of signatures that are claimed, those that are a guardian's over the digest, one each: a bad one holds nobody up. */
export async function keepGoodSignatures(claims: Claims): Promise<Signature[]> {
  const { digest, signatures, guardians, checkContractSignature } = claims
  const known = signatures.filter(({ signer }) => guardians.includes(signer))
  const checked = await Promise.all(known.map((one) => checkSignature(one, digest, checkContractSignature)))
  const good = checked.filter((one) => one !== null)
  return [...new Map(good.map((one) => [one.signer, one])).values()]
}
