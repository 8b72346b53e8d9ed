import { messageOf, SutureError } from '../core/errors.ts'
import type { Context } from './context.ts'
import { bumpFees } from './fees.ts'
import { findConsumer } from './find-consumer.ts'
import type { Attempt, Entry } from './journal.ts'
import { type Head, isKnown, readHead, readNonce, readReceipt } from './node-view.ts'
import { sendPrivately } from './private.ts'
import { feesNow, signAttempt } from './sign.ts'
import type { Receipt, TransactionIntent } from './types.ts'

/** What one wait knows that need not survive it. */
interface Watch {
  readonly startedAt: number
  /** By hash: the head when this process first had the transaction with the node. Being stuck is counted from there. */
  readonly seenAt: Map<string, bigint>
  /** By hash: the head when a private transaction was handed over last. Nobody can ask whether it is still known. */
  readonly offeredAt: Map<string, bigint>
  lastProblem: string
}

/**
 * Follows an intent that has a signed transaction until one of them is confirmed. Each look asks the chain first: mined?
 * nonce used up by something else? dropped? stuck? A node that does not answer is asked again until the time is up.
 */
export async function settle(context: Context, intent: TransactionIntent): Promise<Receipt> {
  const watch: Watch = {
    startedAt: Date.now(),
    seenAt: new Map(),
    offeredAt: new Map(),
    lastProblem: 'not mined yet',
  }
  while (Date.now() - watch.startedAt < context.timeoutMs && context.signal?.aborted !== true) {
    try {
      const receipt = await look(context, intent, watch)
      if (receipt !== null) {
        context.metrics?.inclusion.observe({ urgency: intent.urgency }, (Date.now() - watch.startedAt) / 1000)
        return requireSuccess(receipt)
      }
    } catch (error) {
      if (!(error instanceof SutureError) || !error.retryable) throw error
      watch.lastProblem = messageOf(error)
    }
    await context.pause()
  }
  throw new SutureError('TRANSACTION_FAILED', 'The transaction was not confirmed in time.', {
    meta: [
      `intent: ${intent.id}`,
      `last problem: ${watch.lastProblem}`,
      'fix: check the signer’s balance, the fee cap and the node; asking again goes on with the same transaction',
    ],
    retryable: true,
  })
}

/** One look at the chain and what it calls for. The receipt when it is confirmed. */
async function look(context: Context, intent: TransactionIntent, watch: Watch): Promise<Receipt | null> {
  const { node, address } = context
  const entry = await requireEntry(context, intent)
  const receipt = await findReceipt(context, entry)
  const head = await readHead(node)
  if (receipt !== null) return isDeep(context, head, receipt.blockNumber) ? receipt : null
  const chainNonce = await readNonce(node, address, 'latest')
  if (chainNonce > entry.nonce) await replaceUsedNonce(context, intent, entry)
  else await keepAlive(context, { intent, entry, head, chainNonce, watch })
  return null
}

async function requireEntry(context: Context, intent: TransactionIntent): Promise<Entry> {
  const entry = await context.journal.find(intent)
  if (entry !== null) return entry
  throw new SutureError('INTERNAL', 'An intent that was reserved is not in the journal.', {
    meta: [`intent: ${intent.id}`],
  })
}

async function findReceipt(context: Context, entry: Entry): Promise<Receipt | null> {
  const { node } = context
  const receipts = await Promise.all(entry.attempts.map(({ hash }) => readReceipt(node, entry.id, hash)))
  return receipts.find((receipt) => receipt !== null) ?? null
}

function isDeep(context: Context, head: Head, block: bigint): boolean {
  return head.number - block + 1n >= context.confirmations
}

function requireSuccess(receipt: Receipt): Receipt {
  if (receipt.status === 'success') return receipt
  throw new SutureError('TRANSACTION_FAILED', 'The transaction was mined and reverted.', {
    meta: [
      `intent: ${receipt.intent}`,
      `transaction: ${receipt.hash}`,
      `block: ${receipt.blockNumber}`,
      'fix: trace the transaction; a new try needs a new intent',
    ],
  })
}

/** The nonce is gone and no receipt is ours: either the receipt lags, or somebody else used the key. */
async function replaceUsedNonce(context: Context, intent: TransactionIntent, entry: Entry): Promise<void> {
  const { node, address, journal, logger } = context
  const head = await readHead(node)
  const consumer = await findConsumer({
    node,
    address,
    nonce: entry.nonce,
    from: entry.firstBlock,
    head: head.number,
  })
  if (consumer === null || entry.attempts.some((attempt) => attempt.hash === consumer.hash)) return
  if (!isDeep(context, head, consumer.block)) return
  if ((await findReceipt(context, entry)) !== null) return
  logger.warn(
    { intent: intent.id, nonce: entry.nonce, usedBy: consumer.hash, block: consumer.block },
    'somebody else used the nonce; the signer’s key should be Suture’s alone',
  )
  const chainNonce = await readNonce(node, address, 'latest')
  const fees = await feesNow(context, intent, head)
  await journal.reallocate(entry, {
    chainNonce,
    sign: (nonce) => signAttempt(context, intent, { nonce, gas: entry.gas, fees, block: head.number }),
  })
}

interface Pending {
  readonly intent: TransactionIntent
  readonly entry: Entry
  readonly head: Head
  readonly chainNonce: bigint
  readonly watch: Watch
}

/** Not mined: sees that the node has it, that nothing below it is missing, and that it pays enough. */
async function keepAlive(context: Context, pending: Pending): Promise<void> {
  const { entry, head, chainNonce, watch } = pending
  for (const lower of await context.journal.newestAttempts(chainNonce, entry.nonce)) {
    await rebroadcast(context, lower)
  }
  const newest = entry.attempts.at(-1)!
  const offered = newest.private && watch.offeredAt.get(newest.hash) === head.number
  const problem = offered ? null : await rebroadcast(context, newest)
  watch.offeredAt.set(newest.hash, head.number)
  if (problem !== null) watch.lastProblem = problem
  if (!watch.seenAt.has(newest.hash)) watch.seenAt.set(newest.hash, head.number)
  // Behind a lower nonce it cannot be mined whatever it pays.
  if (chainNonce === entry.nonce && isStuck(context, pending, newest))
    await raiseFees(context, pending, newest)
}

function isStuck(context: Context, { intent, head, watch }: Pending, newest: Attempt): boolean {
  const patience = context.replaceAfterBlocks ?? (intent.urgency === 'outbid' ? 1n : 3n)
  return head.number - watch.seenAt.get(newest.hash)! >= patience
}

async function raiseFees(context: Context, { intent, entry, head }: Pending, newest: Attempt): Promise<void> {
  const fees = bumpFees(newest, await feesNow(context, intent, head), context.maxFeePerGas)
  if (fees === null) {
    context.logger.warn({ intent: intent.id, cap: context.maxFeePerGas }, 'stuck, and the fee cap is reached')
    return
  }
  const request = { nonce: entry.nonce, gas: entry.gas, fees, block: head.number }
  const attempt = await signAttempt(context, intent, request)
  await context.journal.addAttempt(entry, attempt)
  context.logger.info({ intent: intent.id, hash: attempt.hash, ...fees }, 'stuck; replacing with higher fees')
  await broadcast(context, attempt, 'replacement')
}

/** Hands a signed transaction to the node unless the node has it. The problem as text where it was refused. */
export async function rebroadcast(context: Context, attempt: Attempt): Promise<string | null> {
  return (await isKnown(context.node, attempt.hash)) ? null : broadcast(context, attempt, 'same')
}

/**
 * Refusals are not judged here: "already known", "nonce too low" and "underpriced" have as many wordings as there are nodes. The
 * next look at the chain shows what is the case.
 */
async function broadcast(context: Context, attempt: Attempt, kind: string): Promise<string | null> {
  context.metrics?.broadcasts.inc({ kind })
  try {
    if (attempt.private) await sendPrivately(context.node, attempt.raw)
    else await context.node.request('eth_sendRawTransaction', [attempt.raw])
    return null
  } catch (error) {
    context.logger.warn({ hash: attempt.hash, reason: messageOf(error) }, 'the node refused a transaction')
    return messageOf(error)
  }
}
