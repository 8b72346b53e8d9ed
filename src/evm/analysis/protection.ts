import { OP } from '../opcodes.ts'
import { SIGNER } from './execute.ts'
import type { Condition } from './frame.ts'
import { lowMaskBits } from './simplify.ts'
import { TAINT, type Value, type Values } from './values.ts'

const NONE = 0
const ORIGIN_ONLY = 1
const RECORD = 2
const AUTHORITY = 3
const MAX_NESTING = 8
/** A flag of a caller-keyed mapping (`bool`) is read from at most a byte. */
const FLAG_BITS = 8

/** A condition without ISZERO in front, and as EQ where it asks whether a difference is zero. */
export function canonical(values: Values, { value, truth }: Condition): Condition {
  const term = values.term(value)
  if (term.kind !== 'operation') return { value, truth }
  if (term.opcode === OP.ISZERO) return canonical(values, { value: term.args[0]!, truth: !truth })
  const negated = values.unary(OP.ISZERO, value)
  const { kind } = values.term(negated)
  const simpler = kind === 'operation' && (values.term(negated) as typeof term).opcode !== OP.ISZERO
  return simpler ? { value: negated, truth: !truth } : { value, truth }
}

/** A word without the mask or shift that takes a field of it, or widens its sign; `bits` is what is left of it. */
export function fieldOf(
  values: Values,
  value: Value,
): { readonly word: Value; readonly shift: number; readonly bits: number } {
  let word = value
  let shift = 0
  let bits = 256
  for (let i = 0; i < MAX_NESTING; i++) {
    const term = values.term(word)
    if (term.kind !== 'operation') break
    const [a, b] = term.args as [Value, Value]
    const [x, y] = [values.word(a), b === undefined ? null : values.word(b)]
    const mask = term.opcode === OP.AND && y !== null ? lowMaskBits(y) : null
    if (mask !== null) {
      bits = Math.min(bits, mask)
      word = a
    } else if (term.opcode === OP.SHR && x !== null) {
      bits = Math.min(bits, 256 - Number(x))
      shift += Number(x)
      word = b
    } else if (term.opcode === OP.SIGNEXTEND && x !== null && x < 32n) {
      bits = Math.min(bits, Number(x) * 8 + 8)
      word = b
    } else break
  }
  return { word, shift, bits }
}

/**
 * What a condition says about who may pass, as an index in `PROTECTIONS`:
 *
 * - `authority`: the caller (or who signed) is a constant, the contract itself or an address stored at a place no argument chooses, or a
 *   flag stored for the caller is set;
 * - `record`: the caller is the address stored in a record an argument chooses (the owner of a token), or what is compared is an amount
 *   stored for the caller (a balance, an allowance);
 * - `origin`: the same about ORIGIN, which says nothing about the contract that calls;
 * - `none`: all else, such as a comparison of the caller with an argument, or a list on which the caller must not be.
 *
 * Fails where the contract asks another one about its caller: that counts as none. A flag wider than a byte counts as an amount.
 */
export function protectionOf(values: Values, condition: Condition, nesting = 0): number {
  const { value, truth } = canonical(values, condition)
  const term = values.term(value)
  if (nesting > MAX_NESTING) return NONE
  if (term.kind !== 'operation') return truth ? flagSet(values, value) : NONE
  const [a, b] = term.args as [Value, Value]
  if (term.opcode === OP.AND || term.opcode === OP.OR) {
    const booleans = values.bits(a) <= 1 && values.bits(b) <= 1
    if (booleans) {
      const both = [a, b].map((arg) => protectionOf(values, { value: arg, truth }, nesting + 1))
      return (term.opcode === OP.AND) === truth ? Math.max(...both) : Math.min(...both)
    }
  }
  if (term.opcode === OP.EQ) return truth ? Math.max(same(values, a, b), same(values, b, a)) : NONE
  if (term.opcode === OP.LT || term.opcode === OP.GT) return Math.max(amount(values, a), amount(values, b))
  return truth ? flagSet(values, value) : NONE
}

/** `who` is the same as `other`. */
function same(values: Values, who: Value, other: Value): number {
  const constant = values.word(other)
  if (constant !== null && constant > 0n && constant < 1n << BigInt(FLAG_BITS)) {
    const record = ownRecord(values, who)
    if (record) return record.byArgument ? Math.min(record.level, RECORD) : record.level
  }
  return Math.min(personOf(values, who), sourceOf(values, other))
}

/** AUTHORITY for the caller and a recovered signer, ORIGIN_ONLY for ORIGIN. */
function personOf(values: Values, value: Value): number {
  const term = values.term(fieldOf(values, value).word)
  if (term.kind === 'opaque') return term.at.startsWith(SIGNER) ? AUTHORITY : NONE
  if (term.kind !== 'input') return NONE
  return term.opcode === OP.CALLER ? AUTHORITY : term.opcode === OP.ORIGIN ? ORIGIN_ONLY : NONE
}

/** What it is worth to be equal to this value. */
function sourceOf(values: Values, value: Value): number {
  const { word } = fieldOf(values, value)
  const term = values.term(word)
  if (term.kind === 'constant') return term.value === 0n ? NONE : AUTHORITY
  if (term.kind === 'input') return term.opcode === OP.ADDRESS ? AUTHORITY : NONE
  if (term.kind !== 'storage') return NONE
  return (values.taint(term.slot) & TAINT.calldata) === 0 ? AUTHORITY : RECORD
}

/** A small field of what is stored for the caller is a right given to it, unless an argument chooses who gave it. */
function flagSet(values: Values, value: Value): number {
  const record = ownRecord(values, value)
  if (!record) return NONE
  const isFlag = fieldOf(values, value).bits <= FLAG_BITS && !record.byArgument
  return isFlag ? record.level : Math.min(record.level, RECORD)
}

function amount(values: Values, value: Value): number {
  return Math.min(ownRecord(values, value)?.level ?? NONE, RECORD)
}

/** What is read from a place in storage that depends on the caller (AUTHORITY at best) or on ORIGIN alone. */
function ownRecord(
  values: Values,
  value: Value,
): { readonly level: number; readonly byArgument: boolean } | null {
  const term = values.term(fieldOf(values, value).word)
  const keys = term.kind === 'storage' ? values.taint(term.slot) : 0
  if ((keys & (TAINT.caller | TAINT.origin)) === 0) return null
  return {
    level: keys & TAINT.caller ? AUTHORITY : ORIGIN_ONLY,
    byArgument: (keys & TAINT.calldata) !== 0,
  }
}
