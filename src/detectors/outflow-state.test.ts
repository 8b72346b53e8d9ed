import { describe, expect, it } from 'vitest'
import { foldOutflow, foldWindow, rebase, usualShare, windowAt } from './outflow-state.ts'

describe('foldOutflow', () => {
  it('lets one transaction at most double what counts as usual', () => {
    const first = foldOutflow(undefined, { amount: 100n, share: 0.01 })
    const poisoned = foldOutflow(first, { amount: 1_000_000n, share: 0.9 })
    expect(poisoned.largest).toBe('200')
  })

  it('keeps quantiles that one large outflow does not move', () => {
    let profile = foldOutflow(undefined, { amount: 1n, share: 0.01 })
    for (let i = 0; i < 99; i++) profile = foldOutflow(profile, { amount: 1n, share: 0.01 })
    const before = usualShare(profile, 0.9)
    expect(usualShare(foldOutflow(profile, { amount: 1n, share: 1 }), 0.9)).toBe(before)
  })

  it('survives JSON', () => {
    const profile = foldOutflow(undefined, { amount: 2n ** 200n, share: 0.3 })
    expect(JSON.parse(JSON.stringify(profile))).toEqual(profile)
  })
})

describe('the window', () => {
  const empty = windowAt(undefined, 100n)

  it('adds up small outflows against what it began with', () => {
    const one = foldWindow(empty, { token: 't', before: 100n, net: 10n })
    const two = foldWindow(one, { token: 't', before: 90n, net: 10n })
    expect(two.tokens.t).toEqual({ base: '100', net: '20' })
  })

  it('counts a balance that fell in between without a transfer', () => {
    const one = foldWindow(empty, { token: 't', before: 100n, net: 0n })
    const two = foldWindow(one, { token: 't', before: 5n, net: 1n })
    expect(two.tokens.t).toEqual({ base: '100', net: '96' })
  })

  it('begins anew when its blocks are over, after a reorg, and for what was rightly paid', () => {
    const used = foldWindow(empty, { token: 't', before: 100n, net: 40n })
    expect(windowAt(used, 109n)).toBe(used)
    expect(windowAt(used, 110n).tokens).toEqual({})
    expect(windowAt(used, 99n).tokens).toEqual({})
    expect(rebase(used).tokens.t).toEqual({ base: '60', net: '0' })
  })
})
