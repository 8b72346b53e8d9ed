import type { Logger } from 'pino'
import { RpcError } from '../core/rpc-error.ts'
import { parseBlockRef, parsePendingBlock, parsePool } from './stream-schema.ts'
import type { Rpc } from './types.ts'

/**
 * The transactions waiting on the node, unread: `txpool_content` where the node has it, else the pending block, which shows only
 * the ones that would be mined next. null where it has neither.
 */
export async function readPool(
  rpc: Rpc,
  signal: AbortSignal,
  logger?: Logger,
): Promise<readonly unknown[] | null> {
  const pool = await unlessRefused(() => rpc.request('txpool_content', [], { signal }))
  if (pool !== undefined) return parsePool(pool)
  const pending = await unlessRefused(() =>
    rpc.request('eth_getBlockByNumber', ['pending', true], { signal }),
  )
  if (pending !== undefined && pending !== null) {
    const { hash, transactions } = parsePendingBlock(pending)
    const latest = parseBlockRef(await rpc.request('eth_getBlockByNumber', ['latest', false], { signal }))
    // Nodes that build no blocks answer with the latest one.
    return hash === latest.hash ? [] : transactions
  }
  logger?.warn('the node shows no pool: pending transactions announced during an outage stay unseen')
  return null
}

/** undefined where the node will never answer this. */
async function unlessRefused(ask: () => Promise<unknown>): Promise<unknown> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof RpcError && !error.retryable) return undefined
    throw error
  }
}
