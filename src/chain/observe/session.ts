import type { Address } from '../../core/hex.ts'
import type { BlockContext, Branch, CallSite, Frame, StorageAccess, Unobserved, Wrap } from '../types.ts'
import type { Inherited } from './machine.ts'
import type { World } from './world.ts'

/** A run of watched code may execute this many instructions over all frames; a block's worth of gas buys fewer useful ones. */
const DEFAULT_STEP_LIMIT = 6_000_000
/** Wraps kept per program counter: loops repeat themselves. */
const WRAPS_PER_SITE = 16

/** What all frames of one observed transaction share: the state they see and the record they write. */
export interface Session {
  readonly world: World
  readonly frames: readonly Frame[]
  readonly watched: ReadonlySet<Address>
  readonly tracked: boolean
  readonly block: BlockContext
  readonly chainId: number
  readonly origin: Address
  readonly gasPrice: bigint
  readonly record: Recorder
  /** Walks the frame a call instruction opened, with its effects on `world`. */
  readonly enter: (child: Frame, inherited: Inherited) => void
}

/** Collects what observed frames did, in one order. */
export class Recorder {
  readonly accesses: StorageAccess[] = []
  readonly calls: CallSite[] = []
  readonly wraps: Wrap[] = []
  readonly branches: Branch[] = []
  readonly blocks = new Map<number, number[]>()
  readonly unobserved: Unobserved[] = []
  readonly frames: number[] = []
  readonly #wrapsAt = new Map<string, number>()
  #order = 0
  #steps: number

  constructor(stepLimit = DEFAULT_STEP_LIMIT) {
    this.#steps = stepLimit
  }

  nextOrder(): number {
    return this.#order++
  }

  /** Counts one instruction; false when the budget is used up. */
  step(): boolean {
    return this.#steps-- > 0
  }

  wrap(wrap: Wrap): void {
    const key = `${wrap.frame}:${wrap.pc}`
    const seen = this.#wrapsAt.get(key) ?? 0
    this.#wrapsAt.set(key, seen + 1)
    if (seen < WRAPS_PER_SITE) this.wraps.push(wrap)
  }
}
