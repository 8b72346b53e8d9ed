import { setImmediate } from 'node:timers/promises'

/**
 * Lets the event loop turn once. Compilers run for seconds without giving way, and a worker that never answers between tests is taken
 * for dead: suites that compile much call this after each test.
 */
export async function breathe(): Promise<void> {
  await setImmediate()
}
