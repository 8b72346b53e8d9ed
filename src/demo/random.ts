/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** 0 or more, less than 1. */
  next(): number
  /** One of the items. */
  pick<T>(items: readonly T[]): T
  /** A part of `amount`, between `low` and `high` of it (0 to 1). */
  share(amount: bigint, low: number, high: number): bigint
}

const PRECISION = 1_000_000

/** Mulberry32: small, and good enough to make users differ. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    pick: (items) => items[Math.floor(next() * items.length)]!,
    share: (amount, low, high) =>
      (amount * BigInt(Math.floor((low + next() * (high - low)) * PRECISION))) / BigInt(PRECISION),
  }
}
