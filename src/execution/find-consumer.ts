import type { Address, Hex } from '../core/hex.ts'
import { findTransaction, type Node, readNonce } from './node-view.ts'

export interface Consumer {
  readonly block: bigint
  /** null where the nonce moved without a transaction of the account, as an EIP-7702 authorisation does. */
  readonly hash: Hex | null
}

interface Search {
  readonly node: Node
  readonly address: Address
  readonly nonce: bigint
  /** A block at which the nonce was not used yet, as far as known. */
  readonly from: bigint
  readonly head: bigint
}

const STEP_BACK = 64n

/**
 * What used up a nonce, found by bisecting the account's transaction count: a positive proof, unlike a missing receipt, which a
 * node that lags or lost its index gives too. null when the nonce is not used up to `head` (the chain moved meanwhile).
 *
 * Needs the state of the blocks between; a pruned node refuses once they are too old, and then the answer is an error.
 */
export async function findConsumer(search: Search): Promise<Consumer | null> {
  const { node, address, nonce, head } = search
  const used = async (block: bigint) => (await readNonce(node, address, block)) > nonce
  if (!(await used(head))) return null
  let free = search.from < head ? search.from : head - 1n
  // A reorg can have moved the use before where the search was to begin.
  while (free > 0n && (await used(free))) free = free > STEP_BACK ? free - STEP_BACK : 0n
  let taken = head
  while (taken - free > 1n) {
    const middle = (free + taken) / 2n
    if (await used(middle)) taken = middle
    else free = middle
  }
  return { block: taken, hash: await findTransaction(node, taken, address, nonce) }
}
