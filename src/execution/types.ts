import type { TransactionSerializableEIP1559 } from 'viem'
import type { Address, Hex } from '../core/hex.ts'

/** A transaction Suture means to make. One intent is mined at most once, however often the process dies. */
export interface TransactionIntent {
  /** Unique and stable over restarts: incident, purpose, part. */
  readonly id: string
  readonly chainId: number
  readonly to: Address | null
  readonly data: Hex
  readonly value: bigint
  readonly urgency: 'outbid' | 'normal'
  /** For `outbid`: what the transaction to overtake pays at most, wei per gas. */
  readonly outbid?: Fees
  /** Handed to block builders by the node (`eth_sendPrivateTransaction`), and never to the public pool. */
  readonly private?: boolean
}

export interface Receipt {
  readonly intent: string
  readonly hash: Hex
  readonly blockNumber: bigint
  readonly blockHash: Hex
  readonly transactionIndex: number
  readonly status: 'success' | 'reverted'
  readonly gasUsed: bigint
}

/** EIP-1559 fees, wei per gas. */
export interface Fees {
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

/** Who signs. A viem `LocalAccount` is one; so is anything that holds its key elsewhere. */
export interface TransactionSigner {
  readonly address: Address
  signTransaction(transaction: TransactionSerializableEIP1559): Promise<Hex>
}

/** Makes transactions happen. */
export interface Sender {
  /**
   * Makes `intent` happen once and waits until it is confirmed. Asking again, at once or after a crash, joins what was begun.
   *
   * @param signal ends this wait; what is on its way stays on its way
   * @throws SutureError TRANSACTION_FAILED: would revert, reverted, or (retryable) not mined in time.
   */
  submit(intent: TransactionIntent, signal?: AbortSignal): Promise<Receipt>
  /** Hands every signed transaction that is not mined to the node again. For the start of a process. */
  resume(): Promise<void>
}

/** What a transaction would do and cost, without sending it. */
export interface DryRun {
  readonly intent: TransactionIntent
  readonly from: Address
  readonly succeeded: boolean
  /** What the call returned, or the bytes it reverted with. */
  readonly output: Hex
  /** null where it would revert. */
  readonly gas: bigint | null
  readonly fees: Fees
  /** Whether `fees` lie strictly above what the intent has to outbid. */
  readonly outbids: boolean
}

/** What a transaction did when it was tried on the newest state, after those before it. */
export interface Rehearsal {
  readonly intent: TransactionIntent
  readonly succeeded: boolean
  /** What the call returned, or the bytes it reverted with. */
  readonly output: Hex
  readonly gas: bigint
  readonly logs: readonly { readonly address: Address; readonly topics: readonly Hex[]; readonly data: Hex }[]
}
