import type { Logger } from 'pino'
import { SutureError } from '../core/errors.ts'
import { catchUp } from './stream-blocks.ts'
import type { Notify } from './stream-options.ts'
import { parseBlockRef } from './stream-schema.ts'
import { keepSubscribed } from './stream-subscription.ts'
import { Wake } from './stream-wake.ts'
import type { BlockWindow } from './stream-window.ts'
import type { BlockRef, ChainEvent, Rpc } from './types.ts'

export interface HeadsSettings {
  readonly window: BlockWindow
  readonly from: bigint | undefined
  readonly confirmations: bigint
  readonly pollMs: number
  readonly livenessMs: number
  readonly deliver: (event: ChainEvent) => Promise<void>
  readonly notify: Notify
  readonly signal: AbortSignal
  readonly logger: Logger | undefined
}

const LONGEST_PAUSE_MS = 5_000
/** A node that answers nonsense this often in a row will not stop. */
const MOST_NONSENSE = 10
/** The poll may be just ahead of the notification once; not three times in a row. */
const DEAF_AFTER_POLLS = 3

/**
 * Delivers blocks and reorgs. Polls, and does so at once when a subscription announces a head: an announcement saves time, and
 * nothing is lost without it.
 */
export async function followHeads(rpc: Rpc, settings: HeadsSettings): Promise<void> {
  const { pollMs, livenessMs, deliver, notify, signal, logger } = settings
  const wake = new Wake()
  let hint: BlockRef | null = null
  let ahead = 0
  let failures = 0

  const subscription = keepSubscribed(rpc, {
    variants: [['newHeads']],
    onResult: (result) => {
      hint = headOf(result)
      ahead = 0
      wake.call()
    },
    onUp: () => wake.call(),
    onDown: () => wake.call(),
    signal,
    logger,
  })

  async function turn(announced: boolean): Promise<void> {
    const settingsNow = { ...settings, hint }
    hint = null
    let told = 0
    for await (const event of catchUp(rpc, settingsNow)) {
      told += 1
      await deliver(event)
    }
    if (told > 0 && !announced && subscription.live) ahead += 1
    if (ahead < DEAF_AFTER_POLLS) return
    ahead = 0
    logger?.warn('subscription to new heads is silent while the chain moves')
    notify({ type: 'deaf', part: 'blocks' })
    subscription.renew()
  }

  let announced = false
  while (!signal.aborted) {
    try {
      await turn(announced)
      failures = 0
    } catch (error) {
      if (signal.aborted) return
      failures += 1
      if (!canGoOn(error, failures)) throw error
      logger?.warn({ code: error.code, meta: error.meta, failures }, 'blocks cannot be read')
      notify({ type: 'stalled', part: 'blocks', code: error.code })
    }
    const usual = subscription.live ? livenessMs : pollMs
    const pause = failures > 0 ? Math.min(pollMs * 2 ** failures, LONGEST_PAUSE_MS) : usual
    announced = await wake.wait(pause, signal)
  }
}

/** An unreachable node may come back; a wrong chain, or nonsense again and again, calls for a human. */
function canGoOn(error: unknown, failures: number): error is SutureError {
  if (!(error instanceof SutureError) || error.code === 'CHAIN_MISMATCH') return false
  return error.code === 'RPC_UNREACHABLE' || error.retryable || failures < MOST_NONSENSE
}

/** A malformed announcement is no worse than none. */
function headOf(result: unknown): BlockRef | null {
  try {
    return parseBlockRef(result)
  } catch {
    return null
  }
}
