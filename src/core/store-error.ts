import { messageOf, SutureError } from './errors.ts'

/**
 * SQLSTATE classes after which the same statement may succeed later: connection exceptions, transaction rollbacks
 * (serialisation, deadlock), insufficient resources, operator intervention (shutdown, crash, starting up), lock not available,
 * read-only (a standby during fail-over). Source: PostgreSQL documentation, appendix "Error Codes".
 */
const PASSING = /^(08|40|53|57P|55P03|25006|58)/

/** What node-postgres threw, as one of ours. Errors that already are pass unchanged. */
export function toStoreError(error: unknown): SutureError {
  if (error instanceof SutureError) return error
  const code = sqlStateOf(error)
  const meta = [`reason: ${messageOf(error)}`]
  // Without an SQLSTATE the server did not answer: refused, reset, timed out, ended.
  if (code !== null && !PASSING.test(code)) {
    return new SutureError('INTERNAL', 'The database refused a statement.', {
      meta: [...meta, `sqlstate: ${code}`],
      cause: error,
    })
  }
  return new SutureError('STORE_UNAVAILABLE', 'The database cannot be reached.', {
    meta: [...meta, 'fix: check that PostgreSQL runs and that the configured address is right'],
    cause: error,
    retryable: true,
  })
}

function sqlStateOf(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : null
}
