import { describe, expect, it } from 'vitest'
import { NO_HARM, remainingHarm, sharedHarm } from './harm.ts'
import type { Harm } from './types.ts'

const harm = (change: Partial<Harm>): Harm => ({ ...NO_HARM, ...change })
const lost = (amount: bigint, key = 'token/victim') => harm({ losses: new Map([[key, amount]]) })

describe('what is left of an attack', () => {
  it('is nothing at one per cent of a loss, and something above', () => {
    expect(remainingHarm(lost(10_000n), lost(100n))).toBeNull()
    expect(remainingHarm(lost(10_000n), lost(101n))).toBe('token/victim: 101 of 10000 lost')
  })
  it('does not count losses the attack did not cause', () => {
    expect(remainingHarm(lost(10_000n), lost(9_000n, 'token/somebody'))).toBeNull()
  })
  it('is a variable that names the attacker, even when nothing was taken', () => {
    const captured = new Set(['vault/0x00'])
    expect(remainingHarm(harm({ ...lost(5n), captured }), harm({ captured }))).toBe(
      'vault/0x00 names the attacker',
    )
  })
  it('is a token minted out of nothing where nobody lost anything', () => {
    const minted = harm({ minted: new Map([['token/0x0', 50n]]) })
    expect(remainingHarm(minted, minted)).toBe('token/0x0: 50 of 50 minted')
    expect(remainingHarm(minted, NO_HARM)).toBeNull()
  })
  it('is any changed slot where the attack did nothing else', () => {
    const changed = harm({ changed: new Map([['vault/0x07', '0x01']]) })
    expect(remainingHarm(changed, changed)).toBe('vault/0x07 is changed')
    expect(remainingHarm(harm({ ...changed, losses: new Map([['token/victim', 1n]]) }), changed)).toBeNull()
  })
})

describe('a variant', () => {
  it('shares only what the attack harmed too, and dust is not harm', () => {
    expect(sharedHarm(lost(10_000n), lost(100n)).losses.size).toBe(0)
    expect(sharedHarm(lost(10_000n), lost(5_000n)).losses.size).toBe(1)
    expect(sharedHarm(lost(10_000n), lost(5_000n, 'token/somebody')).losses.size).toBe(0)
  })
})
