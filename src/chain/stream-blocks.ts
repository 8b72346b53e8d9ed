import type { Logger } from 'pino'
import { SutureError } from '../core/errors.ts'
import { toQuantity } from '../core/hex.ts'
import { parseBlock, parseBlockRef } from './stream-schema.ts'
import type { BlockWindow } from './stream-window.ts'
import type { Block, BlockRef, ChainEvent, Rpc } from './types.ts'

export interface CatchUp {
  readonly window: BlockWindow
  /** The block to begin with where the window is empty; the head when absent. */
  readonly from: bigint | undefined
  /** How many blocks must stand on a block before it is told of. */
  readonly confirmations: bigint
  /** A head the node announced: saves a request where it is the next block. */
  readonly hint: BlockRef | null
  readonly signal: AbortSignal
  readonly logger: Logger | undefined
}

/** Blocks fetched in one request when many are missing: a few megabytes on mainnet. */
const AT_ONCE = 8n

/**
 * What has to be told so that the window ends at the node's head: new blocks in order, and a reorg where the node's branch is
 * not the window's. The window is moved on before each event. Announcements are hints only; what counts is that each block names
 * the one before it, so that late, doubled or lost announcements cannot do harm.
 *
 * A head below the window's tip that is part of the window is taken for a node that lags behind, not for a reorg: a chain that
 * merely got shorter is noticed with its first block that differs.
 */
export async function* catchUp(rpc: Rpc, settings: CatchUp): AsyncGenerator<ChainEvent> {
  const { window, hint, signal } = settings
  if (hint && hint.parentHash === window.tip?.hash && settings.confirmations === 0n) {
    const block = await blockByHash(rpc, hint.hash, signal)
    if (block && continues(window, block)) yield tell(window, block)
  }
  for (;;) {
    const head = await readHead(rpc, settings)
    const next = nextNumber(settings, head)
    if (!head || next === null || isBehind(window, head)) return
    const blocks = next > head.number ? [head] : await blocksFrom(rpc, next, head.number, signal)
    // The head was there a moment ago: the node (or the one that took over) is behind, or its chain got shorter.
    if (blocks.length === 0) return
    for (const block of blocks) {
      if (continues(window, block)) {
        yield tell(window, block)
        continue
      }
      const reorg = await retract(rpc, settings, block)
      if (reorg) yield reorg
      break
    }
  }
}

/** A head on the window's branch is old news; one below the window cannot be judged. */
function isBehind(window: BlockWindow, head: BlockRef): boolean {
  return window.has(head) || (window.floor !== null && head.number < window.floor.number)
}

/** A bare reference is a head that is not above the window's tip: it never continues it. */
function continues(window: BlockWindow, block: Block | BlockRef): block is Block {
  return 'transactions' in block && (window.tip === null || block.parentHash === window.tip.hash)
}

function tell(window: BlockWindow, block: Block): ChainEvent {
  window.extend(block)
  return { type: 'block', block }
}

/** null: nothing to tell yet. */
function nextNumber({ window, from }: CatchUp, head: BlockRef | null): bigint | null {
  if (window.tip) return window.tip.number + 1n
  if (head === null || (from !== undefined && from > head.number)) return null
  return from ?? head.number
}

/**
 * Walks from `other`, a block of another branch, back to the window, and takes away what is no longer canonical. null where
 * nothing that was told of is concerned.
 */
async function retract(rpc: Rpc, settings: CatchUp, other: BlockRef): Promise<ChainEvent | null> {
  const { window, logger, signal } = settings
  const floor = window.floor!
  let cursor = other
  while (cursor.number > floor.number && !window.has(cursor)) cursor = await parentOf(rpc, cursor, signal)
  const { number, hash, parentHash } = cursor
  const truncated = window.isCut && !window.has(cursor)
  const retracted = window.retractTo(cursor)
  if (retracted.length === 0 && !truncated) return null
  const told = { depth: retracted.length, ancestor: String(number) }
  if (truncated) logger?.error(told, 'reorg deeper than the window: older blocks were replaced as well')
  else logger?.warn(told, 'reorg')
  const ancestor = { number, hash, parentHash }
  return { type: 'reorg', retracted, ancestor, ...(truncated ? { truncated } : {}) }
}

async function parentOf(rpc: Rpc, { number, parentHash }: BlockRef, signal: AbortSignal): Promise<BlockRef> {
  if (number === 0n) {
    throw new SutureError('CHAIN_MISMATCH', 'The node serves a chain with another genesis block.', {
      meta: ['field: genesis', 'fix: point the stream at the chain it was started on, or start it afresh'],
    })
  }
  const parent = await rpc.request('eth_getBlockByHash', [parentHash, false], { signal })
  if (parent === null) {
    // The branch was replaced by yet another one meanwhile: the caller begins again at the new head.
    throw new SutureError('RPC_RESPONSE_INVALID', 'The node does not have the parent of a block it gave.', {
      meta: ['method: eth_getBlockByHash', `field: ${parentHash}`],
      retryable: true,
    })
  }
  return demand(parseBlockRef(parent), { number: number - 1n, hash: parentHash })
}

async function readHead(rpc: Rpc, { confirmations, signal }: CatchUp): Promise<BlockRef | null> {
  const head = parseBlockRef(await rpc.request('eth_getBlockByNumber', ['latest', false], { signal }))
  if (confirmations === 0n) return head
  if (head.number < confirmations) return null
  const number = head.number - confirmations
  const confirmed = await rpc.request('eth_getBlockByNumber', [toQuantity(number), false], { signal })
  return confirmed === null ? null : demand(parseBlockRef(confirmed), { number })
}

async function blockByHash(rpc: Rpc, hash: BlockRef['hash'], signal: AbortSignal): Promise<Block | null> {
  const block = await rpc.request('eth_getBlockByHash', [hash, true], { signal })
  return block === null ? null : demand(parseBlock(block), { hash })
}

/** The blocks from `first` on, at most to `last`; fewer where the node does not have them. */
async function blocksFrom(rpc: Rpc, first: bigint, last: bigint, signal: AbortSignal): Promise<Block[]> {
  const count = last - first + 1n < AT_ONCE ? last - first + 1n : AT_ONCE
  const numbers = Array.from({ length: Number(count) }, (_, index) => first + BigInt(index))
  const outcomes = await rpc.batch(
    numbers.map((number) => ({ method: 'eth_getBlockByNumber', params: [toQuantity(number), true] })),
    { signal },
  )
  const blocks: Block[] = []
  for (const [index, outcome] of outcomes.entries()) {
    if (!outcome.ok) throw outcome.error
    if (outcome.result === null) break
    blocks.push(demand(parseBlock(outcome.result), { number: numbers[index]! }))
  }
  return blocks
}

/** A node that answers with another block than the one asked for is not to be believed. */
function demand<T extends BlockRef>(block: T, asked: Partial<BlockRef>): T {
  const fields = ['number', 'hash'] as const
  const wrong = fields.find((field) => asked[field] !== undefined && asked[field] !== block[field])
  if (!wrong) return block
  throw new SutureError('RPC_RESPONSE_INVALID', 'The node answered with another block than was asked for.', {
    meta: [`field: ${wrong}`, `asked: ${asked[wrong]}`, `got: ${block[wrong]}`],
  })
}
