import { domainSeparator, hashStruct, hashTypedData } from 'viem'
import type { Address, Hex } from '../core/hex.ts'

/** What the owners of a Safe sign so that the Safe stands behind a digest, by the names Safe's own interface shows. */
export interface SafeMessage {
  readonly safe: Address
  readonly domainHash: Hex
  readonly messageHash: Hex
  readonly safeMessageHash: Hex
}

const TYPES = { SafeMessage: [{ name: 'message', type: 'bytes' }] } as const

/**
 * The hashes of a Safe's message for a digest it is asked about by `isValidSignature(bytes32, bytes)`. Holds for Safe 1.3.0 and later;
 * earlier ones leave the chain out of their domain.
 * Source: Safe contracts, CompatibilityFallbackHandler.
 */
export function hashSafeMessage(
  { safe, chainId }: { readonly safe: Address; readonly chainId: number },
  digest: Hex,
): SafeMessage {
  const domain = { chainId, verifyingContract: safe }
  const typed = { domain, types: TYPES, primaryType: 'SafeMessage', message: { message: digest } } as const
  return {
    safe,
    domainHash: domainSeparator({ domain }),
    messageHash: hashStruct({ data: typed.message, primaryType: 'SafeMessage', types: TYPES }),
    safeMessageHash: hashTypedData(typed),
  }
}
