import { describe, expect, it } from 'vitest'
import { address } from '../../test/support/incident.ts'
import type { Execution } from '../chain/types.ts'
import { gainsOf, hasGained, paysLike } from './gain.ts'

const [THIEF, POOL, TOKEN] = [address(1), address(2), address(3)]

const moves = (from: typeof THIEF, to: typeof THIEF, amount: bigint): Execution['transfers'][number] => ({
  standard: 'erc20',
  token: TOKEN,
  from,
  to,
  amount,
  tokenId: null,
  frame: 0,
})
const execution = (change: Partial<Pick<Execution, 'transfers' | 'diff'>>): Execution =>
  ({ transfers: [], diff: {}, ...change }) as unknown as Execution
const gains = (...executions: Execution[]) => gainsOf(executions, new Set([THIEF]))
const map = (...entries: [string, bigint][]) => new Map<string, bigint>(entries)

describe('gainsOf', () => {
  it('adds up what came in and what went out, ether and tokens', () => {
    const spent = execution({ diff: { [THIEF]: { balance: { before: 10n, after: 4n }, storage: {} } } })
    const won = execution({ transfers: [moves(POOL, THIEF, 7n), moves(THIEF, POOL, 2n)] })
    expect(gains(spent, won)).toEqual(map([TOKEN, 5n], ['native', -6n]))
  })

  it('leaves out tokens of their own making', () => {
    const own = new Set([THIEF, TOKEN])
    expect(hasGained(gainsOf([execution({ transfers: [moves(POOL, THIEF, 7n)] })], own))).toBe(false)
  })

  it('leaves out what others moved among themselves', () => {
    expect(hasGained(gains(execution({ transfers: [moves(POOL, POOL, 7n)] })))).toBe(false)
  })
})

describe('paysLike', () => {
  const attack = map(['native', 100n], [TOKEN, 0n])
  it.each([
    ['as much', map(['native', 100n]), true],
    ['half of it', map(['native', 50n]), true],
    ['less than half', map(['native', 49n]), false],
    ['as much, for a deposit that stays behind', map(['native', 100n], [TOKEN, -1n]), false],
    ['nothing', map(), false],
  ] as const)('%s', (_, variant, expected) => expect(paysLike(variant, attack)).toBe(expected))

  it('may spend up to twice as much', () => {
    expect(paysLike(map(['native', 100n], [TOKEN, -20n]), map(['native', 100n], [TOKEN, -10n]))).toBe(true)
    expect(paysLike(map(['native', 100n], [TOKEN, -21n]), map(['native', 100n], [TOKEN, -10n]))).toBe(false)
  })
})
