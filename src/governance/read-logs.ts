import { z } from 'zod'
import type { Rpc } from '../chain/types.ts'
import { type Address, type Hex, toQuantity } from '../core/hex.ts'
import { RpcError } from '../core/rpc-error.ts'
import { validate } from '../core/validate.ts'

export interface LogFilter {
  readonly address: Address
  /** By position; null for any. */
  readonly topics: readonly (Hex | null)[]
}

export interface Log {
  readonly address: Address
  readonly topics: readonly Hex[]
  readonly data: Hex
}

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/, 'expected hexadecimal digits') as unknown as z.ZodType<Hex>
const logsSchema = z.array(z.object({ address: hex, topics: z.array(hex), data: hex }))

/** Blocks; where a node refuses less than this, it is not for the size of the range. */
const SMALLEST_SPAN = 100n

/**
 * All logs that match, from `fromBlock` to the head, oldest first. A range the node finds too large is asked for in halves.
 *
 * @throws RPC_ERROR when the node refuses even a small range, RPC_RESPONSE_INVALID
 */
export async function readLogs(rpc: Rpc, filter: LogFilter, fromBlock: bigint): Promise<readonly Log[]> {
  const head = BigInt(await rpc.request<Hex>('eth_blockNumber'))
  return readSpan(rpc, filter, fromBlock, head)
}

async function readSpan(rpc: Rpc, filter: LogFilter, from: bigint, to: bigint): Promise<readonly Log[]> {
  if (from > to) return []
  try {
    const range = { fromBlock: toQuantity(from), toBlock: toQuantity(to) }
    const logs = await rpc.request('eth_getLogs', [{ ...filter, ...range }])
    return validate(logsSchema, logs, { code: 'RPC_RESPONSE_INVALID', what: 'The answer to eth_getLogs' })
  } catch (error) {
    if (!(error instanceof RpcError) || to - from < SMALLEST_SPAN) throw error
    const middle = (from + to) / 2n
    return [...(await readSpan(rpc, filter, from, middle)), ...(await readSpan(rpc, filter, middle + 1n, to))]
  }
}

/** The last block that is at least as old as `timestamp` (seconds since the epoch); the first one there is, where all are younger. */
export async function findBlockAt(rpc: Rpc, timestamp: bigint): Promise<bigint> {
  const timeOf = async (number: bigint) => {
    const block = await rpc.request<{ timestamp: Hex } | null>('eth_getBlockByNumber', [
      toQuantity(number),
      false,
    ])
    return block === null ? -1n : BigInt(block.timestamp)
  }
  let low = 0n
  let high = BigInt(await rpc.request<Hex>('eth_blockNumber'))
  while (high > low) {
    const middle = (low + high + 1n) / 2n
    if ((await timeOf(middle)) <= timestamp) low = middle
    else high = middle - 1n
  }
  return low
}
