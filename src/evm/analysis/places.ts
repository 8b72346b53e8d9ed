import { keccak256 } from 'viem'
import { toWord } from '../../core/hex.ts'
import { MAX_WORD } from '../arithmetic.ts'
import { OP } from '../opcodes.ts'
import type { Value, Values } from './values.ts'

/** One step from a declared slot; an index that is null is a constant folded into the slot. */
export type Step =
  | { readonly kind: 'key'; readonly key: Value }
  | { readonly kind: 'element'; readonly dynamic: boolean; readonly index: Value | null }
  | { readonly kind: 'member'; readonly offset: number }

export interface Location {
  readonly root: bigint
  readonly path: readonly Step[]
}

/** In which order slot and key are hashed: solc hashes the key first, vyper the slot. */
export type HashOrder = 'key-first' | 'slot-first'

/** Larger than any slot a compiler assigns by counting. */
const DECLARED = 1n << 32n
const MAX_MEMBER = 1n << 16n
const MAX_ARRAYS = 256
const MAX_DEPTH = 12

/** Declared slots by where the data of a dynamic array there starts: compilers compute the hash of a constant. */
const arrayData = new Map(
  Array.from({ length: MAX_ARRAYS }, (_, slot) => [BigInt(keccak256(toWord(BigInt(slot)))), BigInt(slot)]),
)

/** The order most hashes of the code show where it is beyond doubt: a declared slot beside a word that is not constant. */
export function hashOrderOf(values: Values): HashOrder {
  let votes = 0
  for (let value = 0; value < values.count; value++) {
    const term = values.term(value)
    if (term.kind !== 'hash' || term.words.length !== 2) continue
    const [first, second] = term.words.map((word) => values.word(word)) as [bigint | null, bigint | null]
    if (first === null && second !== null && second < DECLARED) votes++
    if (second === null && first !== null && first < DECLARED) votes--
  }
  return votes < 0 ? 'slot-first' : 'key-first'
}

/**
 * The declared slot a slot was computed from, and how: mappings hash key and slot, dynamic arrays and strings hash the slot and add
 * an index, structs add an offset (Solidity and Vyper storage layouts). null when the slot comes from elsewhere.
 *
 * Fails where an offset was added to a constant: that cannot be told from the next declared slot. A mapping entry
 * whose hash the compiler computed is a slot of its own.
 */
export function locate(values: Values, slot: Value, order: HashOrder, depth = 0): Location | null {
  if (depth > MAX_DEPTH) return null
  const term = values.term(slot)
  if (term.kind === 'constant') return locateConstant(term.value)
  if (term.kind === 'hash') return locateHash(values, term.words, order, depth)
  if (term.kind !== 'operation' || term.opcode !== OP.ADD) return null
  const [a, b] = term.args as [Value, Value]
  const offset = values.word(b)
  if (offset !== null) return locateOffset(values, a, offset, order, depth)
  for (const [base, index] of [
    [a, b],
    [b, a],
  ] as const) {
    const found = locate(values, base, order, depth + 1)
    if (found) return { ...found, path: withIndex(found.path, index) }
  }
  return null
}

function locateConstant(word: bigint): Location {
  for (const [data, root] of word < DECLARED ? [] : arrayData) {
    if (word >= data && word - data < MAX_MEMBER) {
      return { root, path: [{ kind: 'element', dynamic: true, index: null }] }
    }
  }
  return { root: word, path: [] }
}

function locateHash(
  values: Values,
  words: readonly Value[],
  order: HashOrder,
  depth: number,
): Location | null {
  if (words.length === 1) {
    const array = locate(values, words[0]!, order, depth + 1)
    return array && { ...array, path: [...array.path, { kind: 'element', dynamic: true, index: null }] }
  }
  if (words.length !== 2) return null
  const [first, second] = words as [Value, Value]
  const candidates =
    order === 'key-first'
      ? ([
          [second, first],
          [first, second],
        ] as const)
      : ([
          [first, second],
          [second, first],
        ] as const)
  // A constant too large to be declared is a key before it is a slot.
  const byLikelihood = [...candidates].sort(
    (x, y) => Number(isLarge(values, x[0])) - Number(isLarge(values, y[0])),
  )
  for (const [base, key] of byLikelihood) {
    const found = locate(values, base, order, depth + 1)
    if (found) return { ...found, path: [...found.path, { kind: 'key', key }] }
  }
  return null
}

const isLarge = (values: Values, value: Value): boolean => (values.word(value) ?? 0n) >= DECLARED

function locateOffset(
  values: Values,
  base: Value,
  offset: bigint,
  order: HashOrder,
  depth: number,
): Location | null {
  const found = locate(values, base, order, depth + 1)
  const signed = BigInt.asIntN(256, offset)
  if (found) {
    if (signed < 0n || signed > MAX_MEMBER) return found
    return { ...found, path: [...found.path, { kind: 'member', offset: Number(signed) }] }
  }
  // An element of an array of fixed length, or of a dynamic one whose hash the compiler computed.
  const array = locateConstant(offset)
  if (values.taint(base) === 0 || (signed < 0n && array.path.length === 0)) return null
  return { ...array, path: withIndex(array.path, base) }
}

/** Adds an index: to the array the path ends in, else as that of an array of fixed length. */
function withIndex(path: readonly Step[], index: Value): readonly Step[] {
  const last = path.at(-1)
  if (last?.kind === 'element' && last.index === null) return [...path.slice(0, -1), { ...last, index }]
  return [...path, { kind: 'element', dynamic: false, index }]
}

/** Bits of a word that an assignment to the slot leaves as they were. */
export function keptBits(values: Values, slot: Value, value: Value): bigint {
  const term = values.term(value)
  if (term.kind === 'storage') return term.slot === slot ? MAX_WORD : 0n
  if (term.kind !== 'operation') return 0n
  const [a, b] = term.args as [Value, Value]
  if (term.opcode === OP.AND) {
    const mask = values.word(b)
    return mask === null ? 0n : keptBits(values, slot, a) & mask
  }
  if (term.opcode !== OP.OR) return 0n
  return (keptBits(values, slot, a) & zeroBits(values, b)) | (keptBits(values, slot, b) & zeroBits(values, a))
}

/** Bits known to be zero. */
export function zeroBits(values: Values, value: Value): bigint {
  const high = MAX_WORD ^ ((1n << BigInt(values.bits(value))) - 1n)
  const term = values.term(value)
  if (term.kind === 'constant') return MAX_WORD ^ term.value
  if (term.kind !== 'operation') return high
  const [a, b] = term.args as [Value, Value]
  if (term.opcode === OP.AND) return high | zeroBits(values, a) | zeroBits(values, b)
  if (term.opcode === OP.OR) return zeroBits(values, a) & zeroBits(values, b)
  const shift = term.opcode === OP.SHL ? values.word(a) : null
  if (shift === null || shift > 255n) return high
  return high | ((zeroBits(values, b) << shift) & MAX_WORD) | ((1n << shift) - 1n)
}
