import { SutureError } from '../core/errors.ts'
import type { Hex } from '../core/hex.ts'
import { type Context, createContext, type SenderOptions } from './context.ts'
import { contentChanged, contentHash } from './journal.ts'
import { estimateGas, readHead, readNonce } from './node-view.ts'
import { requirePrivateSubmission } from './private.ts'
import { rebroadcast, settle } from './settle.ts'
import { feesNow, signAttempt } from './sign.ts'
import type { Receipt, Sender, TransactionIntent } from './types.ts'

/** Estimates are made on another state than the transaction meets. */
const GAS_MARGIN_PERCENT = 25n

/**
 * Creates the one thing that sends transactions. Exactly once holds because
 *
 * 1. a nonce is taken under a lock in one database transaction with the signed bytes, one per intent;
 * 2. bytes are kept before they are broadcast, replacements too, so nothing that could be mined is unknown to us;
 * 3. all of an intent's transactions use the same nonce, and the chain takes one per nonce;
 * 4. the intent moves to another nonce only after it is proven that something else used the old one, as deep as a
 *    confirmation. A reorg deeper than `confirmations` could undo that proof; the gate's own nonces then refuse the second.
 *
 * What happened is always read from the chain, never from the text of an error.
 */
export function createSender(options: SenderOptions): Sender {
  const context = createContext(options)
  const running = new Map<string, { content: Hex; receipt: Promise<Receipt> }>()

  async function run(intent: TransactionIntent): Promise<Receipt> {
    if (intent.chainId !== context.node.chainId) {
      throw new SutureError('CHAIN_MISMATCH', 'The intent is for another chain than this sender.', {
        meta: [`intent: ${intent.id}`, `chain: ${intent.chainId}`, `sender: ${context.node.chainId}`],
      })
    }
    if ((await context.journal.find(intent)) === null) await begin(context, intent)
    return settle(context, intent)
  }

  /** One follower per intent in this process; who asks meanwhile joins it. */
  function join(intent: TransactionIntent): Promise<Receipt> {
    const content = contentHash(intent)
    const known = running.get(intent.id)
    if (known !== undefined && known.content !== content) throw contentChanged(intent.id)
    if (known !== undefined) return known.receipt
    const receipt = run(intent).finally(() => running.delete(intent.id))
    running.set(intent.id, { content, receipt })
    return receipt
  }

  return {
    submit: async (intent, signal) => {
      const receipt = join(intent)
      return signal === undefined ? receipt : Promise.race([receipt, givenUp(intent, signal)])
    },
    resume: async () => {
      const next = await readNonce(context.node, context.address, 'latest')
      for (const attempt of await context.journal.newestAttempts(next, null)) {
        await rebroadcast(context, attempt)
      }
    },
  }
}

async function begin(context: Context, intent: TransactionIntent): Promise<void> {
  const { node, address } = context
  if (intent.private) await requirePrivateSubmission(node)
  const [head, chainNonce, estimate] = await Promise.all([
    readHead(node),
    readNonce(node, address, 'latest'),
    estimateGas(node, intent, address),
  ])
  const fees = await feesNow(context, intent, head)
  const margin = estimate + (estimate * GAS_MARGIN_PERCENT) / 100n
  const gas = margin < head.gasLimit ? margin : head.gasLimit
  const sign = (nonce: bigint) => signAttempt(context, intent, { nonce, gas, fees, block: head.number })
  await context.journal.reserve(intent, { gas, chainNonce, block: head.number, sign })
}

function givenUp(intent: TransactionIntent, signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = () =>
      reject(
        new SutureError('TRANSACTION_FAILED', 'Waiting for the transaction was given up.', {
          meta: [`intent: ${intent.id}`, 'fix: none needed; asking again goes on with the same transaction'],
          retryable: true,
        }),
      )
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
}
