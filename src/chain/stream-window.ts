import type { BlockRef } from './types.ts'

type Position = Pick<BlockRef, 'number' | 'hash'>

/** The last blocks the stream told of and did not take back, oldest first, each the parent of the next. */
export class BlockWindow {
  private readonly size: number
  private refs: readonly BlockRef[]
  /** Where the window goes on while it is empty. */
  private anchor: Position | null = null
  /** Whether blocks below the window were told of as well. */
  private cut: boolean

  constructor(size: number, resume: readonly BlockRef[] = []) {
    this.size = size
    this.refs = linkedSuffix(resume).slice(-size)
    this.cut = resume.length > 0
  }

  /** The block the next one must build on; null where any may be the first. */
  get tip(): Position | null {
    return this.refs.at(-1) ?? this.anchor
  }

  /** The block below the oldest one: on the same branch, though the window does not hold it. */
  get floor(): Position | null {
    const oldest = this.refs[0]
    return oldest ? { number: oldest.number - 1n, hash: oldest.parentHash } : this.anchor
  }

  /** Whether the stream told of blocks it no longer remembers. */
  get isCut(): boolean {
    return this.cut
  }

  /** Whether the block is on the window's branch, its floor included. */
  has({ number, hash }: Position): boolean {
    const { floor } = this
    if (floor === null || number < floor.number) return false
    const ref = number === floor.number ? floor : this.refs[Number(number - floor.number) - 1]
    return ref?.hash === hash
  }

  extend({ number, hash, parentHash }: BlockRef): void {
    const refs = [...this.refs, { number, hash, parentHash }]
    this.cut ||= refs.length > this.size
    this.refs = refs.slice(-this.size)
  }

  /** Takes away what stands above `base`, from where the window goes on, and gives it back, newest first. */
  retractTo(base: Position): BlockRef[] {
    const kept = this.refs.filter(({ number }) => number <= base.number)
    const retracted = this.refs.slice(kept.length).reverse()
    this.refs = kept
    this.anchor = { number: base.number, hash: base.hash }
    return retracted
  }
}

/** The newest blocks that really hang together, whatever order they were given in. */
function linkedSuffix(refs: readonly BlockRef[]): BlockRef[] {
  const newestFirst = [...refs].sort((a, b) => (a.number > b.number ? -1 : 1))
  const broken = newestFirst.findIndex((ref, index) => {
    const child = newestFirst[index - 1]
    return child !== undefined && (child.number !== ref.number + 1n || child.parentHash !== ref.hash)
  })
  return (broken === -1 ? newestFirst : newestFirst.slice(0, broken)).reverse()
}
