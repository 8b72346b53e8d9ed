import { SutureError } from '../core/errors.ts'
import { PendingFilter } from './stream-filter.ts'
import { type InboxSettings, PendingInbox } from './stream-inbox.ts'
import { readPool } from './stream-pool.ts'
import { keepSubscribed } from './stream-subscription.ts'
import { Wake } from './stream-wake.ts'
import type { Rpc } from './types.ts'

export interface PendingSettings extends InboxSettings {
  readonly pollMs: number
  readonly livenessMs: number
}

const LONGEST_PAUSE_MS = 5_000
/** How often the pool is read where a subscription stands but no filter can vouch for it. */
const POOL_EVERY_MS = 30_000
/** The filter may be just ahead of the subscription; not three times in a row without a word from it. */
const DEAF_AFTER_POLLS = 3

/**
 * Delivers pending transactions, each hash once. A subscription announces them where the node can push; a filter is polled besides
 * (seldom) or instead (often); whenever both may have missed something (at the start, after a loss or an overflow) or the node has
 * no filters, the pool itself is read. A transaction that is mined before its content could be read is delivered all the same.
 */
export async function watchPending(rpc: Rpc, settings: PendingSettings): Promise<void> {
  const { pollMs, livenessMs, notify, signal, logger } = settings
  const wake = new Wake()
  const inbox = new PendingInbox(rpc, settings)
  let poolDue = 0
  let heard = false
  let silentPolls = 0
  let filterDue = 0

  const readPoolSoon = () => {
    poolDue = 0
    wake.call()
  }
  const filter = new PendingFilter(rpc, readPoolSoon, logger)
  const subscription = keepSubscribed(rpc, {
    variants: [['newPendingTransactions', true], ['newPendingTransactions']],
    onResult: (result) => {
      heard = true
      if (inbox.offer(result)) wake.call()
    },
    onUp: readPoolSoon,
    onDown: () => {
      filterDue = 0
      wake.call()
    },
    signal,
    logger,
  })

  async function pollFilter(): Promise<void> {
    if (filterDue > Date.now()) return
    filterDue = Date.now() + (subscription.live ? livenessMs : pollMs)
    const changes = await filter.poll(signal)
    const fresh = changes.filter((change) => inbox.offer(change)).length
    silentPolls = heard ? 0 : silentPolls + (fresh > 0 ? 1 : 0)
    heard = false
    if (silentPolls < DEAF_AFTER_POLLS || !subscription.live) return
    silentPolls = 0
    logger?.warn('subscription to pending transactions is silent while the pool moves')
    notify({ type: 'deaf', part: 'pending' })
    subscription.renew()
  }

  function noticeOverflow(): void {
    const dropped = inbox.takeDropped()
    if (dropped === 0) return
    logger?.warn({ dropped }, 'too many pending transactions at once: the pool will be read')
    notify({ type: 'overflow', dropped })
    poolDue = 0
  }

  async function recover(): Promise<void> {
    if (poolDue > Date.now()) return
    const pool = await readPool(rpc, signal, logger)
    poolDue = Date.now() + poolEveryMs()
    let found = 0
    for (const value of pool ?? []) if (await inbox.admit(value)) found += 1
    if (pool) notify({ type: 'pool', found })
  }

  function poolEveryMs(): number {
    if (filter.works) return Number.POSITIVE_INFINITY
    return subscription.live ? POOL_EVERY_MS : pollMs
  }

  async function turn(): Promise<void> {
    await pollFilter()
    await inbox.drain()
    noticeOverflow()
    await recover()
  }

  let failures = 0
  while (!signal.aborted) {
    try {
      await turn()
      failures = 0
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof SutureError) || error.code === 'CHAIN_MISMATCH') throw error
      failures += 1
      logger?.warn({ code: error.code, failures }, 'pending transactions cannot be read')
      notify({ type: 'stalled', part: 'pending', code: error.code })
    }
    const next = Math.min(filterDue - Date.now(), inbox.dueInMs)
    const pause = failures > 0 ? Math.min(pollMs * 2 ** failures, LONGEST_PAUSE_MS) : Math.max(next, 1)
    await wake.wait(pause, signal)
  }
}
