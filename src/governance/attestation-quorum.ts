import type { Rpc } from '../chain/types.ts'
import { type Address, type Hex, toAddress } from '../core/hex.ts'
import { sentinelQuorumAbi } from '../generated/contracts.ts'
import { readView } from './read-view.ts'

/** An admitted watcher. */
export interface Watcher {
  readonly watcher: Address
  /** What is at stake, in wei. */
  readonly bond: bigint
  /** When the bond may be withdrawn, in seconds since the epoch; 0n while its watcher has not left. */
  readonly withdrawableAt: bigint
  /** Whether it counts now. */
  readonly active: boolean
}

/** What a SentinelQuorum is made of. */
export interface SentinelQuorumState {
  readonly address: Address
  readonly owner: Address
  readonly breaker: Address
  /** How many active watchers it takes. */
  readonly quorum: number
  /** Wei. */
  readonly minBond: bigint
  /** Seconds. */
  readonly unbondingPeriod: bigint
  /** Admitted, active or not; ascending. */
  readonly watchers: readonly Watcher[]
  /** The chain's clock when it was read, in seconds since the epoch. */
  readonly now: bigint
}

const at = (address: Address) => ({ abi: sentinelQuorumAbi, address, what: 'a SentinelQuorum' }) as const

/**
 * Reads who watches and who counts, at the latest block.
 *
 * @throws RPC_RESPONSE_INVALID when there is no SentinelQuorum at the address.
 */
export async function readSentinelQuorum(rpc: Rpc, address: Address): Promise<SentinelQuorumState> {
  const [quorum, owner, breaker, minBond, unbondingPeriod, admitted, block] = await Promise.all([
    readView(rpc, at(address), 'quorum', []),
    readView(rpc, at(address), 'owner', []),
    readView(rpc, at(address), 'breaker', []),
    readView(rpc, at(address), 'minBond', []),
    readView(rpc, at(address), 'unbondingPeriod', []),
    readView(rpc, at(address), 'watchers', []),
    rpc.request<{ timestamp: Hex }>('eth_getBlockByNumber', ['latest', false]),
  ])
  const watchers = await Promise.all(
    admitted
      .map(toAddress)
      .sort()
      .map((watcher) => readWatcher(rpc, address, watcher)),
  )
  return {
    address,
    owner: toAddress(owner),
    breaker: toAddress(breaker),
    quorum: Number(quorum),
    minBond,
    unbondingPeriod,
    watchers,
    now: BigInt(block.timestamp),
  }
}

async function readWatcher(rpc: Rpc, address: Address, watcher: Address): Promise<Watcher> {
  const [{ amount, withdrawableAt }, active] = await Promise.all([
    readView(rpc, at(address), 'bondOf', [watcher]),
    readView(rpc, at(address), 'isActive', [watcher]),
  ])
  return { watcher, bond: amount, withdrawableAt: BigInt(withdrawableAt), active }
}
