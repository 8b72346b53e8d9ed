import { describe, expect, it } from 'vitest'
import { print } from '../../../test/support/print.ts'
import { createRandom, type Random } from '../../../test/support/random.ts'
import { BINARY, UNARY } from '../arithmetic.ts'
import { OP } from '../opcodes.ts'
import { type Value, Values } from './values.ts'

const BINARY_OPCODES = BINARY.flatMap((run, opcode) => (run ? [opcode] : []))
const UNARY_OPCODES = UNARY.flatMap((run, opcode) => (run ? [opcode] : []))
const SHAPES = [
  0n,
  1n,
  2n,
  0x60n,
  0xe0n,
  0xffn,
  (1n << 160n) - 1n,
  (1n << 255n) + 5n,
  (1n << 256n) - 1n,
  1n << 96n,
]
/** Words an input may be: an address below 2^160, calldata of at least four bytes. */
const INPUTS: Readonly<Record<number, (random: Random) => bigint>> = {
  [OP.CALLER]: (random) => wide(random) >> 96n,
  [OP.ORIGIN]: (random) => wide(random) >> 96n,
  [OP.TIMESTAMP]: (random) => (random.chance(0.3) ? 0n : wide(random)),
  [OP.CALLDATASIZE]: (random) => BigInt(random.between(4, 9)),
}
const SELECTOR = 0xa9059cbb

const wide = (random: Random): bigint => {
  let word = 0n
  for (let i = 0; i < 8; i++) word = (word << 32n) | BigInt(random.between(0, 0xffffffff))
  return random.chance(0.4) ? word >> BigInt(random.between(0, 255)) : word
}

describe('terms', () => {
  it('mean the same as the instructions they were made of', () => {
    const seed = 20_240_611
    print(`seed ${seed}`)
    const random = createRandom(seed)
    for (let round = 0; round < 400; round++) {
      const values = new Values()
      const inputs = new Map(Object.entries(INPUTS).map(([opcode, make]) => [Number(opcode), make(random)]))
      const firstWord = (BigInt(SELECTOR) << 224n) | (wide(random) >> 32n)
      const pool: { value: Value; word: bigint }[] = [...inputs].map(([opcode, word]) => ({
        value: values.input(opcode),
        word,
      }))
      pool.push({ value: values.selectorWord(SELECTOR), word: firstWord })
      for (let step = 0; step < 60; step++) {
        const made = random.chance(0.3) ? constant(values, random) : operation(values, pool, random)
        expect(evaluate(values, made.value, inputs, firstWord) ?? made.word).toBe(made.word)
        expect(made.word < 1n << BigInt(values.bits(made.value))).toBe(true)
        pool.push(made)
      }
    }
  })
})

function constant(values: Values, random: Random) {
  const word = random.chance(0.7) ? SHAPES[random.between(0, SHAPES.length - 1)]! : wide(random)
  return { value: values.constant(word), word }
}

function operation(values: Values, pool: readonly { value: Value; word: bigint }[], random: Random) {
  const pick = () => pool[random.between(0, pool.length - 1)]!
  const [a, b] = [pick(), random.chance(0.15) ? pool.at(-1)! : pick()]
  if (random.chance(0.2)) {
    const opcode = UNARY_OPCODES[random.between(0, UNARY_OPCODES.length - 1)]!
    return { value: values.unary(opcode, a.value), word: UNARY[opcode]!(a.word) }
  }
  const opcode = BINARY_OPCODES[random.between(0, BINARY_OPCODES.length - 1)]!
  return { value: values.binary(opcode, a.value, b.value), word: BINARY[opcode]!(a.word, b.word) }
}

/** null for terms that were cut off because they grew too large. */
function evaluate(
  values: Values,
  value: Value,
  inputs: ReadonlyMap<number, bigint>,
  firstWord: bigint,
): bigint | null {
  const term = values.term(value)
  if (term.kind === 'constant') return term.value
  if (term.kind === 'input') return inputs.get(term.opcode)!
  if (term.kind === 'selector') return firstWord
  if (term.kind !== 'operation') return null
  const args = term.args.map((arg) => evaluate(values, arg, inputs, firstWord))
  if (args.includes(null)) return null
  const [a, b] = args as bigint[]
  return term.args.length === 1 ? UNARY[term.opcode]!(a!) : BINARY[term.opcode]!(a!, b!)
}
