import type { Cfg } from '../cfg.ts'
import type { BasicBlock } from '../cfg-block.ts'
import { isTerminator, OP } from '../opcodes.ts'
import { type CallInput, execute, type Site } from './execute.ts'
import {
  type Condition,
  contextOf,
  type Frame,
  type FrameContent,
  factId,
  mergeInto,
  newFrame,
  type Precision,
} from './frame.ts'
import { Heap } from './heap.ts'
import { Memory } from './memory.ts'
import { canonical, protectionOf } from './protection.ts'
import { TAINT, type Value, type Values } from './values.ts'

/** All ways one call can go, merged by context. */
export interface FunctionRun {
  readonly frames: readonly Frame[]
  readonly sites: readonly Site[]
  /** Frames that end in STOP, RETURN or SELFDESTRUCT. */
  readonly ends: readonly Frame[]
  readonly unresolved: readonly Unresolved[]
  /** Whether a fixed point was reached; what is found otherwise holds for some ways only. */
  readonly complete: boolean
  readonly steps: number
}

/** Where a run does not go on: a jump whose target is not known, or an internal function that calls itself too deep. */
export interface Unresolved {
  readonly reason: 'jump' | 'recursion'
  /** The jump, or the first instruction that was not run. */
  readonly pc: number
  /** What every way that ends here has passed, as an index in `PROTECTIONS`. */
  readonly protection: number
  /** What the target depends on. */
  readonly taint: number
}

export interface RunOptions {
  readonly maxSteps: number
  readonly precision: Precision
}

const MAX_STACK = 1024
/** A `bool` read from a packed slot has eight. */
const MAX_FLAG_BITS = 8
const WORTH_KEEPING = TAINT.caller | TAINT.origin | TAINT.storage | TAINT.callvalue
const SUCCESS: ReadonlySet<number> = new Set([OP.STOP, OP.RETURN, OP.SELFDESTRUCT])

/**
 * Runs the code from its start on a call of which the selector is known and the rest is not. Blocks are run per calling context
 * (`contextOf`); where ways meet, what differs is forgotten, until nothing changes (abstract interpretation, Cousot and Cousot 1977).
 *
 * Frames deep in calls and early in the code go first, so that a block mostly runs after all that leads to it.
 */
export function runFunction(cfg: Cfg, values: Values, input: CallInput, options: RunOptions): FunctionRun {
  return new Run(cfg, values, input, options).run()
}

class Run {
  private readonly frames: Frame[] = []
  private readonly byContext = new Map<string, Frame>()
  private readonly queue = new Heap()
  private readonly sites = new Map<number, Site>()
  private readonly ends = new Set<Frame>()
  private readonly unresolved = new Map<string, Unresolved>()
  private readonly cfg: Cfg
  private readonly values: Values
  private readonly input: CallInput
  private readonly options: RunOptions

  constructor(cfg: Cfg, values: Values, input: CallInput, options: RunOptions) {
    this.cfg = cfg
    this.values = values
    this.input = input
    this.options = options
  }

  run(): FunctionRun {
    const nothing = { facts: new Set<number>(), protection: 0, guards: new Set<number>() }
    this.arrive({ pc: 0, stack: [], memory: new Memory(), ...nothing })
    let steps = 0
    for (; this.queue.size > 0 && steps < this.options.maxSteps; steps++) this.step(this.next())
    return {
      frames: this.frames,
      sites: [...this.sites.values()],
      ends: [...this.ends],
      unresolved: [...this.unresolved.values()],
      complete: this.queue.size === 0,
      steps,
    }
  }

  private next(): Frame {
    const frame = this.frames[this.queue.pop()! % 0x100000]!
    frame.queued = false
    return frame
  }

  private enqueue(frame: Frame): void {
    if (frame.queued) return
    frame.queued = true
    this.queue.push(((MAX_STACK - frame.stack.length) * 0x8000 + frame.pc) * 0x100000 + frame.id)
  }

  private arrive(content: FrameContent): void {
    const { key, recursive } = contextOf(this.values, this.cfg.destinations, content, this.options.precision)
    if (recursive) {
      this.giveUp(`r${content.pc}`, {
        reason: 'recursion',
        pc: content.pc,
        protection: content.protection,
        taint: 0,
      })
      return
    }
    const known = this.byContext.get(key)
    if (known) {
      if (mergeInto(this.values, known, content)) this.enqueue(known)
      return
    }
    const frame = newFrame(this.frames.length, content)
    this.frames.push(frame)
    this.byContext.set(key, frame)
    this.enqueue(frame)
  }

  private step(frame: Frame): void {
    const block = this.cfg.blocks.get(frame.pc)
    // Taking from an empty stack and growing it past 1024 items halt the frame.
    if (!block || frame.stack.length < block.reads) return
    const stack = [...frame.stack]
    const memory = new Memory(frame.memory)
    const machine = {
      values: this.values,
      code: this.cfg.code,
      input: this.input,
      frame: frame.id,
      stack,
      memory,
      record: (site: Site) => this.sites.set(frame.id * 0x8000 + site.pc, site),
    }
    for (const instruction of block.instructions) {
      const { opcode } = instruction
      if (opcode === OP.JUMP || opcode === OP.JUMPI) break
      if (isTerminator(opcode) && opcode !== OP.SELFDESTRUCT) break
      execute(machine, instruction, (word) => this.values.constant(word))
      if (stack.length > MAX_STACK) return
    }
    const { facts, protection, guards } = frame
    this.leave(block, frame, { pc: block.end, stack, memory, facts, protection, guards })
  }

  private leave(block: BasicBlock, frame: Frame, content: FrameContent): void {
    const last = block.instructions.at(-1)!
    if (last.opcode === OP.JUMP) this.jump(last.pc, frame, content, content.stack.pop()!)
    else if (last.opcode === OP.JUMPI) this.branch(last.pc, frame, content)
    else if (block.exit === 'fall') this.arrive(content)
    // The end of code stops like STOP.
    else if (SUCCESS.has(last.opcode) || !isTerminator(last.opcode)) this.ends.add(frame)
  }

  private jump(pc: number, frame: Frame, content: FrameContent, target: Value): void {
    const word = this.values.word(target)
    if (word === null) {
      const taint = this.values.taint(target)
      this.giveUp(`${frame.id}`, { reason: 'jump', pc, protection: content.protection, taint })
    } else if (word < BigInt(this.cfg.code.length) && this.cfg.destinations[Number(word)] === 1) {
      this.arrive({ ...content, pc: Number(word) })
    }
  }

  private giveUp(key: string, now: Unresolved): void {
    const before = this.unresolved.get(key) ?? now
    const protection = Math.min(before.protection, now.protection)
    this.unresolved.set(key, { ...now, protection, taint: before.taint | now.taint })
  }

  private branch(pc: number, frame: Frame, content: FrameContent): void {
    const target = content.stack.pop()!
    const condition = content.stack.pop()!
    const known = this.values.word(condition) ?? this.negation(condition)
    if (known === null || known !== 0n) this.jump(pc, frame, this.assume(content, condition, true), target)
    if (known === null || known === 0n) this.arrive(this.assume(content, condition, false))
  }

  /** 1 or 0 for a word known to be zero or not to be. */
  private negation(value: Value): bigint | null {
    const negated = this.values.word(this.values.unary(OP.ISZERO, value))
    return negated === null ? null : 1n - negated
  }

  /** What is known on the way on which a condition held or did not. */
  private assume(content: FrameContent, value: Value, truth: boolean): FrameContent {
    if (this.values.word(value) !== null) return { ...content, stack: [...content.stack] }
    const condition = canonical(this.values, { value, truth })
    const narrowed = narrowedBy(this.values, condition)
    const stack = content.stack.map((item) => this.decide(item, condition, narrowed))
    if ((this.values.taint(value) & WORTH_KEEPING) === 0) return { ...content, stack }
    const facts = new Set(content.facts).add(factId(condition))
    const protection = protectionOf(this.values, condition)
    if (protection === 0) return { ...content, stack, facts }
    return {
      ...content,
      stack,
      facts,
      protection: Math.max(content.protection, protection),
      guards: new Set(content.guards).add(factId(condition)),
    }
  }

  private decide(item: Value, condition: Condition, narrowed: Narrowed | null): Value {
    if (item === narrowed?.wide) return narrowed.narrow
    const { value, truth } = canonical(this.values, { value: item, truth: true })
    if (value !== condition.value) return item
    const bits = this.values.bits(item)
    if (truth !== condition.truth) {
      return bits <= MAX_FLAG_BITS ? this.values.decided(false) : this.values.constant(0n)
    }
    return bits <= 1 ? this.values.decided(true) : item
  }
}

/** A word and the same word under a mask, when a condition says that they are equal. */
interface Narrowed {
  readonly wide: Value
  readonly narrow: Value
}

/** Compilers compare an argument with itself under the mask of its type, and go on with the argument. */
function narrowedBy(values: Values, { value, truth }: Condition): Narrowed | null {
  const term = values.term(value)
  if (term.kind !== 'operation') return null
  const [a, b] = term.args as [Value, Value]
  if (term.opcode === OP.SHR && !truth) {
    const bits = values.word(a)
    if (bits === null) return null
    return { wide: b, narrow: values.binary(OP.AND, b, values.constant((1n << bits) - 1n)) }
  }
  if (term.opcode !== OP.EQ || !truth) return null
  for (const [wide, narrow] of [
    [a, b],
    [b, a],
  ] as const) {
    const masked = values.term(narrow)
    if (masked.kind === 'operation' && masked.opcode === OP.AND && masked.args[0] === wide) {
      return { wide, narrow }
    }
  }
  return null
}
