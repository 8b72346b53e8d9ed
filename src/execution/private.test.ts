import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openTestStore, silent, type TestStore } from '../../test/support/store.ts'
import { type LocalNode, startLocalNode } from '../chain/local-node.ts'
import { type Hex, toAddress } from '../core/hex.ts'
import type { Node } from './node-view.ts'
import { createSender } from './submit.ts'
import type { TransactionIntent } from './types.ts'

/** The first account anvil funds. */
const signer = privateKeyToAccount('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80')
const TARGET = toAddress('0x00000000000000000000000000000000c0ffee00')
const PUBLIC = 'eth_sendRawTransaction'
const PRIVATE = 'eth_sendPrivateTransaction'

let database: TestStore
let node: LocalNode
let asked: string[]
/** Transactions that builders have and nobody sees. */
let withheld: Hex[]

beforeAll(async () => {
  database = await openTestStore()
  node = await startLocalNode({ mining: 'manual' })
})
afterAll(async () => {
  await node.stop()
  await database.remove()
})
beforeEach(() => {
  asked = []
  withheld = []
})

/** The node as an endpoint that forwards private transactions to a builder. */
const relay: Node = {
  chainId: 31_337,
  request: async <T>(method: string, params: readonly unknown[] = []) => {
    asked.push(method)
    if (method !== PRIVATE || params.length === 0) return node.rpc.request<T>(method, params)
    withheld.push((params[0] as { tx: Hex }).tx)
    return '0x' as T
  },
}
/** The relay answers an empty request as one that has the method does. */
const knowing: Node = {
  ...relay,
  request: async <T>(method: string, params: readonly unknown[] = []) =>
    method === PRIVATE && params.length === 0
      ? relay.request<T>('eth_call', [])
      : relay.request<T>(method, params),
}

const intent = (id: string): TransactionIntent => ({
  ...{ id, chainId: 31_337, to: TARGET, data: '0x', value: 1n },
  urgency: 'normal',
  private: true,
})
const sender = (rpc: Node) =>
  createSender({
    ...{ rpc, signer, store: database.store, logger: silent, maxFeePerGas: 10n ** 12n },
    ...{ confirmations: 1n, pollMs: 20, timeoutMs: 5_000 },
  })

describe('a private transaction', () => {
  it('is not signed for a node that cannot take it', async () => {
    await expect(sender(relay).submit(intent('refused'))).rejects.toMatchObject({
      code: 'RPC_METHOD_MISSING',
    })
    expect(await database.store.query('SELECT 1 FROM intents')).toEqual([])
  })

  it('reaches the builder once a block, and never the pool, until it is mined', async () => {
    const submitted = sender(knowing).submit(intent('hidden'))
    while (withheld.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(withheld).toHaveLength(1)
    await node.rpc.request('evm_mine')
    while (withheld.length === 1) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(new Set(withheld).size).toBe(1)
    expect(asked).not.toContain(PUBLIC)
    expect(await node.rpc.request('txpool_status')).toMatchObject({ pending: '0x0' })
    await node.rpc.request(PUBLIC, [withheld[0]])
    await node.rpc.request('evm_mine')
    expect((await submitted).status).toBe('success')
  })

  it('is kept from the pool by the process that goes on with it, too', async () => {
    const abandoned = new AbortController()
    const waiting = sender(knowing).submit(intent('resumed'), abandoned.signal)
    while (withheld.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    abandoned.abort()
    await expect(waiting).rejects.toMatchObject({ retryable: true })
    asked = []
    await sender(knowing).resume()
    expect(asked).toContain(PRIVATE)
    expect(asked).not.toContain(PUBLIC)
  })
})
