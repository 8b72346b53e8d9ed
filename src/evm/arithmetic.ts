const BITS = 256n
const MODULUS = 1n << BITS
export const MAX_WORD = MODULUS - 1n
const SIGN = 1n << 255n

/** The low 256 bits. */
export const wrapWord = (value: bigint): bigint => BigInt.asUintN(256, value)

/** Two's complement reading of a word. */
export const toSigned = (word: bigint): bigint => (word >= SIGN ? word - MODULUS : word)

const truth = (condition: boolean): bigint => (condition ? 1n : 0n)

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let b = base, e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = wrapWord(result * b)
    b = wrapWord(b * b)
  }
  return result
}

function signExtend(size: bigint, word: bigint): bigint {
  if (size >= 31n) return word
  return wrapWord(BigInt.asIntN(Number(size) * 8 + 8, word))
}

/** Two-operand instructions: first operand is the top of the stack. Semantics of the Yellow Paper, appendix H. */
export const BINARY: readonly (((a: bigint, b: bigint) => bigint) | undefined)[] = (() => {
  const table: (((a: bigint, b: bigint) => bigint) | undefined)[] = new Array(256).fill(undefined)
  table[0x01] = (a, b) => wrapWord(a + b)
  table[0x02] = (a, b) => wrapWord(a * b)
  table[0x03] = (a, b) => wrapWord(a - b)
  table[0x04] = (a, b) => (b === 0n ? 0n : a / b)
  table[0x05] = (a, b) => (b === 0n ? 0n : wrapWord(toSigned(a) / toSigned(b)))
  table[0x06] = (a, b) => (b === 0n ? 0n : a % b)
  table[0x07] = (a, b) => (b === 0n ? 0n : wrapWord(toSigned(a) % toSigned(b)))
  table[0x0a] = power
  table[0x0b] = signExtend
  table[0x10] = (a, b) => truth(a < b)
  table[0x11] = (a, b) => truth(a > b)
  table[0x12] = (a, b) => truth(toSigned(a) < toSigned(b))
  table[0x13] = (a, b) => truth(toSigned(a) > toSigned(b))
  table[0x14] = (a, b) => truth(a === b)
  table[0x16] = (a, b) => a & b
  table[0x17] = (a, b) => a | b
  table[0x18] = (a, b) => a ^ b
  table[0x1a] = (i, word) => (i > 31n ? 0n : (word >> (248n - i * 8n)) & 0xffn)
  table[0x1b] = (shift, word) => (shift > 255n ? 0n : wrapWord(word << shift))
  table[0x1c] = (shift, word) => (shift > 255n ? 0n : word >> shift)
  table[0x1d] = (shift, word) => wrapWord(toSigned(word) >> (shift > 255n ? 255n : shift))
  return table
})()

/** One-operand instructions: ISZERO, NOT, CLZ. */
export const UNARY: readonly (((a: bigint) => bigint) | undefined)[] = (() => {
  const table: (((a: bigint) => bigint) | undefined)[] = new Array(256).fill(undefined)
  table[0x15] = (a) => truth(a === 0n)
  table[0x19] = (a) => MAX_WORD ^ a
  table[0x1e] = (a) => (a === 0n ? BITS : BigInt(256 - a.toString(2).length))
  return table
})()

/** Three-operand instructions: ADDMOD, MULMOD. */
export const TERNARY: readonly (((a: bigint, b: bigint, n: bigint) => bigint) | undefined)[] = (() => {
  const table: (((a: bigint, b: bigint, n: bigint) => bigint) | undefined)[] = new Array(256).fill(undefined)
  table[0x08] = (a, b, n) => (n === 0n ? 0n : (a + b) % n)
  table[0x09] = (a, b, n) => (n === 0n ? 0n : (a * b) % n)
  return table
})()

/** Whether ADD, SUB or MUL of two unsigned words does not fit in 256 bits. */
export function wraps(opcode: number, a: bigint, b: bigint): boolean {
  if (opcode === 0x01) return a + b > MAX_WORD
  if (opcode === 0x03) return b > a
  return opcode === 0x02 && a * b > MAX_WORD
}
