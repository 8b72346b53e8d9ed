interface Deadline {
  readonly ms: number
  readonly signals: readonly (AbortSignal | undefined)[]
}

/**
 * Runs `job` with a signal that fires after `ms` milliseconds or with any of `signals`. Unlike `AbortSignal.any` it leaves nothing
 * behind on signals that live as long as the process.
 */
export async function withDeadline<T>(
  { ms, signals }: Deadline,
  job: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const abort = () => controller.abort()
  const timer = setTimeout(abort, ms)
  for (const signal of signals) {
    if (signal?.aborted) abort()
    signal?.addEventListener('abort', abort, { once: true })
  }
  try {
    return await job(controller.signal)
  } finally {
    clearTimeout(timer)
    for (const signal of signals) signal?.removeEventListener('abort', abort)
  }
}
