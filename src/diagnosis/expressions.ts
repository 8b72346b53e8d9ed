import type { Hex } from '../core/hex.ts'
import type { BinaryOperator, Expression, UnaryOperator } from './types.ts'

const unary =
  (op: UnaryOperator) =>
  (a: Expression): Expression => ({ op, a })
const binary =
  (op: BinaryOperator) =>
  (a: Expression, b: Expression): Expression => ({ op, a, b })

// ---- what can be read ----

export const caller: Expression = { op: 'caller' }
export const origin: Expression = { op: 'origin' }
export const self: Expression = { op: 'self' }
export const timestamp: Expression = { op: 'timestamp' }
export const blockNumber: Expression = { op: 'block-number' }
export const constant = (value: bigint): Expression => ({ op: 'constant', value })
/** Argument `index` of the function, counted in words behind the selector. */
export const argument = (index: number): Expression => ({ op: 'argument', offset: 4 + 32 * index })
export const stack = (depth: number): Expression => ({ op: 'stack', depth })
export const storage = (slot: bigint): Expression => ({ op: 'storage', slot })
export const recall = (key: Expression, mark: number): Expression => ({ op: 'recall', key, mark })
/** What was noted for the key in the same transaction. */
export const recallNow = (key: Expression, mark: number): Expression => ({
  op: 'recall',
  key,
  mark,
  now: true,
})
/** A word of the last call's answer, by its offset in bytes. An answer that does not have it is refused. */
export const returned = (offset: number): Expression => ({ op: 'returned', offset })

// ---- operators ----

export const not = unary('is-zero')
export const load = unary('load')
export const memory = unary('memory')
export const codeSize = unary('code-size')
export const add = binary('add')
export const subtract = binary('subtract')
export const multiply = binary('multiply')
export const divide = binary('divide')
export const modulo = binary('modulo')
export const and = binary('and')
export const or = binary('or')
export const less = binary('less')
export const greater = binary('greater')
export const equal = binary('equal')
export const differ = binary('xor')
/** Where a Solidity mapping declared at slot `b` keeps the entry of key `a`; in Vyper the other way round. */
export const entry = binary('entry')
export const field = (
  a: Expression,
  { shift, bits }: { readonly shift: number; readonly bits: number },
): Expression => ({ op: 'field', a, shift, bits })
/** The low 160 bits: what an address counts for, whatever stands above it. */
export const addressOf = (a: Expression): Expression => field(a, { shift: 0, bits: 160 })
/** Whether the frame's own calldata begins with this selector. */
export const selectorIs = (selector: Hex): Expression =>
  equal(field({ op: 'argument', offset: 0 }, { shift: 224, bits: 32 }), constant(BigInt(selector)))
