import { createHash } from 'node:crypto'
import { bytesOf, type Hex, hexOf } from '../../core/hex.ts'

/**
 * Output of a precompile that a node left out of its call tree (some trace them as calls, some do not). Only those that need
 * nothing but hashing are computed; `null` for the rest, which the replay reports as unsupported.
 */
export function runPrecompile(number: number, input: Uint8Array): Hex | null {
  if (number === 2) return `0x${createHash('sha256').update(input).digest('hex')}`
  if (number === 3) return `0x${createHash('ripemd160').update(input).digest('hex').padStart(64, '0')}`
  if (number === 4) return hexOf(input)
  return null
}

/** 1 to 17 are the precompiles up to Osaka; 256 is P256VERIFY. */
export function precompileNumber(address: Hex): number | null {
  const value = BigInt(address)
  return (value >= 1n && value <= 17n) || value === 256n ? Number(value) : null
}

export const NO_BYTES = bytesOf('0x')
