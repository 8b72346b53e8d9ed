import { hexToBigInt, parseSignature, recoverAddress, serializeSignature } from 'viem'
import { type Hex, toAddress } from '../core/hex.ts'
import type { Signature } from './types.ts'

/** Asks a contract whether it stands behind a signature (ERC-1271). */
export type CheckContractSignature = (signature: Signature, digest: Hex) => Promise<boolean>

/** Half the order of secp256k1: the chain refuses the other of the two equivalent signatures (EIP-2). */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n

/** `r`, `s`, `v`. */
const ECDSA_LENGTH = 65

/**
 * The signature in the form the chain accepts, or null when its signer did not make it. Contract signatures are asked for, if there is
 * someone to ask; else only ECDSA counts.
 */
export async function checkSignature(
  { signer, signature }: Signature,
  digest: Hex,
  checkContractSignature?: CheckContractSignature,
): Promise<Signature | null> {
  const canonical = canonicalEcdsa(signature)
  if (canonical && (await recovers(signer, canonical, digest))) return { signer, signature: canonical }
  const accepted = await checkContractSignature?.({ signer, signature }, digest)
  return accepted ? { signer, signature } : null
}

/** 65 bytes with `v` 27 or 28 and the lower `s`; null for anything else. */
function canonicalEcdsa(signature: Hex): Hex | null {
  if (signature.length !== 2 + 2 * ECDSA_LENGTH || !/^0x[0-9a-f]+(00|01|1b|1c)$/i.test(signature)) return null
  const { r, s, yParity } = parseSignature(signature)
  return hexToBigInt(s) > HALF_ORDER ? null : serializeSignature({ r, s, yParity })
}

async function recovers(signer: Hex, signature: Hex, digest: Hex): Promise<boolean> {
  try {
    return toAddress(await recoverAddress({ hash: digest, signature })) === toAddress(signer)
  } catch {
    return false // r is not the abscissa of a point
  }
}
