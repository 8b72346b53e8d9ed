import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { toAddress } from '../core/hex.ts'
import type { Metrics } from '../core/metrics.ts'
import type { Store } from '../core/store.ts'
import { createJournal } from './journal.ts'
import type { Node } from './node-view.ts'
import type { TransactionSigner } from './types.ts'

export interface SenderOptions {
  readonly rpc: Node
  readonly signer: TransactionSigner
  readonly store: Store
  readonly logger: Logger
  /** The most to pay, wei per gas. */
  readonly maxFeePerGas: bigint
  /** Blocks a transaction must have on top of and including its own before it counts. Default 2. */
  readonly confirmations?: bigint
  /** Blocks without being mined after which fees are raised. Default: 1 when outbidding, otherwise 3. */
  readonly replaceAfterBlocks?: bigint
  /** Milliseconds between looks at the chain. Default 1000. */
  readonly pollMs?: number
  /** Milliseconds after which `submit` gives up waiting (retryable). Default two minutes. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly metrics?: Pick<Metrics, 'broadcasts' | 'inclusion'>
}

/** What submitting and settling share. */
export type Context = ReturnType<typeof createContext>

export function createContext(options: SenderOptions) {
  const { rpc, signer, store, confirmations = 2n, pollMs = 1_000, timeoutMs = 120_000, signal } = options
  const address = toAddress(signer.address)
  return {
    ...options,
    node: rpc,
    address,
    confirmations,
    timeoutMs,
    journal: createJournal(store, rpc.chainId, address),
    pause: () => sleep(pollMs, undefined, signal ? { signal } : {}).catch(() => undefined),
  }
}
