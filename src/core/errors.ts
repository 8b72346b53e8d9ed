const DOCS = 'docs/errors.md'

/**
 * Every code Suture can fail with, and what a reader should do about it. `docs/errors.md` is generated from this table.
 * Codes are stable: they are printed, stored in the decision log and asserted by callers. Texts are not.
 */
export const ERROR_CODES = {
  CONFIG_INVALID: 'The configuration does not have the expected shape.',
  CONFIG_NOT_FOUND: 'No configuration file was found.',
  SECRET_MISSING: 'A secret named by reference is not set.',
  KEYSTORE_INVALID: 'A keystore file is malformed or its password is wrong.',
  CASE_INVALID: 'The case file does not have the expected shape.',
  BLOCK_FILE_INVALID: 'The block file does not have the expected shape.',
  FILE_UNREADABLE: 'A file cannot be read or is not JSON.',
  BYTECODE_INVALID: 'The runtime bytecode is malformed or out of bounds.',
  EVIDENCE_INVALID: 'The evidence bundle does not have the expected shape.',
  CERTIFICATE_INVALID: 'The certificate does not have the expected shape.',
  CERTIFICATE_REJECTED:
    'The certificate does not prove that the patched code is a restriction of the original.',
  PATCH_IMPOSSIBLE: 'No patch of the requested form fits this code.',
  RPC_UNREACHABLE: 'No RPC endpoint answered.',
  RPC_ERROR: 'The node answered a request with an error.',
  RPC_RESPONSE_INVALID: 'The node answered with something that is not the expected shape.',
  RPC_METHOD_MISSING: 'The node does not support a method Suture needs.',
  CHAIN_MISMATCH: 'The node serves another chain than the configuration names.',
  NODE_START_FAILED: 'The local EVM node did not start.',
  STORE_UNAVAILABLE: 'The database cannot be reached.',
  STORE_MISMATCH: 'The database has another schema than this version of Suture expects.',
  STORE_LEASED: 'Another Suture process is already doing this on the same database.',
  LOG_TAMPERED: 'The decision log does not hash to what it claims.',
  TRANSITION_INVALID: 'An incident cannot move from its state by this event.',
  APPROVAL_INVALID: 'A signature or approval does not match what must be signed.',
  INBOX_UNREACHABLE: 'The process that collects signatures does not answer.',
  TRANSACTION_FAILED: 'A transaction was mined and reverted, or could not be sent.',
  INTERNAL: 'Suture reached a state it holds to be impossible.',
} as const

/** A stable failure code. */
export type SutureErrorCode = keyof typeof ERROR_CODES

interface SutureErrorOptions {
  /** Lines that name the field, the value and the fix. Never a secret. */
  meta?: readonly string[]
  cause?: unknown
  /** Whether doing the same thing again later may succeed. */
  retryable?: boolean
}

/**
 * The one error base of Suture: a stable code, one sentence, lines of detail and a page to read.
 *
 * @example
 * throw new SutureError('CASE_INVALID', 'alloc is missing.', { meta: ['field: alloc', 'fix: give the pre-state of every account'] })
 */
export class SutureError extends Error {
  override readonly name = 'SutureError'
  readonly code: SutureErrorCode
  readonly meta: readonly string[]
  readonly retryable: boolean
  readonly docs: string

  constructor(code: SutureErrorCode, sentence: string, options: SutureErrorOptions = {}) {
    const { meta = [], cause, retryable = false } = options
    const docs = `${DOCS}#${code.toLowerCase().replaceAll('_', '-')}`
    super([`${sentence} [${code}]`, ...meta.map((line) => `  ${line}`), `  docs: ${docs}`].join('\n'), {
      cause,
    })
    this.code = code
    this.meta = meta
    this.retryable = retryable
    this.docs = docs
  }
}

/** The text of anything thrown, for `meta` lines and logs. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
