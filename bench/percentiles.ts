/** The middle and the slow end of some measurements. */
export interface Percentiles {
  readonly p50: number
  readonly p99: number
}

/** By nearest rank: with fewer than a hundred samples p99 is the largest. */
export function percentilesOf(samples: readonly number[]): Percentiles {
  const sorted = [...samples].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99) }
}
