import { type Hex, toAddress } from '../core/hex.ts'
import { RpcError } from '../core/rpc-error.ts'
import { planFees } from './fees.ts'
import { callOf, estimateGas, type Node, readHead, readSuggestedTip } from './node-view.ts'
import type { DryRun, TransactionIntent, TransactionSigner } from './types.ts'

interface DryRunOptions {
  readonly rpc: Node
  /** Only the address is used. */
  readonly signer: Pick<TransactionSigner, 'address'>
  readonly maxFeePerGas: bigint
}

/** Runs `intent` on the newest block without sending it, and says what it would do and cost. */
export async function dryRun(options: DryRunOptions, intent: TransactionIntent): Promise<DryRun> {
  const { rpc, signer, maxFeePerGas } = options
  const from = toAddress(signer.address)
  const [head, suggestedTip, call] = await Promise.all([
    readHead(rpc),
    readSuggestedTip(rpc),
    simulateCall(rpc, intent, from),
  ])
  const { outbids, ...fees } = planFees({
    intent,
    baseFeePerGas: head.baseFeePerGas,
    suggestedTip,
    cap: maxFeePerGas,
  })
  const gas = call.succeeded ? await estimateGas(rpc, intent, from) : null
  return { intent, from, ...call, gas, fees, outbids }
}

async function simulateCall(
  rpc: Node,
  intent: TransactionIntent,
  from: Hex,
): Promise<Pick<DryRun, 'succeeded' | 'output'>> {
  try {
    const output = await rpc.request<Hex>('eth_call', [callOf(intent, from), 'latest'])
    return { succeeded: true, output }
  } catch (error) {
    if (!(error instanceof RpcError) || error.retryable) throw error
    return { succeeded: false, output: isHex(error.data) ? error.data : '0x' }
  }
}

function isHex(value: unknown): value is Hex {
  return typeof value === 'string' && /^0x[0-9a-fA-F]*$/.test(value)
}
