import { toSigned } from '../../evm/arithmetic.ts'
import { OP } from '../../evm/opcodes.ts'
import { type Loss, type Origin, Taint } from '../types.ts'

type Test = (a: bigint, b: bigint, value: bigint, origin: Origin) => Loss['how'] | null

/** Results of these are numbers; hashes, words put together of fields, and flags lose bits when they are taken apart, which is no loss. */
const ARITHMETIC: ReadonlySet<number> = new Set([
  OP.ADD,
  OP.SUB,
  OP.MUL,
  OP.DIV,
  OP.SDIV,
  OP.MOD,
  OP.SMOD,
  OP.ADDMOD,
  OP.MULMOD,
  OP.EXP,
])
const SIGN = 1n << 255n
/** Masks over fewer bits than this, and not over bytes, pick flags and alignments. */
const WIDE = 64

const TESTS: Readonly<Record<number, Test>> = {
  [OP.DIV]: (a, b, value, origin) => {
    if (b === 0n || isShift(origin, b)) return null
    return roundsUp(origin, b) ? 'excess' : value * b === a ? null : 'remainder'
  },
  [OP.SDIV]: (a, b, value) =>
    b !== 0n && toSigned(value) * toSigned(b) !== toSigned(a) ? 'remainder' : null,
  [OP.AND]: (a, b, _value, origin) => (dropsBits(origin, [a, b]) ? 'bits' : null),
  [OP.SHL]: (a, b, value, origin) =>
    a < 256n && value >> a !== b && isNumber(input(origin, 1)) ? 'bits' : null,
  [OP.SIGNEXTEND]: (_a, b, value, origin) => (value !== b && isNumber(input(origin, 1)) ? 'bits' : null),
  [OP.ADD]: (a, b, value, origin) =>
    (a ^ value) & (b ^ value) & SIGN || takesNegative(origin, [a, b]) ? 'sign' : null,
  [OP.SUB]: (a, b, value, origin) =>
    (a ^ b) & (a ^ value) & SIGN || takesNegative(origin, [a, b]) ? 'sign' : null,
  [OP.SLT]: (a, b, _value, origin) => (comparesNegative(origin, [a, b]) ? 'sign' : null),
  [OP.SGT]: (a, b, _value, origin) => (comparesNegative(origin, [a, b]) ? 'sign' : null),
}

/**
 * Whether an instruction lost a part of a number that depends on input: the remainder of a division, bits above a mask, or the sign.
 * `null` where it did not, which is nearly always.
 *
 * Failure modes: a field of a packed word that is not masked by its compiler looks like a number; a number read from storage as it stands
 * is not told from such a word, so its truncation is not seen.
 */
export function lossOf(
  opcode: number,
  operands: readonly [bigint, bigint],
  result: Origin,
): Loss['how'] | null {
  if (result.taint === 0) return null
  const test = TESTS[opcode]
  return test ? test(operands[0], operands[1], result.value, result) : null
}

const input = (origin: Origin, index: number): Origin | undefined =>
  origin.op === 'compute' ? origin.inputs[index] : undefined

/** Code for chains without SHR takes fields out of words by dividing. */
function isShift(origin: Origin, divisor: bigint): boolean {
  return input(origin, 1)?.op === 'constant' && (divisor & (divisor - 1n)) === 0n
}

/** Code that rounds up adds the divisor less one to what it divides; then the quotient is too large
 * by what the remainder lacks, most of all where there is none. */
function roundsUp(quotient: Origin, divisor: bigint): boolean {
  const numerator = input(quotient, 0)
  if (divisor < 2n || numerator?.op !== 'compute') return false
  if (numerator.opcode === OP.ADD) return numerator.inputs.some(({ value }) => value === divisor - 1n)
  const sum =
    numerator.opcode === OP.SUB && numerator.inputs[1]?.value === 1n ? numerator.inputs[0] : undefined
  return sum?.op === 'compute' && sum.opcode === OP.ADD && sum.inputs.some(({ value }) => value === divisor)
}

/** A mask over a number that has bits above it. */
function dropsBits(origin: Origin, operands: readonly [bigint, bigint]): boolean {
  return operands.some((mask, index) => {
    const number = input(origin, 1 - index)
    return (
      isMask(mask) &&
      input(origin, index)?.op === 'constant' &&
      isNumber(number) &&
      number!.value > fullMask(mask)
    )
  })
}

/** Ones in a row, up to a whole byte or to where optimisers put shifts there and back together. */
function isMask(word: bigint): boolean {
  const bits = word.toString(2).length
  const gaps = fullMask(word) ^ word
  return word > 0n && (gaps & (gaps + 1n)) === 0n && (bits % 8 === 0 || bits >= WIDE)
}

/** With all bits below its highest. */
const fullMask = (word: bigint): bigint => (1n << BigInt(word.toString(2).length)) - 1n

function isNumber(origin: Origin | undefined): boolean {
  if (!origin || origin.taint === 0) return false
  if (origin.op === 'calldata' || origin.op === 'result') return true
  if (origin.op === 'environment') return origin.taint === Taint.callValue || origin.taint === Taint.balance
  if (origin.op !== 'compute') return false
  return ARITHMETIC.has(origin.opcode) || (origin.opcode === OP.SHL && isNumber(origin.inputs[1]))
}

/** What the caller gave is negative if it is meant as signed, and a huge amount otherwise. */
function takesNegative(origin: Origin, operands: readonly [bigint, bigint]): boolean {
  return operands.some((word, index) => word >= SIGN && input(origin, index)?.op === 'calldata')
}

/** Given as an amount, compared as a signed number. */
function comparesNegative(origin: Origin, operands: readonly [bigint, bigint]): boolean {
  return operands.some((word, index) => word >= SIGN && isNumber(input(origin, index)))
}
