import type { Address } from '../../core/hex.ts'
import type {
  BlockContext,
  Branch,
  CallSite,
  Frame,
  Loss,
  StorageAccess,
  Unobserved,
  Wrap,
} from '../types.ts'
import type { Inherited } from './machine.ts'
import type { World } from './world.ts'

/** A run of watched code may execute this many instructions over all frames; a block's worth of gas buys fewer useful ones. */
const DEFAULT_STEP_LIMIT = 6_000_000
/** Wraps, and losses, kept per program counter of a frame: loops repeat themselves. */
const KEPT_PER_SITE = 16

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
  readonly blockHashes: ReadonlyMap<bigint, bigint> | null
  readonly record: Recorder
  /** Walks the frame a call instruction opened, with its effects on `world`. */
  readonly enter: (child: Frame, inherited: Inherited) => void
}

/** Collects what observed frames did, in one order. */
export class Recorder {
  readonly accesses: StorageAccess[] = []
  readonly calls: CallSite[] = []
  readonly wraps: Wrap[] = []
  readonly losses: Loss[] = []
  readonly branches: Branch[] = []
  readonly blocks = new Map<number, number[]>()
  readonly unobserved: Unobserved[] = []
  readonly frames: number[] = []
  readonly #wrapsAt = new Map<string, number>()
  readonly #lossesAt = new Map<string, number>()
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
    if (admits(this.#wrapsAt, wrap)) this.wraps.push(wrap)
  }

  loss(loss: Loss): void {
    if (admits(this.#lossesAt, loss)) this.losses.push(loss)
  }
}

function admits(seenAt: Map<string, number>, { frame, pc }: Pick<Wrap, 'frame' | 'pc'>): boolean {
  const key = `${frame}:${pc}`
  const seen = seenAt.get(key) ?? 0
  seenAt.set(key, seen + 1)
  return seen < KEPT_PER_SITE
}
