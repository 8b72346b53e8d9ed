import { defineTemplate, type Template, type TemplateFork } from './template.ts'

/** Operands are pushed left to right, so that the right-hand side is on top. Arithmetic is modulo 2^256, comparisons give 0 or 1. */
const proofOf = (takes: number): string =>
  `Takes ${takes} and leaves one word; touches nothing below them; reads only; memory untouched; no call; leaves by falling through.`

interface Operator {
  readonly program: string
  readonly description: string
  readonly stack: number
  readonly params?: readonly string[]
  readonly since?: TemplateFork
}

const operator =
  (takes: number) =>
  (name: string, { params = [], since = 'frontier', ...rest }: Operator): Template =>
    defineTemplate({ name, params, since, takes, gives: 1, proof: proofOf(takes), ...rest })

const unary = operator(1)
const binary = operator(2)

const UNARY: readonly Template[] = [
  unary('not@1', { program: 'NOT', stack: 0, description: '(the complement of {0})' }),
  unary('is-zero@1', { program: 'ISZERO', stack: 0, description: '({0} is zero)' }),
  unary('balance@1', { program: 'BALANCE', stack: 0, description: '(the ether of {0})' }),
  unary('code-size@1', { program: 'EXTCODESIZE', stack: 0, description: '(the code size of {0})' }),
  unary('code-hash@1', {
    since: 'constantinople',
    program: 'EXTCODEHASH',
    stack: 0,
    description: '(the code hash of {0})',
  }),
  unary('load@1', { program: 'SLOAD', stack: 0, description: '(storage slot {0})' }),
  // (x >> shift) & (2^bits - 1), for 1 to 255 bits.
  unary('field@1', {
    params: ['shift', 'bits'],
    since: 'constantinople',
    program: 'PUSH1 <shift> SHR PUSH1 0x01 PUSH1 0x01 PUSH1 <bits> SHL SUB AND',
    stack: 3,
    description: '(<bits> bits of {0}, from bit <shift>)',
  }),
  unary('shift-left@1', {
    params: ['bits'],
    since: 'constantinople',
    program: 'PUSH1 <bits> SHL',
    stack: 1,
    description: '({0} shifted left by <bits>)',
  }),
]

/** The EVM's own order is top first, so `less` is GT, and what does not commute swaps. */
const BINARY: readonly Template[] = [
  binary('add@1', { program: 'ADD', stack: 0, description: '({0} + {1})' }),
  binary('subtract@1', { program: 'SWAP1 SUB', stack: 0, description: '({0} - {1})' }),
  binary('multiply@1', { program: 'MUL', stack: 0, description: '({0} * {1})' }),
  binary('divide@1', { program: 'SWAP1 DIV', stack: 0, description: '({0} / {1})' }),
  binary('modulo@1', { program: 'SWAP1 MOD', stack: 0, description: '({0} modulo {1})' }),
  binary('and@1', { program: 'AND', stack: 0, description: '({0} and {1})' }),
  binary('or@1', { program: 'OR', stack: 0, description: '({0} or {1})' }),
  binary('xor@1', { program: 'XOR', stack: 0, description: '({0} xor {1})' }),
  binary('less@1', { program: 'GT', stack: 0, description: '({0} < {1})' }),
  binary('greater@1', { program: 'LT', stack: 0, description: '({0} > {1})' }),
  binary('signed-less@1', { program: 'SGT', stack: 0, description: '({0} < {1}, signed)' }),
  binary('equal@1', { program: 'EQ', stack: 0, description: '({0} = {1})' }),
]

/** Words made of one or two others. */
export const OPERATORS: readonly Template[] = [...UNARY, ...BINARY]
