import type { Logger } from 'pino'
import type { BlockRef } from './types.ts'

export interface StreamOptions {
  /** Ends the stream. */
  readonly signal?: AbortSignal
  /** The first block to tell of; the node's head when absent. Without effect where `resume` is given. */
  readonly from?: bigint
  /** The last blocks that were told of and dealt with, in any order: the stream goes on behind them, and notices if they were replaced. */
  readonly resume?: readonly BlockRef[]
  /** Milliseconds between polls where the node cannot push; default 500. */
  readonly pollMs?: number
  /** Milliseconds between checks that a subscription has not gone deaf; default 2,000. */
  readonly livenessMs?: number
  /** How many blocks must stand on a block before it is told of; default 0. */
  readonly confirmations?: number
  /** How many blocks are remembered: a deeper reorg is told of as `truncated`. Default 256. */
  readonly windowSize?: number
  /** Whether pending transactions are told of; default true. */
  readonly pending?: boolean
  /** How many hashes of pending transactions are remembered, so that none is told of twice; default 100,000. */
  readonly rememberPending?: number
  /** Events that wait for the consumer before producers have to wait; default 64 blocks and 4,096 pending transactions. */
  readonly queue?: { readonly blocks?: number; readonly pending?: number }
  /** Announced pending transactions that wait to be read; beyond it they are left to be found in the pool. Default 20,000. */
  readonly inboxSize?: number
  readonly logger?: Logger
  /** Told of everything that delays or costs events: for metrics. */
  readonly onNotice?: (notice: StreamNotice) => void
}

export type StreamNotice =
  /** The consumer was too slow: a producer had to wait. */
  | { readonly type: 'blocked'; readonly queue: 'blocks' | 'pending'; readonly milliseconds: number }
  /** More pending transactions were announced than can be kept; the pool will be read for them. */
  | { readonly type: 'overflow'; readonly dropped: number }
  /** A pending transaction was announced, but the node would not give it: replaced, dropped, or malformed. */
  | { readonly type: 'unavailable'; readonly hash: string }
  /** The node could not be read; the stream tries again. */
  | { readonly type: 'stalled'; readonly part: 'blocks' | 'pending'; readonly code: string }
  /** A subscription was silent while the chain moved, and was begun anew. */
  | { readonly type: 'deaf'; readonly part: 'blocks' | 'pending' }
  /** The pool was read: `found` transactions had not been announced. */
  | { readonly type: 'pool'; readonly found: number }

export type Notify = (notice: StreamNotice) => void
