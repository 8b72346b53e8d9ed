import type { Logger } from 'pino'
import { SutureError } from '../core/errors.ts'
import type { Hex } from '../core/hex.ts'
import type { Notify } from './stream-options.ts'
import { parseHash, parseTransaction } from './stream-schema.ts'
import type { RecentSet } from './stream-seen.ts'
import type { ChainTransaction, Rpc, RpcOutcome } from './types.ts'

export interface InboxSettings {
  readonly size: number
  readonly seen: RecentSet
  /** Resolves once the consumer has room for it. */
  readonly deliver: (transaction: ChainTransaction) => Promise<void>
  readonly notify: Notify
  readonly signal: AbortSignal
  readonly logger: Logger | undefined
}

/** An announcement that waits to be read. */
interface Announced {
  readonly hash: Hex
  /** Where the node announced the whole of it. */
  readonly transaction: ChainTransaction | null
  readonly tries: number
  /** Not to be asked for before (milliseconds). */
  readonly due: number
}

const AT_ONCE = 64
/** A node behind a balancer may not know yet what its neighbour announced: 100 + 200 + … + 1,600 ms. */
const MOST_TRIES = 6
const FIRST_RETRY_MS = 100

/** Announced pending transactions on their way to the consumer, each hash once, bounded. */
export class PendingInbox {
  private readonly rpc: Rpc
  private readonly settings: InboxSettings
  private items: Announced[] = []
  private dropped = 0

  constructor(rpc: Rpc, settings: InboxSettings) {
    this.rpc = rpc
    this.settings = settings
  }

  /** Takes an announcement, a hash or a whole transaction; false where it was known, malformed, or there was no room. */
  offer(value: unknown): boolean {
    const { seen, size } = this.settings
    try {
      const transaction = typeof value === 'string' ? null : parseTransaction(value)
      const hash = transaction?.hash ?? parseHash(value)
      if (seen.has(hash)) return false
      if (this.items.length >= size) {
        this.dropped += 1
        return false
      }
      seen.add(hash)
      this.items.push({ hash, transaction, tries: 0, due: 0 })
      return true
    } catch (error) {
      this.reject(value, error)
      return false
    }
  }

  /** Delivers a transaction of the pool, unless it was announced before. */
  async admit(value: unknown): Promise<boolean> {
    const transaction = this.read(value)
    if (!transaction || !this.settings.seen.add(transaction.hash)) return false
    await this.settings.deliver(transaction)
    return true
  }

  /** How many announcements found no room since the last call. */
  takeDropped(): number {
    const dropped = this.dropped
    this.dropped = 0
    return dropped
  }

  /** Milliseconds until something is to be asked for again; Infinity where nothing waits. */
  get dueInMs(): number {
    return Math.max(0, Math.min(...this.items.slice(0, AT_ONCE).map(({ due }) => due)) - Date.now())
  }

  /** Reads and delivers what is due. */
  async drain(): Promise<void> {
    for (;;) {
      const now = Date.now()
      const due = this.items.filter((item) => item.due <= now).slice(0, AT_ONCE)
      if (due.length === 0 || this.settings.signal.aborted) return
      const transactions = await this.hydrate(due)
      const taken = new Set(due)
      this.items = this.items.filter((item) => !taken.has(item))
      for (const [index, item] of due.entries()) {
        const transaction = transactions[index]
        if (transaction) await this.settings.deliver(transaction)
        else this.askLater(item)
      }
    }
  }

  /** In the order asked; null for what the node does not have (now). */
  private async hydrate(items: readonly Announced[]): Promise<(ChainTransaction | null)[]> {
    const bare = items.filter(({ transaction }) => transaction === null)
    const calls = bare.map(({ hash }) => ({ method: 'eth_getTransactionByHash', params: [hash] }))
    const outcomes = await this.rpc.batch(calls, { signal: this.settings.signal })
    const read = new Map(bare.map(({ hash }, index) => [hash, this.readOutcome(hash, outcomes[index])]))
    return items.map(({ hash, transaction }) => transaction ?? read.get(hash) ?? null)
  }

  private readOutcome(hash: Hex, outcome: RpcOutcome | undefined): ChainTransaction | null {
    if (!outcome?.ok || outcome.result === null) return null
    const transaction = this.read(outcome.result)
    return transaction?.hash === hash ? transaction : null
  }

  private askLater(item: Announced): void {
    const { seen, notify, logger } = this.settings
    const tries = item.tries + 1
    if (tries < MOST_TRIES) {
      this.items.push({ ...item, tries, due: Date.now() + FIRST_RETRY_MS * 2 ** item.tries })
      return
    }
    // Forgotten, so that it is told of if it comes back.
    seen.delete(item.hash)
    logger?.debug({ hash: item.hash }, 'announced transaction is not to be had')
    notify({ type: 'unavailable', hash: item.hash })
  }

  private read(value: unknown): ChainTransaction | null {
    try {
      return parseTransaction(value)
    } catch (error) {
      this.reject(value, error)
      return null
    }
  }

  private reject(value: unknown, error: unknown): void {
    if (!(error instanceof SutureError)) throw error
    const { hash } = Object(value) as { hash?: unknown }
    const named = typeof value === 'string' ? value : typeof hash === 'string' ? hash : 'unknown'
    this.settings.logger?.warn(
      { hash: named.slice(0, 66), meta: error.meta },
      'malformed pending transaction',
    )
    this.settings.notify({ type: 'unavailable', hash: named.slice(0, 66) })
  }
}
