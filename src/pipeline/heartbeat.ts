import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Rpc } from '../chain/types.ts'
import { messageOf } from '../core/errors.ts'
import type { Address, Hex } from '../core/hex.ts'
import type { Metrics } from '../core/metrics.ts'
import type { Sender } from '../execution/types.ts'
import { planHeartbeat } from '../governance/plan-heartbeat.ts'
import { type PauserState, readPauser } from '../governance/read-pauser.ts'

/** Where a signer is meant to be a pauser. */
export interface Post {
  readonly breaker: Address
  readonly target: Address
}

interface HeartbeatOptions {
  readonly rpc: Rpc
  readonly sender: Sender
  readonly chainId: number
  readonly pauser: Address
  readonly posts: readonly Post[]
  readonly logger: Logger
  readonly metrics: Pick<Metrics, 'pauserSilentAt'>
  readonly signal: AbortSignal
  /** Milliseconds between looks. */
  readonly everyMs?: number
}

/**
 * Keeps the signer's power to freeze: a Breaker stops listening to a pauser nobody has heard of for its heartbeat period. Half of it
 * may pass before a heartbeat is sent, so that an outage has the other half to be mended in. Tells what would make a freeze fail.
 * Ends when `signal` fires; failures are logged and tried again.
 */
export async function sendHeartbeats({ everyMs = 600_000, ...options }: HeartbeatOptions): Promise<void> {
  const { signal, logger } = options
  while (!signal.aborted) {
    for (const post of options.posts) {
      await attend(post, options).catch((error: unknown) =>
        logger.error({ ...post, reason: messageOf(error) }, 'the heartbeat failed'),
      )
    }
    await sleep(everyMs, undefined, { signal }).catch(() => undefined)
  }
}

async function attend(post: Post, options: HeartbeatOptions): Promise<void> {
  const { rpc, sender, chainId, pauser, logger, metrics, signal } = options
  const { breaker, target } = post
  const state = await readPauser(rpc, { ...post, pauser })
  const { timestamp } = await rpc.request<{ timestamp: Hex }>('eth_getBlockByNumber', ['latest', false])
  const now = BigInt(timestamp)
  metrics.pauserSilentAt.set({ contract: target }, state.budget === 0n ? 0 : Number(state.silentAfter))
  const trouble = troubleOf(state, now)
  if (trouble) logger.error({ ...post, pauser }, trouble)
  const half = (state.silentAfter + state.heardAt) / 2n
  if (state.budget === 0n || now > state.silentAfter || now < half) return
  const id = `heartbeat/${breaker}/${target}/${state.heardAt}`
  const call = planHeartbeat({ breaker, targets: [target] })
  await sender.submit({ ...call, id, chainId, value: 0n, urgency: 'normal' }, signal)
  logger.info({ ...post }, 'heartbeat sent')
}

function troubleOf({ budget, silentAfter, fuseEnd }: PauserState, now: bigint): string | null {
  if (budget === 0n) return 'the signer is no pauser of this contract: it cannot freeze it'
  if (now > silentAfter)
    return 'the Breaker has not heard of the signer for too long: the owner must re-arm it'
  if (fuseEnd !== 0n && now >= fuseEnd) return 'the fuse of the signer is blown: the owner must re-arm it'
  return null
}
