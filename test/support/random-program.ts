import type { Address } from '../../src/core/hex.ts'
import { OP } from '../../src/evm/opcodes.ts'
import type { Random } from './random.ts'
import { pick } from './random-guards.ts'

/** Accounts a random program may call. */
export interface Callees {
  /** Called in every way, also statically. */
  readonly harmless: readonly Address[]
  /** They may write, or call back: by CALL only, so that no frame halts. */
  readonly lively: readonly Address[]
}

const MEMORY = 0x120
const SLOTS = 5
const MOST_WORDS = 11
const DEEPEST = 3
const SOURCES = [
  OP.CALLER,
  OP.ADDRESS,
  OP.ORIGIN,
  OP.CALLVALUE,
  OP.CALLDATASIZE,
  OP.RETURNDATASIZE,
  OP.MSIZE,
] as const
const MORE_SOURCES = [OP.TIMESTAMP, OP.NUMBER, OP.SELFBALANCE, OP.PC, OP.PUSH0] as const
const UNARY = [OP.NOT, OP.ISZERO] as const
const BINARY = [
  ...[OP.ADD, OP.SUB, OP.MUL, OP.DIV, OP.SDIV, OP.MOD, OP.SMOD, OP.EXP, OP.SIGNEXTEND, OP.LT, OP.GT, OP.SLT],
  ...[OP.SGT, OP.EQ, OP.AND, OP.OR, OP.XOR, OP.BYTE, OP.SHL, OP.SHR, OP.SAR],
]

/**
 * Runtime code that uses the stack, memory, storage, calldata, its own data, logs, calls, branches, bounded loops and inner functions, and
 * never halts for want of a stack item or by a jump to nowhere. It ends by returning its memory, or earlier. Never asks for its own
 * size or the gas left, which a patch may change.
 */
export function randomProgram(random: Random, callees: Callees): Uint8Array {
  return new Writer(random, callees).write()
}

class Writer {
  private readonly code: number[] = []
  private readonly labels = new Map<string, number>()
  private readonly references: { readonly label: string; readonly at: number }[] = []
  private readonly routines: { readonly label: string; readonly level: number }[] = []
  private readonly random: Random
  private readonly callees: Callees
  private count = 0
  /** Words on the stack, and how many of them belong to the surrounding code. */
  private height = 0
  private floor = 0

  constructor(random: Random, callees: Callees) {
    this.random = random
    this.callees = callees
  }

  write(): Uint8Array {
    if (this.random.chance(0.6)) this.push(0x80).push(0x40).op(OP.MSTORE).moved(-2)
    this.statements(this.random.between(6, 22), 0)
    while (this.height > 0)
      this.push(32 * this.random.between(0, 6))
        .op(OP.MSTORE)
        .moved(-2)
    this.op(OP.MSIZE, OP.PUSH0, OP.RETURN)
    for (let routine = this.routines.pop(); routine; routine = this.routines.pop()) this.routine(routine)
    this.op(OP.INVALID)
    // Bytes that look like anything, read by CODECOPY.
    this.labels.set('data', this.code.length)
    for (let i = 0; i < 64; i++) this.code.push(this.random.between(0, 255))
    for (const { label, at } of this.references) {
      const offset = this.labels.get(label)!
      this.code[at] = offset >> 8
      this.code[at + 1] = offset & 0xff
    }
    return Uint8Array.from(this.code)
  }

  private op(...opcodes: number[]): this {
    this.code.push(...opcodes)
    return this
  }

  private moved(words: number): this {
    this.height += words
    return this
  }

  private push(value: number | bigint): this {
    const digits = BigInt(value).toString(16)
    const bytes = [...Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')]
    return this.op(OP.PUSH0 + bytes.length, ...bytes).moved(1)
  }

  private reference(label: string): this {
    this.references.push({ label, at: this.code.length + 1 })
    return this.op(OP.PUSH2, 0, 0).moved(1)
  }

  private destination(label: string): this {
    this.labels.set(label, this.code.length)
    return this.op(OP.JUMPDEST)
  }

  private get own(): number {
    return this.height - this.floor
  }

  private statements(count: number, level: number): void {
    for (let i = 0; i < count; i++) this.statement(level)
  }

  private statement(level: number): void {
    const own = this.own
    const choices: (() => void)[] = []
    const may = (possible: boolean, ...statements: (() => void)[]) => {
      if (possible) choices.push(...statements)
    }
    may(
      own < MOST_WORDS,
      () => this.source(),
      () => this.source(),
      () => this.memory(),
      () => this.storage(),
      () => this.hash(),
    )
    may(
      own < MOST_WORDS,
      () => this.call(),
      () => this.input(),
    )
    may(
      own >= 1,
      () => this.op(pick(this.random, UNARY)),
      () => this.remove(),
      () => this.write1(),
      () => this.log(),
    )
    may(
      own >= 1 && level < DEEPEST,
      () => this.branch(level),
      () => this.leave(),
    )
    may(
      own >= 2,
      () => this.combine(),
      () => this.combine(),
      () => this.combine(),
      () => this.shuffle(),
    )
    may(
      own < MOST_WORDS - 3 && level < DEEPEST,
      () => this.loop(level),
      () => this.routineCall(level),
    )
    may(true, () => this.copy())
    pick(this.random, choices)()
  }

  private source(): void {
    const kind = this.random.next()
    if (kind < 0.4) this.op(pick(this.random, [...SOURCES, ...MORE_SOURCES])).moved(1)
    else if (kind < 0.7) this.push(this.random.between(0, 300))
    else if (kind < 0.85) this.push((1n << 256n) - BigInt(this.random.between(1, 5)))
    else this.push(BigInt(pick(this.random, [...this.callees.harmless, ...this.callees.lively])))
  }

  private input(): void {
    this.push(this.random.between(0, 3) * 32).op(OP.CALLDATALOAD)
  }

  private memory(): void {
    this.push(this.random.between(0, MEMORY)).op(OP.MLOAD)
  }

  private storage(): void {
    this.push(this.random.between(0, SLOTS)).op(this.random.chance(0.75) ? OP.SLOAD : OP.TLOAD)
  }

  private hash(): void {
    this.push(this.random.between(0, 64)).push(this.random.between(0, MEMORY)).op(OP.KECCAK256).moved(-1)
  }

  private remove(): void {
    this.op(OP.POP).moved(-1)
  }

  private write1(): void {
    const kind = this.random.next()
    if (kind < 0.4)
      this.push(this.random.between(0, MEMORY)).op(this.random.chance(0.8) ? OP.MSTORE : OP.MSTORE8)
    else this.push(this.random.between(0, SLOTS)).op(this.random.chance(0.75) ? OP.SSTORE : OP.TSTORE)
    this.moved(-2)
  }

  private combine(): void {
    this.op(pick(this.random, BINARY)).moved(-1)
  }

  private shuffle(): void {
    const own = this.own
    if (own < MOST_WORDS && this.random.chance(0.5))
      this.op(OP.DUP1 + this.random.between(0, own - 1)).moved(1)
    else this.op(OP.SWAP1 + this.random.between(0, own - 2))
  }

  private log(): void {
    this.push(this.random.between(0, 64))
      .push(this.random.between(0, MEMORY))
      .op(OP.LOG0 + 1)
      .moved(-3)
  }

  private copy(): void {
    const kind = this.random.next()
    if (kind < 0.3)
      this.push(this.random.between(0, 64))
        .reference('data')
        .push(this.random.between(0, MEMORY))
        .op(OP.CODECOPY)
    else if (kind < 0.6)
      this.op(OP.RETURNDATASIZE).moved(1).push(0).push(this.random.between(0, MEMORY)).op(OP.RETURNDATACOPY)
    else
      this.push(this.random.between(0, 64))
        .push(this.random.between(0, 64))
        .push(this.random.between(0, MEMORY))
        .op(OP.MCOPY)
    this.moved(-3)
  }

  private call(): void {
    const lively = this.random.chance(0.5)
    const kind = lively ? OP.CALL : pick(this.random, [OP.CALL, OP.STATICCALL, OP.DELEGATECALL])
    for (let i = 0; i < 4; i++) this.push(this.random.between(0, 64))
    if (kind === OP.CALL) this.push(this.random.chance(0.3) ? this.random.between(1, 9) : 0)
    this.push(BigInt(pick(this.random, lively ? this.callees.lively : this.callees.harmless)))
    this.op(OP.GAS, kind).moved(kind === OP.CALL ? -5 : -4)
  }

  /** Statements that leave the stack as high as they find it, and nothing below untouched. */
  private body(level: number): void {
    const { height, floor } = this
    this.floor = height
    this.statements(this.random.between(1, 6), level + 1)
    while (this.height > height) this.remove()
    this.floor = floor
  }

  private branch(level: number): void {
    const [otherwise, end] = [this.label(), this.label()]
    this.reference(otherwise).op(OP.JUMPI).moved(-2)
    this.body(level)
    this.reference(end).op(OP.JUMP).moved(-1).destination(otherwise)
    if (this.random.chance(0.5)) this.body(level)
    this.destination(end)
  }

  private leave(): void {
    const on = this.label()
    this.push(this.random.between(0, 1)).op(OP.GT).moved(-1)
    this.reference(on).op(OP.JUMPI).moved(-2)
    const { height } = this
    this.push(this.random.between(0, 64)).push(this.random.between(0, MEMORY))
    this.op(pick(this.random, [OP.RETURN, OP.REVERT])).destination(on)
    this.height = height
  }

  private loop(level: number): void {
    const again = this.label()
    this.push(this.random.between(1, 4)).destination(again)
    this.body(level)
    this.push(1).op(OP.SWAP1, OP.SUB, OP.DUP1).reference(again).op(OP.JUMPI).moved(-2)
    this.remove()
  }

  private routineCall(level: number): void {
    const [back, routine] = [this.label(), this.label()]
    this.reference(back).reference(routine).op(OP.JUMP).destination(back).moved(-2)
    this.routines.push({ label: routine, level })
    if (this.random.chance(0.5)) {
      const again = this.label()
      this.reference(again).reference(routine).op(OP.JUMP).destination(again).moved(-2)
    }
  }

  private routine({ label, level }: { readonly label: string; readonly level: number }): void {
    this.height = 1
    this.floor = 1
    this.destination(label)
    this.body(level)
    this.op(OP.JUMP)
  }

  private label(): string {
    return `label ${this.count++}`
  }
}
