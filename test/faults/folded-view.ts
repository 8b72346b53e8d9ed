import { expect } from 'vitest'
import type { BlockRef, ChainEvent } from '../../src/chain/types.ts'
import type { Hex } from '../../src/core/hex.ts'

/** A consumer of the stream that believes only what it was told, and checks that it may. */
export class FoldedView {
  /** The canonical chain as told, oldest first. */
  readonly chain: BlockRef[] = []
  /** How often each pending transaction was told of. */
  readonly pending = new Map<Hex, number>()
  /** Of each reorg that was told of, how many blocks it retracted. */
  readonly depths: number[] = []

  /** A view after a restart: it has what was stored, the chain, and not what was in memory. */
  static resuming(before: FoldedView): FoldedView {
    const view = new FoldedView()
    view.chain.push(...before.chain)
    view.depths.push(...before.depths)
    return view
  }

  apply(event: ChainEvent): void {
    if (event.type === 'pending') {
      const { hash } = event.transaction
      this.pending.set(hash, (this.pending.get(hash) ?? 0) + 1)
      return
    }
    if (event.type === 'block') {
      const { number, hash, parentHash } = event.block
      const tip = this.chain.at(-1)
      if (tip) expect({ number, parentHash }).toEqual({ number: tip.number + 1n, parentHash: tip.hash })
      this.chain.push({ number, hash, parentHash })
      return
    }
    expect(event.truncated).toBeUndefined()
    expect(event.retracted.length).toBeGreaterThan(0)
    for (const retracted of event.retracted) expect(retracted).toEqual(this.chain.pop())
    if (this.chain.length > 0) expect(this.chain.at(-1)).toEqual(event.ancestor)
    this.depths.push(event.retracted.length)
  }
}
