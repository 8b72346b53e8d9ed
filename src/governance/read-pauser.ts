import type { Rpc } from '../chain/types.ts'
import type { Address } from '../core/hex.ts'
import { breakerAbi } from '../generated/contracts.ts'
import { readView } from './read-view.ts'

interface PauserRef {
  readonly breaker: Address
  readonly target: Address
  readonly pauser: Address
}

/** What a Breaker knows of a pauser. Times in seconds since the epoch, durations in seconds. */
export interface PauserState {
  /** How long its freezes may last, counted from the first; 0n when it is no pauser of the target. */
  readonly budget: bigint
  readonly heardAt: bigint
  /** After this moment it can do nothing until the owner re-arms it, unless it is heard of before. */
  readonly silentAfter: bigint
  /** When its freezes end at the latest; 0n while the fuse is armed. */
  readonly fuseEnd: bigint
}

/**
 * A pauser's standing at the latest block.
 *
 * @throws RPC_RESPONSE_INVALID when there is no Breaker at the address.
 */
export async function readPauser(rpc: Rpc, { breaker, target, pauser }: PauserRef): Promise<PauserState> {
  const at = { abi: breakerAbi, address: breaker, what: 'a Breaker' } as const
  const [state, period] = await Promise.all([
    readView(rpc, at, 'pauserOf', [target, pauser]),
    readView(rpc, at, 'heartbeatPeriod', []),
  ])
  const heardAt = BigInt(state.heardAt)
  return {
    budget: BigInt(state.budget),
    heardAt,
    silentAfter: heardAt + period,
    fuseEnd: BigInt(state.fuseEnd),
  }
}
