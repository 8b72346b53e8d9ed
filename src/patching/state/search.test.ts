import { describe, expect, it } from 'vitest'
import { type Outcome, searchValues } from './search.ts'

/** A setter that allows `lowest` to `highest`, and an attack that is stopped by what `stops` says. */
const trying = (bounds: { lowest?: bigint; highest?: bigint }, stops: (value: bigint) => boolean) => {
  const { lowest = 0n, highest = (1n << 256n) - 1n } = bounds
  const tried: bigint[] = []
  return {
    tried,
    attempt: async (value: bigint): Promise<Outcome> => {
      tried.push(value)
      if (value < lowest || value > highest) return 'refused'
      return stops(value) ? 'effective' : 'ineffective'
    },
  }
}
const ANY = (1n << 256n) - 1n

describe('searchValues', () => {
  it('gives the lower values that help, the nearest to the present one first', async () => {
    const { attempt, tried } = trying({}, (value) => value <= 219n)
    const found = await searchValues({ present: 500n, highest: ANY }, attempt)
    expect(found[0]).toBeGreaterThan(190n)
    expect(found[0]).toBeLessThanOrEqual(219n)
    expect(found).toEqual([...found].sort((a, b) => Number(b - a)))
    expect(found.at(-1)).toBe(0n)
    expect(tried.length).toBeLessThanOrEqual(13)
  })

  it('finds the order of magnitude of a number far below', async () => {
    const { attempt } = trying({}, (value) => value <= 3n * 10n ** 18n)
    const found = await searchValues({ present: 10n ** 26n, highest: ANY }, attempt)
    expect(found[0]).toBeGreaterThan(5n * 10n ** 17n)
  })

  it('stays within what the setter allows, and goes as far as that', async () => {
    const { attempt } = trying({ lowest: 30n }, (value) => value <= 100n)
    const found = await searchValues({ present: 500n, highest: ANY }, attempt)
    expect(found[0]).toBeGreaterThan(80n)
    expect(found.at(-1)).toBeGreaterThanOrEqual(30n)
    expect(found.at(-1)).toBeLessThan(45n)
  })

  it('gives nothing where the setter refuses what would help', async () => {
    const { attempt } = trying({ lowest: 300n, highest: 600n }, (value) => value <= 219n)
    expect(await searchValues({ present: 500n, highest: ANY }, attempt)).toEqual([])
  })

  it('goes up where lowering does not help', async () => {
    const { attempt } = trying({ highest: 1_000n }, (value) => value >= 40n)
    const found = await searchValues({ present: 10n, highest: 10_000n }, attempt)
    expect(found[0]).toBeGreaterThanOrEqual(40n)
    expect(found[0]).toBeLessThan(120n)
  })

  it.each([0n, 1n])('turns a flag that is %s over', async (present) => {
    const { attempt } = trying({ highest: 1n }, (value) => value !== present)
    expect(await searchValues({ present, highest: 255n }, attempt)).toEqual([1n - present])
  })

  it('takes 1 for the lowest value where 0 means no limit', async () => {
    const { attempt } = trying({}, (value) => value > 0n && value < 8n)
    const found = await searchValues({ present: 100n, highest: ANY }, attempt)
    expect(found[0]).toBeGreaterThan(3n)
    expect(found.at(-1)).toBe(1n)
  })
})
