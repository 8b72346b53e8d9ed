import { MAX_WORD, wrapWord } from '../arithmetic.ts'
import { OP } from '../opcodes.ts'
import type { Term, Value, Values } from './values.ts'

type Rule = (values: Values, a: Value, b: Value) => Value | null
type Operation = Extract<Term, { kind: 'operation' }>

const lowMask = (bits: number): bigint => (1n << BigInt(bits)) - 1n

/** `n` when the word is 2^n, else null. */
function exponentOf(word: bigint | null): number | null {
  if (word === null || word === 0n || (word & (word - 1n)) !== 0n) return null
  return word.toString(2).length - 1
}

/** `n` when the word is 2^n - 1 and not 0, else null. */
export function lowMaskBits(word: bigint): number | null {
  return word === MAX_WORD ? 256 : exponentOf(word + 1n) || null
}

function asOperation(values: Values, value: Value, opcode: number): Operation | null {
  const term = values.term(value)
  return term.kind === 'operation' && term.opcode === opcode ? term : null
}

/** A value as `base + offset`; base is null for a constant. */
export function linear(values: Values, value: Value): { base: Value | null; offset: bigint } {
  const word = values.word(value)
  if (word !== null) return { base: null, offset: word }
  const sum = asOperation(values, value, OP.ADD)
  const offset = sum && values.word(sum.args[1]!)
  return sum && offset !== null ? { base: sum.args[0]!, offset: offset! } : { base: value, offset: 0n }
}

function plus(values: Values, base: Value, offset: bigint): Value {
  return offset === 0n ? base : values.binary(OP.ADD, base, values.constant(offset))
}

/** Sums keep their constant outermost and second: `x + 4 + y` is `(x + y) + 4`. */
function add(values: Values, a: Value, b: Value): Value | null {
  if (values.word(a) !== null) return values.binary(OP.ADD, b, a)
  const left = linear(values, a)
  const right = linear(values, b)
  if (right.base === null) {
    if (right.offset === 0n) return a
    return left.offset === 0n ? null : plus(values, left.base!, wrapWord(left.offset + right.offset))
  }
  const rest = difference(values, left.base!, right.base) ?? difference(values, right.base, left.base!)
  if (rest !== null) return plus(values, rest, wrapWord(left.offset + right.offset))
  if (left.offset === 0n && right.offset === 0n) return a > b ? values.binary(OP.ADD, b, a) : null
  return plus(values, values.binary(OP.ADD, left.base!, right.base), wrapWord(left.offset + right.offset))
}

/** `y` when the second term is `y - first`. */
function difference(values: Values, first: Value, second: Value): Value | null {
  const term = asOperation(values, second, OP.SUB)
  return term && term.args[1] === first ? term.args[0]! : null
}

function subtract(values: Values, a: Value, b: Value): Value | null {
  const left = linear(values, a)
  const right = linear(values, b)
  if (left.base === right.base) return values.constant(wrapWord(left.offset - right.offset))
  if (right.base === null) return plus(values, a, wrapWord(-right.offset))
  if (left.base === null || (left.offset === 0n && right.offset === 0n)) return null
  return plus(values, values.binary(OP.SUB, left.base, right.base), wrapWord(left.offset - right.offset))
}

function and(values: Values, a: Value, b: Value): Value | null {
  if (a === b) return a
  const mask = values.word(b)
  if (mask === null) return values.word(a) !== null || a > b ? values.binary(OP.AND, b, a) : null
  if (mask === 0n) return b
  if ((lowMaskBits(mask) ?? -1) >= values.bits(a)) return a
  const term = values.term(a)
  if (term.kind === 'selector' && (mask & lowMask(224)) === 0n) {
    return values.constant((BigInt(term.selector) << 224n) & mask)
  }
  const inner = asOperation(values, a, OP.AND)
  const innerMask = inner && values.word(inner.args[1]!)
  return innerMask == null ? null : values.binary(OP.AND, inner!.args[0]!, values.constant(innerMask & mask))
}

const orXor =
  (opcode: number): Rule =>
  (values, a, b) => {
    if (values.word(b) === 0n) return a
    if (values.word(b) !== null) return null
    return values.word(a) !== null || a > b ? values.binary(opcode, b, a) : null
  }

/** Both sides of a difference that is zero exactly when they are equal. */
function differing(values: Values, value: Value): readonly [Value, Value] | null {
  const operation =
    asOperation(values, value, OP.SUB) ??
    asOperation(values, value, OP.XOR) ??
    asOperation(values, value, OP.ADD)
  if (!operation) return null
  const [a, b] = operation.args as [Value, Value]
  if (operation.opcode !== OP.ADD) return [a, b]
  const offset = values.word(b)
  return offset === null ? null : [a, values.constant(wrapWord(-offset))]
}

function isZero(values: Values, a: Value): Value | null {
  const term = values.term(a)
  if (term.kind === 'input' && term.opcode === OP.CALLDATASIZE) return values.constant(0n)
  if (term.kind !== 'operation') return null
  const [x, y] = term.args as [Value, Value]
  if (term.opcode === OP.ISZERO) return values.bits(x) <= 1 ? x : null
  const sides = differing(values, a)
  if (sides) return values.binary(OP.EQ, ...sides)
  const shift = values.word(x)
  if (term.opcode === OP.SHL && shift !== null) {
    return values.unary(OP.ISZERO, values.binary(OP.AND, y, values.constant(lowMask(256 - Number(shift)))))
  }
  const mask = term.opcode === OP.AND ? values.word(y) : null
  // Of a difference, low bits are equal exactly when low bits of both sides are.
  const masked = mask !== null && lowMaskBits(mask) !== null ? differing(values, x) : null
  if (!masked) return null
  return values.binary(OP.EQ, values.binary(OP.AND, masked[0], y), values.binary(OP.AND, masked[1], y))
}

function equal(values: Values, a: Value, b: Value): Value | null {
  if (a === b) return values.constant(1n)
  const word = values.word(b)
  if (word === null) {
    const left = asOperation(values, a, OP.SHL)
    const right = asOperation(values, b, OP.SHL)
    const shift = left && values.word(left.args[0]!)
    if (left && right && shift != null && left.args[0] === right.args[0]) {
      const mask = values.constant(lowMask(256 - Number(shift)))
      const low = (side: Operation) => values.binary(OP.AND, side.args[1]!, mask)
      return values.binary(OP.EQ, low(left), low(right))
    }
    return values.word(a) !== null || a > b ? values.binary(OP.EQ, b, a) : null
  }
  if (word === 0n) return values.unary(OP.ISZERO, a)
  if (word.toString(2).length > values.bits(a)) return values.constant(0n)
  return word === 1n && values.bits(a) <= 1 ? a : null
}

/** The calldata of a function call has at least the selector. */
const LEAST_CALLDATA = 4n
const isCalldataSize = (values: Values, value: Value): boolean => {
  const term = values.term(value)
  return term.kind === 'input' && term.opcode === OP.CALLDATASIZE
}

function lessThan(values: Values, a: Value, b: Value): Value | null {
  if (a === b) return values.constant(0n)
  const [x, y] = [values.word(a), values.word(b)]
  if (x === 0n) return values.unary(OP.ISZERO, values.unary(OP.ISZERO, b))
  if (y === 0n) return values.constant(0n)
  if (y === 1n) return values.unary(OP.ISZERO, a)
  if (y !== null && isCalldataSize(values, a)) return y <= LEAST_CALLDATA ? values.constant(0n) : null
  if (x === null) return null
  if (isCalldataSize(values, b)) return x < LEAST_CALLDATA ? values.constant(1n) : null
  return x >= lowMask(values.bits(b)) ? values.constant(0n) : null
}

function shiftRight(values: Values, a: Value, b: Value): Value | null {
  const shift = values.word(a)
  if (shift === null) return null
  if (shift === 0n) return b
  if (shift >= BigInt(values.bits(b))) return values.constant(0n)
  const term = values.term(b)
  if (term.kind === 'selector' && shift >= 224n) {
    return values.constant(BigInt(term.selector) >> (shift - 224n))
  }
  if (term.kind !== 'operation') return null
  const [x, y] = term.args as [Value, Value]
  const inner = values.word(x)
  if (term.opcode === OP.SHR && inner !== null)
    return values.binary(OP.SHR, values.constant(inner + shift), y)
  if (term.opcode === OP.SHL && inner === shift) {
    return values.binary(OP.AND, y, values.constant(lowMask(256 - Number(shift))))
  }
  const mask = term.opcode === OP.AND ? values.word(y) : null
  return mask === null
    ? null
    : values.binary(OP.AND, values.binary(OP.SHR, a, x), values.constant(mask >> shift))
}

function shiftLeft(values: Values, a: Value, b: Value): Value | null {
  const shift = values.word(a)
  if (shift === null) return null
  if (shift === 0n) return b
  if (shift > 255n) return values.constant(0n)
  const inner = asOperation(values, b, OP.SHR)
  if (!inner || values.word(inner.args[0]!) !== shift) return null
  return values.binary(OP.AND, inner.args[1]!, values.constant(MAX_WORD ^ lowMask(Number(shift))))
}

function multiply(values: Values, a: Value, b: Value): Value | null {
  if (values.word(a) !== null) return values.binary(OP.MUL, b, a)
  if (values.word(b) === 0n) return b
  const exponent = exponentOf(values.word(b))
  if (exponent !== null) return values.binary(OP.SHL, values.constant(BigInt(exponent)), a)
  return values.word(b) === null && a > b ? values.binary(OP.MUL, b, a) : null
}

function divide(values: Values, a: Value, b: Value): Value | null {
  const exponent = exponentOf(values.word(b))
  return exponent === null ? null : values.binary(OP.SHR, values.constant(BigInt(exponent)), a)
}

const RULES: Readonly<Record<number, Rule>> = {
  [OP.ADD]: add,
  [OP.SUB]: subtract,
  [OP.MUL]: multiply,
  [OP.DIV]: divide,
  [OP.AND]: and,
  [OP.OR]: orXor(OP.OR),
  [OP.XOR]: orXor(OP.XOR),
  [OP.EQ]: equal,
  [OP.ISZERO]: isZero,
  [OP.LT]: lessThan,
  [OP.GT]: (values, a, b) => values.binary(OP.LT, b, a),
  [OP.SHL]: shiftLeft,
  [OP.SHR]: shiftRight,
}

/**
 * A simpler term for an operation, or null where none is known. Compilers of different ages say the same in many ways (division for a
 * shift, XOR and SUB for a comparison, three kinds of mask); afterwards there is one. Every rule is an identity of 256-bit words; the one
 * assumption is that calldata of a function call has four bytes, which the analysis makes when it fixes the selector.
 *
 * One-operand instructions come with `b` equal to `a`.
 */
export function simplify(values: Values, opcode: number, a: Value, b: Value): Value | null {
  return RULES[opcode]?.(values, a, b) ?? null
}
