import { createRandom as createNumbers } from '../../src/demo/random.ts'

export interface Random {
  /** In [0, 1). */
  next(): number
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number
  chance(probability: number): boolean
}

/** Numbers that look random and are the same for the same seed. */
export function createRandom(seed: number): Random {
  const { next } = createNumbers(seed)
  return {
    next,
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: (probability) => next() < probability,
  }
}

/** The same as a plain function. */
export function seededRandom(seed: number): () => number {
  return createRandom(seed).next
}
