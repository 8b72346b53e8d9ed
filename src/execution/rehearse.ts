import { z } from 'zod'
import { SutureError } from '../core/errors.ts'
import { type Address, type Hex, toQuantity } from '../core/hex.ts'
import { callOf, type Node } from './node-view.ts'
import type { Rehearsal, TransactionIntent } from './types.ts'

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/) as unknown as z.ZodType<Hex>
const quantity = hex.transform((value) => BigInt(value))
const headSchema = z.object({ number: quantity, timestamp: quantity })
const blocksSchema = z.array(
  z.object({
    calls: z
      .array(
        z.object({
          status: z.enum(['0x0', '0x1']),
          gasUsed: quantity,
          returnData: hex,
          logs: z.array(z.object({ address: hex, topics: z.array(hex), data: hex })).default([]),
          error: z.object({ data: hex.optional() }).optional(),
        }),
      )
      .length(1),
  }),
)

/** Seconds; how far apart the blocks are in which they are tried. */
const BLOCK_TIME = 12n

/**
 * Tries transactions one after the other, each in a block of its own on what the ones before left, and sends nothing.
 *
 * @throws SutureError RPC_METHOD_MISSING when the node cannot (`eth_simulateV1`), RPC_RESPONSE_INVALID
 */
export async function rehearse(
  node: Node,
  from: Address,
  intents: readonly TransactionIntent[],
): Promise<readonly Rehearsal[]> {
  const head = headSchema.safeParse(await node.request('eth_getBlockByNumber', ['latest', false]))
  if (!head.success) throw unreadable('eth_getBlockByNumber')
  const { number, timestamp } = head.data
  const blockStateCalls = intents.map((intent, i) => ({
    // Said outright: not every node goes on from its head by itself.
    blockOverrides: {
      number: toQuantity(number + BigInt(i) + 1n),
      time: toQuantity(timestamp + (BigInt(i) + 1n) * BLOCK_TIME),
    },
    calls: [callOf(intent, from)],
  }))
  const answer = await node.request('eth_simulateV1', [{ blockStateCalls, validation: false }, 'latest'])
  const blocks = blocksSchema.safeParse(answer)
  if (!blocks.success || blocks.data.length !== intents.length) throw unreadable('eth_simulateV1')
  return blocks.data.map(({ calls: [call] }, i) => ({
    intent: intents[i]!,
    succeeded: call!.status === '0x1',
    output: call!.error?.data ?? call!.returnData,
    gas: call!.gasUsed,
    logs: call!.logs,
  }))
}

const unreadable = (method: string): SutureError =>
  new SutureError('RPC_RESPONSE_INVALID', `The node's answer to ${method} has another shape.`, {
    meta: [`method: ${method}`, 'fix: use another node or version'],
  })
