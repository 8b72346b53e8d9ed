import { describe, expect, it } from 'vitest'
import { address, word } from '../../../test/support/incident.ts'
import type { Step } from '../../chain/types.ts'
import type { Hex } from '../../core/hex.ts'
import { hasAmounts, scaleAmounts } from './scale-amounts.ts'

const block = {
  number: 1n,
  timestamp: 1_700_000_000n,
  baseFeePerGas: 0n,
  gasLimit: 30_000_000n,
  coinbase: address(0),
  prevRandao: word(0),
}
const step = (words: readonly Hex[], to: `0x${string}` | null = address(5)): Step => ({
  block,
  transaction: {
    from: address(1),
    to,
    data: `0xaabbccdd${words.map((item) => item.slice(2)).join('')}`,
    value: 10n,
    gas: 1n,
  },
})
const HALF = { times: 1n, over: 2n }

describe('halving amounts', () => {
  it('halves the value and what looks like an amount, and leaves the rest', () => {
    const big = `0x${'f'.repeat(64)}` as const
    const account = `0x${'0'.repeat(24)}${'ab'.repeat(20)}` as const
    const given = step([word(1_000_000), word(64), big, account, word(1_700_003_600)])
    const { transaction } = scaleAmounts(given, HALF)
    expect(transaction.value).toBe(5n)
    expect(transaction.data).toBe(
      step([word(500_000), word(64), big, account, word(1_700_003_600)]).transaction.data,
    )
  })
  it('leaves init code alone', () => {
    const given = step([word(1_000_000)], null)
    expect(scaleAmounts(given, HALF).transaction.data).toBe(given.transaction.data)
  })
  it('is no variant where there is nothing to halve', () => {
    const given = step([word(1)])
    expect(hasAmounts([{ ...given, transaction: { ...given.transaction, value: 0n } }])).toBe(false)
    expect(hasAmounts([given])).toBe(true)
  })
})
