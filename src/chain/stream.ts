import { setMaxListeners } from 'node:events'
import { followHeads } from './stream-heads.ts'
import type { StreamOptions } from './stream-options.ts'
import { watchPending } from './stream-pending.ts'
import { EventQueue } from './stream-queue.ts'
import { RecentSet } from './stream-seen.ts'
import { BlockWindow } from './stream-window.ts'
import type { ChainEvent, Rpc } from './types.ts'

/**
 * What happens on the chain, from the first `next()` on until `signal` fires or the consumer stops.
 *
 * Each block comes once per canonical position, in order, with its full transactions; a block that stops being canonical is
 * retracted before its replacement comes. Each pending transaction the node knows of comes once. Outages are made up for: blocks
 * from the last one told of, pending transactions from the node's pool. A slow consumer makes the stream wait, and `onNotice`
 * says so; announcements of pending transactions beyond what can be kept meanwhile are found again in the pool.
 *
 * To go on after a restart, hand in as `resume` the last blocks that were dealt with (as many as a reorg may be deep).
 *
 * @throws SutureError `CHAIN_MISMATCH` at once, `RPC_RESPONSE_INVALID` and `RPC_ERROR` when the node persists in it; an
 * unreachable node is waited for.
 * @example
 * for await (const event of streamEvents(rpc, { signal })) {
 *   if (event.type === 'block') console.log(event.block.number)
 * }
 */
export async function* streamEvents(rpc: Rpc, options: StreamOptions = {}): AsyncGenerator<ChainEvent, void> {
  const { pollMs = 500, livenessMs = 2_000, windowSize = 256, logger, onNotice: notify = () => {} } = options
  const controller = new AbortController()
  const { signal } = controller
  // One listener per request under way.
  setMaxListeners(0, signal)
  const queue = new EventQueue({
    blocks: options.queue?.blocks ?? 64,
    pending: options.queue?.pending ?? 4_096,
    onBlocked: (sample) => {
      logger?.warn(sample, 'the consumer of the stream is too slow')
      notify({ type: 'blocked', ...sample })
    },
  })
  const end = () => {
    controller.abort()
    queue.end()
  }
  options.signal?.addEventListener('abort', end, { once: true })
  if (options.signal?.aborted) end()

  const common = { pollMs, livenessMs, notify, signal, logger }
  const heads = followHeads(rpc, {
    ...common,
    window: new BlockWindow(windowSize, options.resume),
    from: options.from,
    confirmations: BigInt(options.confirmations ?? 0),
    deliver: (event) => queue.push(event),
  })
  const pending =
    options.pending === false
      ? Promise.resolve()
      : watchPending(rpc, {
          ...common,
          size: options.inboxSize ?? 20_000,
          seen: new RecentSet(options.rememberPending ?? 100_000),
          deliver: (transaction) => queue.push({ type: 'pending', transaction }),
        })
  const producers = [heads, pending].map((producer) => producer.catch((error) => queue.fail(error)))

  try {
    for (let event = await queue.take(); event; event = await queue.take()) yield event
  } finally {
    options.signal?.removeEventListener('abort', end)
    end()
    await Promise.all(producers)
  }
}
