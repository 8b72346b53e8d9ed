import { keccak256 } from 'viem'
import type { Context } from './context.ts'
import { planFees } from './fees.ts'
import type { Attempt } from './journal.ts'
import { type Head, readSuggestedTip } from './node-view.ts'
import type { Fees, TransactionIntent } from './types.ts'

/** The fees the intent deserves on this head. Says aloud when the cap keeps it from outbidding. */
export async function feesNow(context: Context, intent: TransactionIntent, head: Head): Promise<Fees> {
  const { outbids, ...fees } = planFees({
    intent,
    baseFeePerGas: head.baseFeePerGas,
    suggestedTip: await readSuggestedTip(context.node),
    cap: context.maxFeePerGas,
  })
  if (!outbids) {
    const rival = intent.outbid?.maxFeePerGas
    const detail = { intent: intent.id, cap: context.maxFeePerGas, rival }
    context.logger.error(detail, 'the fee cap keeps this transaction below the attack; raise maxFeePerGas')
  }
  return fees
}

interface SignRequest {
  readonly nonce: bigint
  readonly gas: bigint
  readonly fees: Fees
  readonly block: bigint
}

/** Signs `intent` for one nonce. Sends nothing. */
export async function signAttempt(
  context: Context,
  intent: TransactionIntent,
  request: SignRequest,
): Promise<Attempt> {
  const { nonce, gas, fees, block } = request
  const raw = await context.signer.signTransaction({
    type: 'eip1559',
    chainId: intent.chainId,
    to: intent.to,
    data: intent.data,
    value: intent.value,
    nonce: Number(nonce),
    gas,
    ...fees,
  })
  return { hash: keccak256(raw), raw, nonce, block, private: intent.private ?? false, ...fees }
}
