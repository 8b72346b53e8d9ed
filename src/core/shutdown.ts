import type { Logger } from 'pino'

type Cleanup = () => Promise<void> | void

export interface Shutdown {
  /** Aborted at the first signal: everything that waits must end. */
  readonly signal: AbortSignal
  /** Registers what must be closed. Closed in reverse order, because what was opened later stands on what was opened earlier. */
  onShutdown(name: string, cleanup: Cleanup): void
  /** Runs the cleanups once; later calls wait for the same run. Resolves to whether all of them ended in time and well. */
  close(): Promise<boolean>
}

interface ShutdownOptions {
  logger: Logger
  /** Milliseconds for all cleanups together. */
  deadlineMs?: number
  /** What ends the process; exit code 0 when everything closed, 1 otherwise, 128 + signal on the second signal. */
  exit?: (code: number) => void
}

const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const

/** Ends the process in order on SIGINT and SIGTERM; a second signal ends it at once. */
export function createShutdown(options: ShutdownOptions): Shutdown {
  const { logger, deadlineMs = 10_000, exit = (code) => process.exit(code) } = options
  const controller = new AbortController()
  const cleanups: { name: string; cleanup: Cleanup }[] = []
  let closing: Promise<boolean> | undefined

  const close = () => {
    closing ??= closeAll()
    return closing
  }

  async function closeAll(): Promise<boolean> {
    controller.abort()
    let clean = true
    const deadline = new Promise<'late'>((resolve) => setTimeout(resolve, deadlineMs, 'late').unref())
    for (const { name, cleanup } of cleanups.toReversed()) {
      const outcome = await Promise.race([attempt(cleanup), deadline])
      if (outcome === null) continue
      clean = false
      logger.error(
        { cleanup: name, err: outcome === 'late' ? undefined : outcome.error },
        'not closed cleanly',
      )
    }
    return clean
  }

  for (const [name, number] of Object.entries(SIGNALS)) {
    process.on(name, () => {
      if (closing !== undefined) return exit(128 + number)
      logger.info({ signal: name }, 'shutting down')
      void close().then((clean) => exit(clean ? 0 : 1))
    })
  }

  return {
    signal: controller.signal,
    onShutdown: (name, cleanup) => void cleanups.push({ name, cleanup }),
    close,
  }
}

async function attempt(cleanup: Cleanup): Promise<null | { error: unknown }> {
  try {
    await cleanup()
    return null
  } catch (error) {
    return { error }
  }
}
