import type { Instruction } from '../../evm/disassemble.ts'
import { OP } from '../../evm/opcodes.ts'
import type { CallStatus, Frame, Origin } from '../types.ts'
import { Memory } from './memory.ts'
import { constant, MemoryOrigins } from './origins.ts'
import { NO_BYTES } from './precompiles.ts'
import type { Program } from './program.ts'
import type { Session } from './session.ts'

/** The path of the replay is no longer the path of the node. Caught at the frame, reported as unobserved. */
export class Divergence {
  readonly reason: 'diverged' | 'step-limit' | 'state-missing' | 'unsupported'
  readonly detail: string

  constructor(reason: Divergence['reason'], detail: string) {
    this.reason = reason
    this.detail = detail
  }
}

/** What a frame inherits from the one that opened it. */
export interface Inherited {
  /** CALLVALUE as the code sees it (under DELEGATECALL that of the parent). */
  readonly callValue: bigint
  /** Where the parent had 32 bytes of this frame's calldata from, if the parent was observed too. */
  readonly inputOrigin?: (offset: number, value: bigint) => Origin | null
}

const STACK_LIMIT = 1024

/** The state of one frame while its code is replayed. Instructions are functions over it (see `instructions.ts`). */
export class Machine {
  readonly frame: Frame
  readonly program: Program
  readonly session: Session
  readonly inherited: Inherited
  readonly input: Uint8Array
  readonly memory = new Memory()
  readonly memoryOrigins: MemoryOrigins | null
  readonly #stack: bigint[] = []
  readonly #origins: (Origin | null)[] = []
  /** Origin of the value popped last; meaningful only when `tracked`. */
  popped: Origin = constant(0n)
  pc = 0
  returnData: Uint8Array = NO_BYTES
  /** The child frame the return data came from. */
  returnedBy: number | null = null
  childrenUsed = 0
  stopped: { readonly status: CallStatus; readonly output: Uint8Array } | null = null

  constructor(frame: Frame, program: Program, session: Session, inherited: Inherited, input: Uint8Array) {
    this.frame = frame
    this.program = program
    this.session = session
    this.inherited = inherited
    this.input = input
    this.memoryOrigins = session.tracked ? new MemoryOrigins() : null
  }

  get tracked(): boolean {
    return this.memoryOrigins !== null
  }

  pop(): bigint {
    const value = this.#stack.pop()
    if (value === undefined) throw new Divergence('diverged', `stack underflow at pc ${this.pc}`)
    const origin = this.#origins.pop()
    if (origin) this.popped = origin
    return value
  }

  push(value: bigint, origin: Origin | null): void {
    if (this.#stack.length >= STACK_LIMIT) throw new Divergence('diverged', `stack overflow at pc ${this.pc}`)
    this.#stack.push(value)
    this.#origins.push(origin)
  }

  pushConstant(value: bigint): void {
    this.push(value, this.tracked ? constant(value) : null)
  }

  duplicate(depth: number): void {
    const index = this.#stack.length - depth
    if (index < 0) throw new Divergence('diverged', `stack underflow at pc ${this.pc}`)
    this.push(this.#stack[index]!, this.#origins[index]!)
  }

  swap(depth: number): void {
    const top = this.#stack.length - 1
    const other = top - depth
    if (other < 0) throw new Divergence('diverged', `stack underflow at pc ${this.pc}`)
    exchange(this.#stack, top, other)
    exchange(this.#origins, top, other)
  }

  jump(destination: bigint): void {
    if (destination >= this.program.code.length || !this.program.destinations[Number(destination)])
      this.halt()
    else this.pc = Number(destination)
  }

  stop(status: CallStatus, output: Uint8Array): void {
    this.stopped = { status, output }
  }

  halt(): void {
    this.stop('halt', NO_BYTES)
  }

  /** The frame the node opened next from this one. */
  nextFrame(): Frame | null {
    const index = this.frame.children[this.childrenUsed]
    return index === undefined ? null : this.session.frames[index]!
  }

  /** Walks the frame the node opened next, which the caller has found to be the one its instruction opens. */
  enterNext(child: Frame, inherited: Inherited): void {
    this.childrenUsed++
    this.session.enter(child, inherited)
  }

  /** The instruction at the program counter; STOP past the end of code, as the EVM has it. */
  fetch(): Instruction {
    const instruction = this.program.instructionAt[this.pc]
    if (instruction) return instruction
    return { pc: this.pc, opcode: OP.STOP, size: 1, operand: null }
  }
}

function exchange<T>(items: T[], a: number, b: number): void {
  const held = items[a]!
  items[a] = items[b]!
  items[b] = held
}
