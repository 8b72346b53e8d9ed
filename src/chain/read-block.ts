import { toQuantity } from '../core/hex.ts'
import { parseBlock } from './stream-schema.ts'
import type { Block, Rpc } from './types.ts'

/** A block with its full transactions, by number. */
export async function readBlock(rpc: Rpc, number: bigint): Promise<Block> {
  return parseBlock(await rpc.request('eth_getBlockByNumber', [toQuantity(number), true]))
}
