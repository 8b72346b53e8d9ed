import type { Rpc } from '../chain/types.ts'
import type { Address } from '../core/hex.ts'
import { dollarAbi } from '../generated/demo.ts'
import type { Deployment } from './deploy.ts'
import { atLeastZero, claimViews } from './positions.ts'
import { readEther, readNumbers } from './read.ts'
import { MILLION } from './strategies.ts'

/** What users' claims exceed what is there to pay them with: what they lost. Never negative. */
export interface Shortfall {
  /** Wei of collateral missing in the pool. */
  readonly ether: bigint
  /** Dollars missing in the reserve, six decimals. */
  readonly dollars: bigint
}

interface Books {
  readonly owed: Shortfall
  readonly held: Shortfall
}

/**
 * Measures what users lost, from balances on chain after `block`: the sum of what the contracts owe them against what the contracts hold.
 * Exact for these two contracts, which earn nothing on collateral and savings.
 */
export async function measureShortfall(
  rpc: Rpc,
  deployment: Deployment,
  { users, block }: { readonly users: readonly Address[]; readonly block: bigint },
): Promise<Shortfall> {
  const { owed, held } = await readBooks(rpc, deployment, { users, block })
  return {
    ether: atLeastZero(owed.ether - held.ether),
    dollars: atLeastZero(owed.dollars - held.dollars),
  }
}

/** The part of the savings owed to users that is there, in parts of a million. */
export async function readRecovery(
  rpc: Rpc,
  deployment: Deployment,
  users: readonly Address[],
): Promise<bigint> {
  const { owed, held } = await readBooks(rpc, deployment, { users, block: 'latest' })
  return owed.dollars > held.dollars ? (held.dollars * MILLION) / owed.dollars : MILLION
}

async function readBooks(
  rpc: Rpc,
  deployment: Deployment,
  { users, block }: { readonly users: readonly Address[]; readonly block: bigint | 'latest' },
): Promise<Books> {
  const { pool, reserve, dollar } = deployment
  const views = users.map((user) => claimViews(deployment, user))
  const balance = { address: dollar, abi: dollarAbi, name: 'balanceOf', args: [reserve] }
  const [saved, ...numbers] = await readNumbers(rpc, [balance, ...views.flat()], block)
  const perUser = views[0]!.length
  let ether = 0n
  let dollars = 0n
  for (let at = 0; at < numbers.length; at += perUser) {
    ether += numbers[at]!
    dollars += numbers[at + 3]! - numbers[at + 4]!
  }
  return { owed: { ether, dollars }, held: { ether: await readEther(rpc, pool, block), dollars: saved! } }
}
