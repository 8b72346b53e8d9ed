import type { Logger } from 'pino'
import { RpcError } from '../core/rpc-error.ts'
import { parseFilterChanges, parseFilterId } from './stream-schema.ts'
import type { Rpc } from './types.ts'

/**
 * A filter for pending transactions. It lives on one node and dies with it, with a fail-over, or when it idles too long; and what it
 * answers is gone from it, whether the answer arrived or not. A new one is made then, and `onNew` told that there is a gap.
 */
export class PendingFilter {
  private readonly rpc: Rpc
  private readonly onNew: () => void
  private readonly logger: Logger | undefined
  private id: string | null = null
  private supported = true

  constructor(rpc: Rpc, onNew: () => void, logger?: Logger) {
    this.rpc = rpc
    this.onNew = onNew
    this.logger = logger
  }

  /** Whether the node has filters, as far as is known. */
  get works(): boolean {
    return this.supported
  }

  /** What was announced since the last call, unread. */
  async poll(signal: AbortSignal): Promise<readonly unknown[]> {
    const id = this.id ?? (await this.create(signal))
    this.id = null
    if (id === null) return []
    const changes = parseFilterChanges(await this.rpc.request('eth_getFilterChanges', [id], { signal }))
    this.id = id
    return changes
  }

  private async create(signal: AbortSignal): Promise<string | null> {
    if (!this.supported) return null
    try {
      const id = parseFilterId(await this.rpc.request('eth_newPendingTransactionFilter', [], { signal }))
      this.onNew()
      return id
    } catch (error) {
      if (!(error instanceof RpcError) || error.retryable) throw error
      this.supported = false
      this.logger?.warn('the node has no filters for pending transactions: its pool is read instead')
      return null
    }
  }
}
