import type { RunSequence } from '../chain/types.ts'

/** `run`, at most `limit` at a time, first come first served. Callers may then start everything at once. */
export function limitRuns(run: RunSequence, limit: number): RunSequence {
  let free = limit
  const waiting: (() => void)[] = []
  return async (request) => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await run(request)
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free += 1
    }
  }
}
