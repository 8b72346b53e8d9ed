import { keccak256 } from 'viem'
import { type Address, bytesOf, type Hex, hexOf } from '../core/hex.ts'
import type { Certificate } from './types.ts'

interface CertifiedCode {
  readonly runtime: Hex
  readonly certificate: Certificate
}

/**
 * The same patch for code that will live at `to`: a UUPS implementation knows its own address, and refuses to be upgraded at another one.
 * Code without such a reference is returned as it is.
 */
export function relocatePatch({ runtime, certificate }: CertifiedCode, to: Address): CertifiedCode {
  const { self } = certificate
  if (self === null) return { runtime, certificate }
  const code = Uint8Array.from(bytesOf(runtime))
  for (const offset of self.offsets) code.set(bytesOf(to), offset)
  return {
    runtime: hexOf(code),
    certificate: { ...certificate, patched: keccak256(code), self: { ...self, to } },
  }
}
