import { z } from 'zod'
import { SutureError } from '../core/errors.ts'
import { type Address, type Hex, toAddress, ZERO_ADDRESS } from '../core/hex.ts'
import type { Block, BlockRef, ChainTransaction } from './types.ts'

const ZERO_WORD: Hex = `0x${'00'.repeat(32)}`

const quantity = z
  .string()
  .regex(/^0x[0-9a-f]{1,64}$/i, 'expected a quantity')
  .transform(BigInt)
const word = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/i, 'expected 32 bytes')
  .transform((value) => value.toLowerCase() as Hex)
const bytes = z
  .string()
  .regex(/^0x([0-9a-f]{2})*$/i, 'expected bytes')
  .transform((value) => value.toLowerCase() as Hex)
const address = z
  .string()
  .regex(/^0x[0-9a-f]{40}$/i, 'expected an address')
  .transform((value): Address => toAddress(value))

const refSchema = z.object({ number: quantity, hash: word, parentHash: word })

const transactionSchema = z
  .object({
    hash: word,
    from: address,
    to: address.nullish(),
    input: bytes,
    value: quantity,
    gas: quantity,
    nonce: quantity,
    gasPrice: quantity.nullish(),
    maxFeePerGas: quantity.nullish(),
    maxPriorityFeePerGas: quantity.nullish(),
  })
  .refine(({ gasPrice, maxFeePerGas }) => (gasPrice ?? maxFeePerGas) != null, {
    path: ['gasPrice'],
    message: 'neither gasPrice nor maxFeePerGas is there',
  })
  .transform(({ to, input, gasPrice, maxFeePerGas, maxPriorityFeePerGas, ...rest }): ChainTransaction => {
    const most = maxFeePerGas ?? gasPrice ?? 0n
    return {
      ...rest,
      to: to ?? null,
      data: input,
      maxFeePerGas: most,
      maxPriorityFeePerGas: maxPriorityFeePerGas ?? most,
    }
  })

/** What chains before London or beside mainnet leave out has a neutral value. */
const blockSchema = refSchema
  .extend({
    timestamp: quantity,
    gasLimit: quantity,
    baseFeePerGas: quantity.nullish(),
    miner: address.nullish(),
    mixHash: word.nullish(),
    transactions: z.array(transactionSchema),
  })
  .transform(
    ({ baseFeePerGas, miner, mixHash, ...rest }): Block => ({
      ...rest,
      baseFeePerGas: baseFeePerGas ?? 0n,
      coinbase: miner ?? ZERO_ADDRESS,
      prevRandao: mixHash ?? ZERO_WORD,
    }),
  )

const poolSchema = z.object({ pending: z.record(z.string(), z.record(z.string(), z.unknown())) })
const pendingBlockSchema = z.object({ hash: word.nullish(), transactions: z.array(z.unknown()) })

/** @throws SutureError `RPC_RESPONSE_INVALID` naming the method and the field */
function parse<T>(schema: z.ZodType<T>, value: unknown, method: string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw new SutureError('RPC_RESPONSE_INVALID', `The node's answer to ${method} is not what it should be.`, {
    meta: [
      `method: ${method}`,
      `field: ${issue.path.join('.') || 'result'}`,
      `problem: ${issue.message}`,
      'fix: use another node, or another version of it',
    ],
  })
}

/** A block with its full transactions. */
export function parseBlock(value: unknown): Block {
  return parse(blockSchema, value, 'eth_getBlockByNumber')
}

export function parseBlockRef(value: unknown): BlockRef {
  return parse(refSchema, value, 'eth_getBlockByNumber')
}

export function parseTransaction(value: unknown): ChainTransaction {
  return parse(transactionSchema, value, 'eth_getTransactionByHash')
}

export function parseHash(value: unknown): Hex {
  return parse(word, value, 'eth_getFilterChanges')
}

export function parseFilterId(value: unknown): string {
  return parse(z.string().min(1), value, 'eth_newPendingTransactionFilter')
}

export function parseFilterChanges(value: unknown): readonly unknown[] {
  return parse(z.array(z.unknown()), value, 'eth_getFilterChanges')
}

/** The executable transactions of `txpool_content`, unread. */
export function parsePool(value: unknown): readonly unknown[] {
  const { pending } = parse(poolSchema, value, 'txpool_content')
  return Object.values(pending).flatMap((byNonce) => Object.values(byNonce))
}

/** The pending block, its transactions unread. */
export function parsePendingBlock(value: unknown): {
  hash?: Hex | null | undefined
  transactions: unknown[]
} {
  return parse(pendingBlockSchema, value, 'eth_getBlockByNumber')
}
