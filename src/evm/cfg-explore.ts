import { type BasicBlock, fold, type Symbolic } from './cfg-block.ts'

/** Where exploration starts: with the empty stack of a fresh frame, or with a stack nothing is known about. */
export interface Root {
  readonly pc: number
  readonly stack: 'empty' | 'unknown'
}

export interface Exploration {
  /** Starts of the blocks reached. */
  readonly reached: ReadonlySet<number>
  readonly successors: ReadonlyMap<number, ReadonlySet<number>>
  /** Offsets of JUMP and JUMPI instructions whose target was unknown on some path. */
  readonly unresolved: ReadonlySet<number>
  /** Jump instructions that had a known target on some path. */
  readonly resolved: ReadonlySet<number>
  /** Whether the fixed point was reached within the bound on steps. */
  readonly complete: boolean
}

/** Any value that is not a valid jump destination. Constants are kept only where a jump could use them. */
const OTHER = -1

/** The stack below a frame of interest: what it may be, found so far. Merging here is what makes the analysis finite. */
interface Tail {
  readonly kind: 'empty' | 'unknown' | 'shared'
  readonly below: Map<string, Stack>
  readonly readers: Map<string, State>
}

/** `items` exactly (top last) over one of the stacks of `tail`. */
interface Stack {
  readonly items: readonly number[]
  readonly tail: number
}
interface State extends Stack {
  readonly block: number
}

const keyOf = ({ items, tail }: Stack): string => `${tail}:${items.join(',')}`

/**
 * Every block reachable from `roots`, by abstract interpretation of the stack. Calls of internal functions are kept apart: a block
 * that leaves a return address on the stack and jumps opens a new frame, and the stack below it becomes a node shared by all callers
 * that entered the same function with the same return address (a graph-structured stack, as in GLR parsing; equivalently the
 * saturation of a pushdown system, Bouajjani et al. 1997). Returns therefore go to the callers that made the call and to no other,
 * at a cost linear in the number of call sites rather than of call chains.
 *
 * Fails where a jump target comes from memory, storage, calldata or a table: such jumps are reported as unresolved, never guessed.
 * Splitting at a constant that merely looks like a return address costs time, not correctness.
 */
export function explore(
  blocks: ReadonlyMap<number, BasicBlock>,
  destinations: Uint8Array,
  options: { readonly roots: readonly Root[]; readonly maxSteps: number },
): Exploration {
  return new Explorer(blocks, destinations, options.maxSteps).run(options.roots)
}

const EMPTY = 0
const UNKNOWN = 1
const MAX_FRAME = 128

class Explorer {
  private readonly tails: Tail[] = [newTail('empty'), newTail('unknown')]
  private readonly tailIds = new Map<string, number>()
  private readonly seen = new Set<string>()
  private readonly work: State[] = []
  private readonly reached = new Set<number>()
  private readonly successors = new Map<number, Set<number>>()
  private readonly unresolved = new Set<number>()
  private readonly resolved = new Set<number>()
  private readonly blocks: ReadonlyMap<number, BasicBlock>
  private readonly destinations: Uint8Array
  private readonly maxSteps: number

  constructor(blocks: ReadonlyMap<number, BasicBlock>, destinations: Uint8Array, maxSteps: number) {
    this.blocks = blocks
    this.destinations = destinations
    this.maxSteps = maxSteps
  }

  run(roots: readonly Root[]): Exploration {
    for (const { pc, stack } of roots) {
      this.add({ block: pc, items: [], tail: stack === 'empty' ? EMPTY : UNKNOWN })
    }
    let steps = 0
    while (this.work.length > 0 && steps < this.maxSteps) {
      this.step(this.work.pop()!)
      steps++
    }
    const { reached, successors, unresolved, resolved } = this
    return { reached, successors, unresolved, resolved, complete: this.work.length === 0 }
  }

  private add(state: State): void {
    if (!this.blocks.has(state.block)) return
    const key = `${state.block}@${keyOf(state)}`
    if (this.seen.has(key)) return
    this.seen.add(key)
    this.work.push(state)
  }

  private step(state: State): void {
    const block = this.blocks.get(state.block)!
    this.reached.add(state.block)
    if (state.items.length >= block.reads) this.transfer(block, state)
    else this.deepen(block, state)
  }

  /** The block looks below the frame: continue once for each stack known to lie there, now and later. */
  private deepen(block: BasicBlock, state: State): void {
    const tail = this.tails[state.tail]!
    // Taking an item from an empty stack halts the frame.
    if (tail.kind === 'empty') return
    if (tail.kind === 'unknown') {
      const missing = new Array<number>(block.reads - state.items.length).fill(OTHER)
      this.transfer(block, { ...state, items: [...missing, ...state.items] })
      return
    }
    tail.readers.set(`${state.block}@${state.items.join(',')}`, state)
    for (const below of tail.below.values()) this.add(stackOnto(state, below))
  }

  private transfer(block: BasicBlock, state: State): void {
    const base = state.items.length - block.reads
    const left = block.leaves.map((value) => this.project(this.evaluate(value, state.items)))
    const stack: Stack = { items: [...state.items.slice(0, base), ...left], tail: state.tail }
    if (block.exit === 'stop') return
    if (block.exit === 'fall') this.edge(block, block.end, stack)
    if (block.exit === 'jump') this.jump(block, state, stack, returnAddressAt(block, stack, base))
    if (block.exit === 'branch') this.branch(block, state, stack)
  }

  private branch(block: BasicBlock, state: State, stack: Stack): void {
    const condition = this.evaluate(block.condition, state.items)
    if (condition !== 0n) this.jump(block, state, stack)
    if (condition === null || condition === 0n) this.edge(block, block.end, stack)
  }

  private jump(block: BasicBlock, state: State, stack: Stack, callAt: number | null = null): void {
    const pc = block.instructions.at(-1)!.pc
    const target = this.evaluate(block.target, state.items)
    if (target === null) this.unresolved.add(pc)
    else if (this.isDestination(target)) {
      this.resolved.add(pc)
      this.edge(block, Number(target), stack, callAt)
    } else this.resolved.add(pc)
  }

  private edge(block: BasicBlock, to: number, stack: Stack, callAt: number | null = null): void {
    const known = this.successors.get(block.start)
    if (known) known.add(to)
    else this.successors.set(block.start, new Set([to]))
    const at = stack.items.length > MAX_FRAME ? stack.items.length - MAX_FRAME / 2 : callAt
    this.add({ block: to, ...(at === null ? stack : this.split(to, stack, at)) })
  }

  private split(entry: number, stack: Stack, at: number): Stack {
    const items = stack.items.slice(at)
    const id = this.tailFor(`${entry}@${items.join(',')}`)
    const tail = this.tails[id]!
    const below: Stack = { items: stack.items.slice(0, at), tail: stack.tail }
    const key = keyOf(below)
    if (!tail.below.has(key)) {
      tail.below.set(key, below)
      for (const reader of tail.readers.values()) this.add(stackOnto(reader, below))
    }
    return { items, tail: id }
  }

  /** Frames are told apart by where they enter and what with: return address and arguments that may be jump targets. */
  private tailFor(key: string): number {
    const known = this.tailIds.get(key)
    if (known !== undefined) return known
    this.tailIds.set(key, this.tails.length)
    return this.tails.push(newTail('shared')) - 1
  }

  private evaluate(value: Symbolic, items: readonly number[]): bigint | null {
    if (value === null) return null
    if (value.kind === 'constant') return value.value
    if (value.kind === 'operation') {
      return fold(
        value.opcode,
        value.args.map((arg) => this.evaluate(arg, items)),
      )
    }
    const item = items[items.length - 1 - value.index]!
    return item === OTHER ? null : BigInt(item)
  }

  private project(value: bigint | null): number {
    return value !== null && this.isDestination(value) ? Number(value) : OTHER
  }

  private isDestination(value: bigint): boolean {
    return value < BigInt(this.destinations.length) && this.destinations[Number(value)] === 1
  }
}

/** Position of the topmost constant this block pushed that can be a return address: a frame opens there. */
function returnAddressAt(block: BasicBlock, stack: Stack, base: number): number | null {
  for (let i = block.leaves.length - 1; i >= 0; i--) {
    if (block.leaves[i]?.kind === 'constant' && stack.items[base + i] !== OTHER) return base + i
  }
  return null
}

const newTail = (kind: Tail['kind']): Tail => ({ kind, below: new Map(), readers: new Map() })

function stackOnto(state: State, below: Stack): State {
  return { block: state.block, items: [...below.items, ...state.items], tail: below.tail }
}
