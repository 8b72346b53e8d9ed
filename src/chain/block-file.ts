import { z } from 'zod'
import type { Address, Hex } from '../core/hex.ts'
import { readJsonFile } from '../core/read-json.ts'
import {
  addressSchema as address,
  bytesSchema as bytes,
  genesisAccountSchema,
  quantitySchema as quantity,
  wordSchema as word,
} from '../core/schema.ts'
import { validate } from '../core/validate.ts'
import type { BlockContext, Genesis, TransactionRequest } from './types.ts'

const ZERO_WORD: Hex = `0x${'00'.repeat(32)}`

const blockFileSchema = z.object({
  format: z.literal('suture-block/1', { error: 'this is not a block: format must be "suture-block/1"' }),
  chainId: z.number().int().positive(),
  hardfork: z.string(),
  block: z.object({
    number: quantity,
    timestamp: quantity,
    baseFeePerGas: quantity.default(0n),
    gasLimit: quantity,
    coinbase: address.optional(),
    miner: address.optional(),
    prevRandao: word.optional(),
  }),
  alloc: z.record(address, genesisAccountSchema),
  transactions: z.array(
    z.object({
      hash: bytes,
      from: address,
      to: address.nullable(),
      data: bytes.default('0x'),
      value: quantity.default(0n),
      gas: quantity,
    }),
  ),
})

/** A block of a real chain with the state its transactions need. */
export interface BlockFile {
  readonly chainId: number
  readonly hardfork: string
  readonly block: BlockContext
  readonly alloc: Genesis
  readonly transactions: readonly (TransactionRequest & { readonly hash: Hex })[]
}

/**
 * Validates a block file (`suture-block/1`). Before the Merge there is no prevRandao: it reads as zero.
 *
 * @throws SutureError `BLOCK_FILE_INVALID` naming field, value and fix.
 */
export function parseBlockFile(value: unknown): BlockFile {
  const { chainId, hardfork, block, alloc, transactions } = validate(blockFileSchema, value, {
    code: 'BLOCK_FILE_INVALID',
    what: 'The block file',
  })
  const { number, timestamp, baseFeePerGas, gasLimit, coinbase, miner, prevRandao = ZERO_WORD } = block
  const beneficiary = coinbase ?? miner ?? ('0x0000000000000000000000000000000000000000' as Address)
  return {
    chainId,
    hardfork,
    alloc,
    transactions,
    block: { number, timestamp, baseFeePerGas, gasLimit, coinbase: beneficiary, prevRandao },
  }
}

/** Reads and validates a block file, gzipped or not. */
export async function readBlockFile(path: string): Promise<BlockFile> {
  return parseBlockFile(await readJsonFile(path))
}

/** The accounts of the block's state that run code: those that can hold or move value for others. */
export function contractsOf({ alloc }: BlockFile): Address[] {
  return (Object.keys(alloc) as Address[]).filter((address) => alloc[address]!.code !== '0x')
}
