import { keccak256 } from 'viem'
import type { Origin } from '../../chain/types.ts'
import { toWord } from '../../core/hex.ts'
import { OP } from '../../evm/opcodes.ts'
import { constant, entry } from '../expressions.ts'
import type { Expression } from '../types.ts'

/** An entry of a mapping: the key it was looked up under, and where the mapping is declared. */
export interface MappingEntry {
  readonly key: Origin
  readonly base: bigint
  /** Solidity hashes the key first, Vyper the base. */
  readonly order: 'key-first' | 'base-first'
}

/**
 * The mapping entry a slot is. `null` for plain variables, nested mappings and what was hashed from more than two words.
 *
 * Failure mode: a key that happens to be a constant is taken for Vyper's base when the base was computed.
 */
export function mappingEntry(slot: Origin | undefined): MappingEntry | null {
  const hash = slot && hashOf(slot)
  if (hash?.inputs.length !== 2) return null
  const [first, second] = hash.inputs as readonly [Origin, Origin]
  if (second.op === 'constant') return { key: first, base: second.value, order: 'key-first' }
  if (first.op === 'constant' && second.op !== 'compute')
    return { key: second, base: first.value, order: 'base-first' }
  return null
}

function hashOf(origin: Origin): Extract<Origin, { op: 'compute' }> | null {
  return origin.op === 'compute' && origin.opcode === OP.KECCAK256 ? origin : null
}

/** Where a mapping keeps the entry of another key. */
export function entryFor(key: Expression, { base, order }: Pick<MappingEntry, 'base' | 'order'>): Expression {
  return order === 'key-first' ? entry(key, constant(base)) : entry(constant(base), key)
}

export function slotFor(key: bigint, { base, order }: Pick<MappingEntry, 'base' | 'order'>): bigint {
  const [first, second] = order === 'key-first' ? [key, base] : [base, key]
  return BigInt(keccak256(`${toWord(first)}${toWord(second).slice(2)}`))
}
