const DOCS = 'docs/errors.md'

/**
 * Every code Suture can fail with, and what a reader should do about it. `docs/errors.md` is generated from this table.
 * Codes are stable: they are printed, stored in the decision log and asserted by callers. Texts are not.
 */
export const ERROR_CODES = {
  CONFIG_INVALID: {
    means: 'The configuration does not have the expected shape.',
    fix: 'Correct the field the message names in suture.config.ts, or the option of the command line.',
  },
  CONFIG_NOT_FOUND: {
    means: 'No configuration file was found.',
    fix: 'Run `suture init`, or give the path with --config.',
  },
  SECRET_MISSING: {
    means: 'A secret named by reference is not set.',
    fix: 'Set the environment variable the message names, or mark it optional.',
  },
  KEYSTORE_INVALID: {
    means: 'A keystore file is malformed or its password is wrong.',
    fix: 'Set SUTURE_KEYSTORE_PASSWORD to the right password, or export the key from the wallet again.',
  },
  SIGNER_UNAVAILABLE: {
    means: 'The external signer cannot be reached, or did not answer in time.',
    fix: 'Check the command or address under `signer` and that the key is unlocked; then try again. Nothing was signed.',
  },
  SIGNER_FAILED: {
    means: 'The external signer refused, or answered with something that is no signature.',
    fix: 'Ask the signer itself why: run the command by hand, or read the log of the service.',
  },
  SIGNER_MISMATCH: {
    means: 'The external signer signed something else, or with another key than it was asked to.',
    fix: 'Give the address of the key it signs with. If that is right, do not trust the signer any more.',
  },
  CASE_INVALID: {
    means: 'The case file does not have the expected shape.',
    fix: 'Correct the field the message names; docs/cases.md describes the format.',
  },
  BLOCK_FILE_INVALID: {
    means: 'The block file does not have the expected shape.',
    fix: 'Correct the field the message names, or record the block again.',
  },
  FILE_UNREADABLE: {
    means: 'A file cannot be read or is not JSON.',
    fix: 'Check the path and its permissions; the file must be JSON, gzipped or not.',
  },
  BYTECODE_INVALID: {
    means: 'The runtime bytecode is malformed or out of bounds.',
    fix: 'Give the runtime bytecode as eth_getCode returns it, of the account whose code runs.',
  },
  EVIDENCE_INVALID: {
    means: 'The evidence bundle does not have the expected shape.',
    fix: 'Get the bundle again from the process that made it; do not sign what it belongs to.',
  },
  CERTIFICATE_INVALID: {
    means: 'The certificate does not have the expected shape.',
    fix: 'Correct the field the message names; docs/certificates.md describes the format.',
  },
  CERTIFICATE_REJECTED: {
    means: 'The certificate does not prove that the patched code is a restriction of the original.',
    fix: 'Do not apply the patch. The message names the rule that is broken; make the patch again.',
  },
  PATCH_IMPOSSIBLE: {
    means: 'No patch of the requested form fits this code.',
    fix: 'Freeze the function behind a shim, or mend the source and upgrade by the slow path.',
  },
  RPC_UNREACHABLE: {
    means: 'No RPC endpoint answered.',
    fix: 'Check the addresses under `chains` and the network; give a second node.',
  },
  RPC_ERROR: {
    means: 'The node answered a request with an error.',
    fix: 'Read what the node answered; where it asks for fewer requests, use another plan or your own node.',
  },
  RPC_RESPONSE_INVALID: {
    means: 'The node answered with something that is not the expected shape.',
    fix: 'Use another node or version; the message names the method and the field.',
  },
  RPC_METHOD_MISSING: {
    means: 'The node does not support a method Suture needs.',
    fix: 'Use a node that serves the method the message names; tracing needs the debug namespace.',
  },
  CHAIN_MISMATCH: {
    means: 'The node serves another chain than the configuration names.',
    fix: 'Point the configuration at a node of the chain it names, or correct the chain id.',
  },
  NODE_START_FAILED: {
    means: 'The local EVM node did not start.',
    fix: 'Install again without --omit=optional: the local EVM node is an optional package of the platform.',
  },
  STORE_UNAVAILABLE: {
    means: 'The database cannot be reached.',
    fix: 'Check DATABASE_URL and that PostgreSQL runs. Nothing is lost: work goes on when it is back.',
  },
  STORE_MISMATCH: {
    means: 'The database has another schema than this version of Suture expects.',
    fix: 'Use the version of Suture that wrote the database, or a database of its own.',
  },
  STORE_LEASED: {
    means: 'Another Suture process is already doing this on the same database.',
    fix: 'Stop the other process, or give this one a database of its own.',
  },
  LOG_TAMPERED: {
    means: 'The decision log does not hash to what it claims.',
    fix: 'Stop and compare with a backup: somebody or something changed the history of decisions.',
  },
  TRANSITION_INVALID: {
    means: 'An incident cannot move from its state by this event.',
    fix: 'Read the incident again: it has moved on in the meantime.',
  },
  APPROVAL_INVALID: {
    means: 'A signature or approval does not match what must be signed.',
    fix: 'Read the open requests again and sign the digest shown there with a guardian’s key.',
  },
  ATTESTATION_INVALID: {
    means: 'An attestation is malformed, or too few active watchers of the SentinelQuorum signed it.',
    fix: 'Correct what the message names, or get signatures of more active watchers over the very same attestation.',
  },
  BATCH_REJECTED: {
    means: 'A batch for others to sign failed when it was tried on a copy of the state.',
    fix: 'Read which call failed and why. Mend that, or write the batch all the same with --force.',
  },
  INBOX_UNREACHABLE: {
    means: 'The process that collects signatures does not answer.',
    fix: 'Check --url, and that `suture watch` runs there.',
  },
  TRANSACTION_FAILED: {
    means: 'A transaction was mined and reverted, or could not be sent.',
    fix: 'Read the reason in the message. Suture sends the same intent at most once; nothing is sent twice.',
  },
  INTERNAL: {
    means: 'Suture reached a state it holds to be impossible.',
    fix: 'This is a defect of Suture: report it with the message.',
  },
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
