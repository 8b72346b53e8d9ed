import type { Hex } from '../core/hex.ts'
import { RpcError } from '../core/rpc-error.ts'
import type { Node } from './node-view.ts'

const METHOD = 'eth_sendPrivateTransaction'

/**
 * Asks the node whether it takes private transactions at all, before one is signed: by a request without a transaction, which a node that
 * has the method refuses as incomplete.
 *
 * @throws SutureError RPC_METHOD_MISSING when it has no such method
 */
export async function requirePrivateSubmission(node: Node): Promise<void> {
  try {
    await node.request(METHOD, [])
  } catch (error) {
    if (!(error instanceof RpcError) || error.code === 'RPC_METHOD_MISSING' || error.retryable) throw error
  }
}

/** Hands a signed transaction to block builders by way of the node. It never reaches the public pool through this. */
export async function sendPrivately(node: Node, raw: Hex): Promise<void> {
  await node.request(METHOD, [{ tx: raw }])
}
