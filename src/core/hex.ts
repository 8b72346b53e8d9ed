import type { Address as ViemAddress, Hex as ViemHex } from 'viem'

/** `0x` and an even number of hexadecimal digits, or a JSON-RPC quantity. */
export type Hex = ViemHex

/** A 20-byte address. Inside Suture always lower case, so that `===` compares; printed as it is. */
export type Address = ViemAddress

export const ZERO_ADDRESS: Address = '0x0000000000000000000000000000000000000000'

const WORD = 64

/** The one form addresses have inside Suture. */
export function toAddress(value: string): Address {
  return value.toLowerCase() as Address
}

/** The address in the low 20 bytes of a word. */
export function addressOfWord(word: bigint): Address {
  return `0x${(word & ((1n << 160n) - 1n)).toString(16).padStart(40, '0')}`
}

/** A JSON-RPC quantity: no leading zeros. */
export function toQuantity(value: bigint | number): Hex {
  return `0x${value.toString(16)}`
}

/** A 32-byte word. */
export function toWord(value: bigint): Hex {
  return `0x${value.toString(16).padStart(WORD, '0')}`
}

export function bytesOf(hex: Hex): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.slice(2), 'hex'))
}

export function hexOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`
}
