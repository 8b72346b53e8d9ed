import { describe, expect, it } from 'vitest'
import { bumpFees, planFees } from './fees.ts'

const GWEI = 10n ** 9n
const seed = Number(process.env.SEED ?? 20_240_611)

/** mulberry32 */
function random(state: number) {
  let a = state
  return (limit: number) => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % limit
  }
}

const min = (a: bigint, b: bigint) => (a < b ? a : b)

describe('planFees', () => {
  it(`outbids at every base fee of later blocks, up to the cap (seed ${seed})`, () => {
    const next = random(seed)
    for (let round = 0; round < 2_000; round++) {
      const rivalTip = BigInt(next(300)) * GWEI
      const rival = { maxPriorityFeePerGas: rivalTip, maxFeePerGas: rivalTip + BigInt(next(300)) * GWEI }
      const fees = planFees({
        intent: { id: 'x', urgency: 'outbid', outbid: rival },
        baseFeePerGas: BigInt(next(100)) * GWEI,
        suggestedTip: BigInt(next(3)) * GWEI,
        cap: 10_000n * GWEI,
      })
      expect(fees.outbids).toBe(true)
      expect(fees.maxPriorityFeePerGas).toBeLessThanOrEqual(fees.maxFeePerGas)
      for (let later = 0; later < 5; later++) {
        const base = BigInt(next(400)) * GWEI
        if (base > rival.maxFeePerGas) continue
        const ours = min(fees.maxPriorityFeePerGas, fees.maxFeePerGas - base)
        expect(ours).toBeGreaterThan(min(rival.maxPriorityFeePerGas, rival.maxFeePerGas - base))
      }
    }
  })

  it('stays at the cap and says that it does not outbid', () => {
    const rival = { maxFeePerGas: 900n * GWEI, maxPriorityFeePerGas: 800n * GWEI }
    const intent = { id: 'x', urgency: 'outbid', outbid: rival } as const
    expect(planFees({ intent, baseFeePerGas: GWEI, suggestedTip: 0n, cap: 500n * GWEI })).toEqual({
      maxFeePerGas: 500n * GWEI,
      maxPriorityFeePerGas: 500n * GWEI,
      outbids: false,
    })
  })

  it('pays what the node suggests when nothing is to be outbid', () => {
    const intent = { id: 'x', urgency: 'normal' } as const
    expect(planFees({ intent, baseFeePerGas: 10n, suggestedTip: 3n, cap: 100n })).toEqual({
      maxFeePerGas: 23n,
      maxPriorityFeePerGas: 3n,
      outbids: true,
    })
  })

  it('refuses a cap below the base fee', () => {
    const intent = { id: 'x', urgency: 'normal' } as const
    expect(() => planFees({ intent, baseFeePerGas: 10n, suggestedTip: 3n, cap: 9n })).toThrowError(
      expect.objectContaining({ code: 'TRANSACTION_FAILED', retryable: true }),
    )
  })
})

describe('bumpFees', () => {
  it('raises both fees by more than ten per cent', () => {
    const fees = { maxFeePerGas: 100n, maxPriorityFeePerGas: 1n }
    expect(bumpFees(fees, fees, 1_000n)).toEqual({ maxFeePerGas: 113n, maxPriorityFeePerGas: 2n })
  })

  it('gives up where the cap leaves no room', () => {
    const fees = { maxFeePerGas: 100n, maxPriorityFeePerGas: 1n }
    expect(bumpFees(fees, fees, 112n)).toBeNull()
  })
})
