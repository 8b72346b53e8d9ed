import { recoverAddress } from 'viem'
import { type Hex, toAddress } from '../core/hex.ts'
import type { Signature } from './types.ts'

/** Asks a contract whether it stands behind a signature (ERC-1271). */
export type CheckContractSignature = (signature: Signature, digest: Hex) => Promise<boolean>

/** Half the order of secp256k1: the chain refuses the other of the two equivalent signatures (EIP-2). */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n

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

/** `r`, the lower `s`, and `v` as 27 or 28; null for anything else. */
function canonicalEcdsa(signature: Hex): Hex | null {
  const [, body, s, v] = /^(0x[0-9a-f]{64}([0-9a-f]{64}))(00|01|1b|1c)$/i.exec(signature) ?? []
  if (!body || BigInt(`0x${s}`) > HALF_ORDER) return null
  return `${body}${Number(`0x${v}`) % 27 === 0 ? '1b' : '1c'}` as Hex
}

async function recovers(signer: Hex, signature: Hex, digest: Hex): Promise<boolean> {
  try {
    return toAddress(await recoverAddress({ hash: digest, signature })) === toAddress(signer)
  } catch {
    return false // not every r belongs to a point
  }
}
