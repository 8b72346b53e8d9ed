/** Errors another node, or the same one a moment later, may not give. Codes of EIP-1474 and of common gateways. */
const TRANSIENT_CODES = new Set([-32001, -32002, -32005, -32016, -32029, -32097, 429])

/** Of those, the ones that ask to be left alone for a while. */
const LIMIT_CODES = new Set([-32005, -32016, -32029, -32097, 429])

/**
 * Nodes put everything else under -32000 and -32603, so that their wording is the only thing that tells a block they have not got
 * yet from a call that failed. Failure mode: a wording not listed here counts as final, and the caller gets the error at once
 * instead of after a second try.
 */
const TRANSIENT_WORDS =
  /header not found|unknown block|block not found|missing trie node|state (is )?not available|timed? ?out|too many requests|rate limit|try again|temporarily|overloaded|not synced|syncing/i

/** A revert is what the contract said, whatever its reason string contains. */
const REVERT_WORDS = /execution reverted|revert/i
const REVERT_CODE = 3

/** Whether asking again, elsewhere or later, can give another answer. */
export function isTransientError(code: number, message: string): boolean {
  if (code === REVERT_CODE || REVERT_WORDS.test(message)) return false
  return TRANSIENT_CODES.has(code) || TRANSIENT_WORDS.test(message)
}

/** Whether the node refuses because it was asked too much. */
export function isLimitError(code: number): boolean {
  return LIMIT_CODES.has(code)
}

/** Methods that change something on the node each time they run, so that a lost answer does not allow a second try. */
const ONCE = /^(evm_|anvil_|hardhat_|personal_|miner_|eth_sendTransaction$|eth_getFilterChanges$)/

/**
 * Whether the request may be sent again when its answer was lost. `eth_sendRawTransaction` may: the same bytes are the same
 * transaction, and the node says "already known".
 */
export function isRepeatable(method: string): boolean {
  return !ONCE.test(method)
}
