import type { Logger } from 'pino'
import { SutureError } from '../core/errors.ts'
import { RpcError } from '../core/rpc-error.ts'
import { Wake } from './stream-wake.ts'
import type { Rpc } from './types.ts'

export interface SubscriptionSettings {
  /** Parameters of `eth_subscribe`, best first: the next are tried where the node refuses. */
  readonly variants: readonly (readonly unknown[])[]
  readonly onResult: (result: unknown) => void
  /** Called each time the subscription stands (again): what came before was missed. */
  readonly onUp: () => void
  readonly onDown: () => void
  readonly signal: AbortSignal
  readonly logger: Logger | undefined
}

export interface Subscription {
  /** Whether notifications can be expected. */
  readonly live: boolean
  /** Ends the subscription and begins another: for one that has fallen silent. */
  renew(): void
}

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000
const LONG_MS = 2 ** 30

/** Subscribes, and again after each loss, until `signal` fires. A node that cannot subscribe at all is not asked again. */
export function keepSubscribed(rpc: Rpc, settings: SubscriptionSettings): Subscription {
  const { onResult, onUp, onDown, signal, logger } = settings
  let over: Wake | null = null
  const topic = settings.variants[0]?.[0]

  async function hold(params: readonly unknown[]): Promise<void> {
    const end = new Wake()
    const listener = { next: onResult, lost: () => end.call() }
    const unsubscribe = await rpc.subscribe!(params, listener, { signal })
    over = end
    onUp()
    while (!signal.aborted && !(await end.wait(LONG_MS, signal)));
    over = null
    unsubscribe()
    onDown()
    if (!signal.aborted) logger?.warn({ topic }, 'subscription lost')
  }

  async function run(): Promise<void> {
    const variants = [...settings.variants]
    const pause = new Wake()
    let failures = 0
    while (!signal.aborted && variants.length > 0) {
      try {
        await hold(variants[0]!)
        failures = 0
      } catch (error) {
        if (error instanceof RpcError && !error.retryable) variants.shift()
        else failures += 1
        const reason = error instanceof SutureError ? error.code : 'INTERNAL'
        logger?.warn({ topic, reason, variants: variants.length }, 'cannot subscribe')
      }
      await pause.wait(Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS), signal)
    }
  }

  if (rpc.subscribe) void run()
  return {
    get live() {
      return over !== null
    },
    renew: () => over?.call(),
  }
}
