import { z } from 'zod'
import type { Rpc } from '../chain/types.ts'
import { messageOf, SutureError } from '../core/errors.ts'
import { type Address, type Hex, toAddress, toQuantity } from '../core/hex.ts'
import type { Receipt, TransactionIntent } from './types.ts'

export type Node = Pick<Rpc, 'request' | 'chainId'>

export interface Head {
  readonly number: bigint
  readonly baseFeePerGas: bigint
  readonly gasLimit: bigint
}

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/) as unknown as z.ZodType<Hex>
const quantity = hex.transform((value) => BigInt(value))

const headSchema = z.object({
  number: quantity,
  gasLimit: quantity,
  baseFeePerGas: quantity.optional(),
})

const receiptSchema = z.object({
  transactionHash: hex,
  blockNumber: quantity,
  blockHash: hex,
  transactionIndex: quantity,
  status: z.enum(['0x0', '0x1']),
  gasUsed: quantity,
})

const blockSchema = z.object({
  transactions: z.array(z.object({ hash: hex, from: hex, nonce: quantity })),
})

async function ask<T>(
  node: Node,
  schema: z.ZodType<T>,
  method: string,
  params: readonly unknown[],
): Promise<T> {
  const result = await node.request(method, params)
  const parsed = schema.safeParse(result)
  if (parsed.success) return parsed.data
  throw new SutureError('RPC_RESPONSE_INVALID', `The node's answer to ${method} has another shape.`, {
    meta: [`method: ${method}`, ...parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`)],
    retryable: true,
  })
}

export async function readHead(node: Node): Promise<Head> {
  const { baseFeePerGas = 0n, ...head } = await ask(node, headSchema, 'eth_getBlockByNumber', [
    'latest',
    false,
  ])
  return { ...head, baseFeePerGas }
}

/** Transactions of `address` in the chain up to and including `block`. */
export function readNonce(
  node: Node,
  address: Address,
  block: bigint | 'latest' | 'pending',
): Promise<bigint> {
  const at = typeof block === 'string' ? block : toQuantity(block)
  return ask(node, quantity, 'eth_getTransactionCount', [address, at])
}

export async function readReceipt(node: Node, intent: string, hash: Hex): Promise<Receipt | null> {
  const receipt = await ask(node, receiptSchema.nullable(), 'eth_getTransactionReceipt', [hash])
  return (
    receipt && {
      intent,
      hash: receipt.transactionHash,
      blockNumber: receipt.blockNumber,
      blockHash: receipt.blockHash,
      transactionIndex: Number(receipt.transactionIndex),
      status: receipt.status === '0x1' ? 'success' : 'reverted',
      gasUsed: receipt.gasUsed,
    }
  )
}

/** Whether the node has the transaction, mined or in its pool. */
export async function isKnown(node: Node, hash: Hex): Promise<boolean> {
  const found = await ask(node, z.object({ hash: hex }).nullable(), 'eth_getTransactionByHash', [hash])
  return found !== null
}

/** Hash of the transaction `sender` made with `nonce` in that block; null where the block has none. */
export async function findTransaction(
  node: Node,
  block: bigint,
  sender: Address,
  nonce: bigint,
): Promise<Hex | null> {
  const { transactions } = await ask(node, blockSchema, 'eth_getBlockByNumber', [toQuantity(block), true])
  return transactions.find((tx) => toAddress(tx.from) === sender && tx.nonce === nonce)?.hash ?? null
}

/** Wei per gas the node suggests as priority fee. */
export function readSuggestedTip(node: Node): Promise<bigint> {
  return ask(node, quantity, 'eth_maxPriorityFeePerGas', [])
}

/** The intent as the node's call object. */
export function callOf(intent: TransactionIntent, from: Address) {
  return {
    from,
    ...(intent.to === null ? {} : { to: intent.to }),
    data: intent.data,
    value: toQuantity(intent.value),
  }
}

/**
 * Gas the intent takes on the newest block.
 *
 * @throws SutureError TRANSACTION_FAILED where the node says it would revert.
 */
export async function estimateGas(node: Node, intent: TransactionIntent, from: Address): Promise<bigint> {
  try {
    return await ask(node, quantity, 'eth_estimateGas', [callOf(intent, from), 'latest'])
  } catch (error) {
    if (!(error instanceof SutureError) || error.code !== 'RPC_ERROR' || error.retryable) throw error
    throw new SutureError('TRANSACTION_FAILED', 'The transaction would revert, so it was not sent.', {
      meta: [
        `intent: ${intent.id}`,
        `to: ${intent.to ?? 'creation'}`,
        `reason: ${messageOf(error)}`,
        'fix: check that the signer has the role and the funds the call needs',
      ],
      cause: error,
    })
  }
}
