import { messageOf, SutureError } from '../core/errors.ts'

/** Exit codes; the meaning of 2 and 3 is the command's own (see `suture heal --help`). */
export const EXIT = { ok: 0, failure: 1, ineffective: 2, inconclusive: 3 } as const

export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Progress of long work: to standard error, so that standard output stays the result. */
export function progress(line: string): void {
  process.stderr.write(`${line}\n`)
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? `0x${item.toString(16)}` : item)))
}

/** Prints what went wrong; never a stack trace for an error the user can mend. */
export function reportFailure(error: unknown): number {
  if (error instanceof SutureError) progress(`error: ${error.message}`)
  else
    progress(
      `error: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)} [INTERNAL]`,
    )
  return EXIT.failure
}
