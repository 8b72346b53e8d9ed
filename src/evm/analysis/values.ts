import { BINARY, UNARY } from '../arithmetic.ts'
import { OP } from '../opcodes.ts'
import { simplify } from './simplify.ts'

/** A term of a `Values` table. Equal numbers are equal terms, and equal terms are the same word in one execution. */
export type Value = number

/** What a word depends on, as bits. A word read from storage depends on storage only, whatever chose the slot. */
export const TAINT = {
  calldata: 1,
  caller: 2,
  origin: 4,
  callvalue: 8,
  storage: 16,
  returndata: 32,
  environment: 64,
} as const
export type TaintName = keyof typeof TAINT

/** How a word came about. `at` names the place (state and instruction) that made an opaque word, so that two of them never pass for one. */
export type Term =
  | { readonly kind: 'constant'; readonly value: bigint; readonly decided: boolean }
  | { readonly kind: 'input'; readonly opcode: number }
  | { readonly kind: 'selector'; readonly selector: number }
  | { readonly kind: 'calldata'; readonly offset: Value }
  | { readonly kind: 'storage'; readonly slot: Value; readonly at: string }
  | { readonly kind: 'hash'; readonly words: readonly Value[] }
  | { readonly kind: 'operation'; readonly opcode: number; readonly args: readonly Value[] }
  | { readonly kind: 'opaque'; readonly at: string }

interface Facts {
  readonly taint: number
  /** The word is below 2^bits. */
  readonly bits: number
  readonly size: number
}

/** Terms of more nodes than this become opaque, so that hostile code cannot make them grow. */
const MAX_SIZE = 48
const WORD_BITS = 256
const ADDRESS_BITS = 160

const INPUT_TAINT: Readonly<Record<number, number>> = {
  [OP.CALLER]: TAINT.caller,
  [OP.ORIGIN]: TAINT.origin,
  [OP.CALLVALUE]: TAINT.callvalue,
  [OP.CALLDATASIZE]: TAINT.calldata,
}
const ADDRESSES: ReadonlySet<number> = new Set([OP.CALLER, OP.ORIGIN, OP.ADDRESS, OP.COINBASE])
const BOOLEAN: ReadonlySet<number> = new Set([OP.LT, OP.GT, OP.SLT, OP.SGT, OP.EQ, OP.ISZERO])

/** The terms of one analysis, each kept once. */
export class Values {
  private readonly terms: Term[] = []
  private readonly facts: Facts[] = []
  private readonly constants = new Map<bigint, Value>()
  private readonly byKey = new Map<string, Value>()
  private readonly operations = new Map<number, Value>()
  private readonly decidedBits: readonly [Value, Value]

  constructor() {
    const decided = (value: bigint): Value =>
      this.add({ kind: 'constant', value, decided: true }, { taint: 0, bits: Number(value), size: 1 })
    this.decidedBits = [decided(0n), decided(1n)]
  }

  get count(): number {
    return this.terms.length
  }

  term(value: Value): Term {
    return this.terms[value]!
  }

  taint(value: Value): number {
    return this.facts[value]!.taint
  }

  bits(value: Value): number {
    return this.facts[value]!.bits
  }

  word(value: Value): bigint | null {
    const term = this.terms[value]!
    return term.kind === 'constant' ? term.value : null
  }

  isDecided(value: Value): boolean {
    return value === this.decidedBits[0] || value === this.decidedBits[1]
  }

  constant(value: bigint): Value {
    const known = this.constants.get(value)
    if (known !== undefined) return known
    const facts = { taint: 0, bits: value === 0n ? 0 : value.toString(2).length, size: 1 }
    const made = this.add({ kind: 'constant', value, decided: false }, facts)
    this.constants.set(value, made)
    return made
  }

  /** A truth value that a branch has decided: a constant that keeps the two ways apart (see `contextOf`). */
  decided(truth: boolean): Value {
    return this.decidedBits[truth ? 1 : 0]
  }

  /** CALLER, ORIGIN and whatever else does not change within a frame. */
  input(opcode: number): Value {
    const taint = INPUT_TAINT[opcode] ?? TAINT.environment
    const bits = ADDRESSES.has(opcode) ? ADDRESS_BITS : WORD_BITS
    return this.once(`i${opcode}`, { kind: 'input', opcode }, { taint, bits, size: 1 })
  }

  /** The first word of calldata when its first four bytes are known. */
  selectorWord(selector: number): Value {
    return this.once(
      `f${selector}`,
      { kind: 'selector', selector },
      { taint: TAINT.calldata, bits: WORD_BITS, size: 1 },
    )
  }

  calldata(offset: Value): Value {
    return this.once(
      `d${offset}`,
      { kind: 'calldata', offset },
      { taint: TAINT.calldata, bits: WORD_BITS, size: 1 + this.facts[offset]!.size },
    )
  }

  storage(slot: Value, at: string): Value {
    return this.once(
      `s${slot}@${at}`,
      { kind: 'storage', slot, at },
      { taint: TAINT.storage, bits: WORD_BITS, size: 1 + this.facts[slot]!.size },
    )
  }

  hash(words: readonly Value[]): Value {
    const taint = words.reduce((all, word) => all | this.facts[word]!.taint, 0)
    const size = words.reduce((sum, word) => sum + this.facts[word]!.size, 1)
    const key = `h${words.join()}`
    if (size > MAX_SIZE) return this.opaque(key, taint)
    return this.once(key, { kind: 'hash', words }, { taint, bits: WORD_BITS, size })
  }

  opaque(at: string, taint: number, bits = WORD_BITS): Value {
    return this.once(`o${at}/${taint}/${bits}`, { kind: 'opaque', at }, { taint, bits, size: 1 })
  }

  /** The word that stands for two that may both arrive at one place. */
  merge(a: Value, b: Value, at: string): Value {
    const [x, y] = [this.word(a), this.word(b)]
    if (x !== null && x === y) return this.constant(x)
    const bits = Math.max(this.bits(a), this.bits(b))
    return this.opaque(at, this.taint(a) | this.taint(b), bits <= 1 ? 1 : bits <= ADDRESS_BITS ? 160 : 256)
  }

  unary(opcode: number, a: Value): Value {
    return this.operation(opcode, a, a, [a])
  }

  binary(opcode: number, a: Value, b: Value): Value {
    return this.operation(opcode, a, b, [a, b])
  }

  private operation(opcode: number, a: Value, b: Value, args: readonly Value[]): Value {
    // Exact: opcode takes 8 bits and a value 22, and analysis ends long before 4 million terms.
    const key = (opcode * 0x400000 + a) * 0x400000 + b
    const known = this.operations.get(key)
    if (known !== undefined) return known
    const made = this.fold(opcode, args) ?? simplify(this, opcode, a, b) ?? this.make(opcode, args)
    this.operations.set(key, made)
    return made
  }

  private fold(opcode: number, args: readonly Value[]): Value | null {
    const a = this.word(args[0]!)
    if (a === null) return null
    if (args.length === 1) return this.constant(UNARY[opcode]!(a))
    const b = this.word(args[1]!)
    return b === null ? null : this.constant(BINARY[opcode]!(a, b))
  }

  private make(opcode: number, args: readonly Value[]): Value {
    const taint = args.reduce((all, arg) => all | this.facts[arg]!.taint, 0)
    const size = args.reduce((sum, arg) => sum + this.facts[arg]!.size, 1)
    const bits = this.bitsOf(opcode, args)
    if (size > MAX_SIZE) return this.opaque(`${opcode}(${args.join()})`, taint, bits)
    return this.add({ kind: 'operation', opcode, args }, { taint, bits, size })
  }

  private bitsOf(opcode: number, args: readonly Value[]): number {
    if (BOOLEAN.has(opcode)) return 1
    const bits = args.map((arg) => this.facts[arg]!.bits)
    if (opcode === OP.AND) return Math.min(...bits)
    if (opcode === OP.OR || opcode === OP.XOR) return Math.max(...bits)
    if (opcode === OP.BYTE) return 8
    const shift = this.word(args[0]!)
    if (opcode === OP.SHR && shift !== null) return Math.max(0, bits[1]! - Number(shift))
    if (opcode === OP.SHL && shift !== null) return Math.min(WORD_BITS, bits[1]! + Number(shift))
    return opcode === OP.DIV || opcode === OP.MOD ? bits[0]! : WORD_BITS
  }

  private once(key: string, term: Term, facts: Facts): Value {
    const known = this.byKey.get(key)
    if (known !== undefined) return known
    const made = this.add(term, facts)
    this.byKey.set(key, made)
    return made
  }

  private add(term: Term, facts: Facts): Value {
    this.facts.push(facts)
    return this.terms.push(term) - 1
  }
}

export function taintNames(taint: number): TaintName[] {
  return (Object.keys(TAINT) as TaintName[]).filter((name) => (taint & TAINT[name]) !== 0)
}
