import { keccak256, stringToHex } from 'viem'
import type { Hex } from './hex.ts'

/** A value that survives JSON as it is. Integers beyond 2^53 travel as `0x` quantities. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/**
 * RFC 8785 canonical JSON: one value, one text, on any machine. ECMAScript already prints numbers and strings as the RFC asks;
 * what is left is the order of keys (by UTF-16 code unit, which is what `sort` compares).
 */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const fields = Object.entries(value as { readonly [key: string]: Json }).sort(([a], [b]) =>
    a < b ? -1 : 1,
  )
  return `{${fields.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`
}

/** keccak256 of the canonical JSON of `value`. */
export function hashJson(value: Json): Hex {
  return keccak256(stringToHex(canonicalJson(value)))
}

/** `value` with every bigint as a `0x` quantity and every undefined field left out. */
export function toJson(value: unknown): Json {
  return JSON.parse(
    JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? `0x${item.toString(16)}` : item)),
  )
}
