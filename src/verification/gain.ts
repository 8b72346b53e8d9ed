import type { Execution } from '../chain/types.ts'
import type { Address } from '../core/hex.ts'

/**
 * Whether accounts, taken together, have more of something at the end of a sequence than before: ether, or a token by its transfers.
 *
 * Failure mode: a token that moves balances without an event gives nothing that is seen here.
 */
export function hasGained(executions: readonly Execution[], accounts: ReadonlySet<Address>): boolean {
  return (
    nativeGain(executions, accounts) > 0n ||
    [...tokenGains(executions, accounts).values()].some((gain) => gain > 0n)
  )
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
    for (const { standard, token, from, to, amount } of transfers) {
      if (standard === 'native') continue
      const change = (accounts.has(to) ? amount : 0n) - (accounts.has(from) ? amount : 0n)
      gains.set(token, (gains.get(token) ?? 0n) + change)
    }
  }
  return gains
}
