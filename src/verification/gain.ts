import type { Execution } from '../chain/types.ts'
import type { Address } from '../core/hex.ts'

const NATIVE = 'native'

/**
 * What accounts, taken together, have more of at the end of a sequence than before: ether, and tokens by their transfers. Negative for what
 * they spent. A token that is one of the accounts is their own make and worth nothing; without this an attack could be told from every
 * relative of it by what it pays itself.
 *
 * Failure modes: a token that moves balances without an event gives nothing that is seen here; one of their own that was there before counts.
 */
export function gainsOf(
  executions: readonly Execution[],
  accounts: ReadonlySet<Address>,
): ReadonlyMap<string, bigint> {
  return tokenGains(executions, accounts).set(NATIVE, nativeGain(executions, accounts))
}

export const hasGained = (gains: ReadonlyMap<string, bigint>): boolean =>
  [...gains.values()].some((gain) => gain > 0n)

/** Whether one sequence pays its makers about as well as another: at least half of everything won, at most twice of everything spent. */
export function paysLike(gains: ReadonlyMap<string, bigint>, other: ReadonlyMap<string, bigint>): boolean {
  return [...new Set([...gains.keys(), ...other.keys()])].every((token) => {
    const [own, wanted] = [gains.get(token) ?? 0n, other.get(token) ?? 0n]
    return wanted > 0n ? own * 2n >= wanted : own >= wanted * 2n
  })
}

function nativeGain(executions: readonly Execution[], accounts: ReadonlySet<Address>): bigint {
  let gain = 0n
  for (const account of accounts) {
    const changes = executions.flatMap(({ diff }) => diff[account]?.balance ?? [])
    for (const { before, after } of changes) gain += after - before
  }
  return gain
}

function tokenGains(executions: readonly Execution[], accounts: ReadonlySet<Address>): Map<string, bigint> {
  const gains = new Map<string, bigint>()
  for (const { transfers } of executions) {
    for (const { token, from, to, amount } of transfers) {
      if (token === NATIVE || accounts.has(token)) continue
      const change = (accounts.has(to) ? amount : 0n) - (accounts.has(from) ? amount : 0n)
      gains.set(token, (gains.get(token) ?? 0n) + change)
    }
  }
  return gains
}
