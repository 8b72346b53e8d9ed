import { setTimeout as sleep } from 'node:timers/promises'
import { SutureError } from '../core/errors.ts'

export interface RetryPolicy {
  /** Tries altogether. */
  readonly attempts: number
  /** Pause after the first failure, in milliseconds; doubles with each. */
  readonly firstPauseMs: number
  readonly longestPauseMs: number
}

interface Attempts {
  readonly policy: RetryPolicy
  readonly signal: AbortSignal
  readonly onRetry?: (error: SutureError) => void
}

/** Runs `work` until it succeeds, fails for good, or the tries are used up; the last failure is thrown as it is. */
export async function retrying<T>(work: () => Promise<T>, options: Attempts): Promise<T> {
  const { policy, signal, onRetry } = options
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      const again = error instanceof SutureError && error.retryable && attempt < policy.attempts
      if (!again || signal.aborted) throw error
      onRetry?.(error)
      await sleep(pauseMs(policy, attempt), undefined, { signal }).catch(() => {
        throw error
      })
    }
  }
}

function pauseMs(policy: RetryPolicy, attempt: number): number {
  return Math.min(policy.firstPauseMs * 2 ** (attempt - 1), policy.longestPauseMs)
}
