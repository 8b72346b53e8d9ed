import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Hex, toQuantity } from '../core/hex.ts'
import { RpcError } from '../core/rpc-error.ts'
import { type LocalNode, startLocalNode } from './local-node.ts'
import { createRpc } from './rpc.ts'
import { streamEvents } from './stream.ts'
import type { StreamNotice, StreamOptions } from './stream-options.ts'
import type { BlockRef, ChainEvent, Rpc } from './types.ts'

let node: LocalNode
let http: Rpc
let webSocket: Rpc
let accounts: readonly Hex[]
let sent = 0
beforeAll(async () => {
  node = await startLocalNode({ mining: 'manual' })
  http = node.rpc
  webSocket = createRpc({ urls: [node.wsUrl], chainId: 31_337 })
  accounts = await http.request('eth_accounts')
})
afterAll(async () => {
  webSocket.close()
  await node.stop()
})

let controller: AbortController
beforeEach(() => {
  controller = new AbortController()
})
afterEach(() => controller.abort())

const mine = async (count = 1) => {
  for (let index = 0; index < count; index++) await http.request('evm_mine')
}
const height = async () => BigInt(await http.request<Hex>('eth_blockNumber'))
const send = () =>
  http.request<Hex>('eth_sendTransaction', [
    { from: accounts[0], to: accounts[1], value: toQuantity(++sent) },
  ])

/** What a stream tells, gathered as it comes. */
function gather(rpc: Rpc, options: StreamOptions = {}) {
  const events: ChainEvent[] = []
  const notices: StreamNotice[] = []
  const onNotice = (notice: StreamNotice) => notices.push(notice)
  const stream = streamEvents(rpc, {
    pollMs: 20,
    livenessMs: 50,
    signal: controller.signal,
    onNotice,
    ...options,
  })
  const run = async () => {
    for await (const event of stream) events.push(event)
  }
  const done = run()
  done.catch(() => undefined)
  const blocks = () => events.flatMap((event) => (event.type === 'block' ? [event.block] : []))
  return {
    events,
    notices,
    done,
    numbers: () => blocks().map(({ number }) => number),
    refs: (): BlockRef[] => blocks(),
    reorgs: () => events.flatMap((event) => (event.type === 'reorg' ? [event] : [])),
    hashes: () => events.flatMap((event) => (event.type === 'pending' ? [event.transaction.hash] : [])),
  }
}

/** `rpc` as a node that refuses some methods for good. */
function without(rpc: Rpc, refused: RegExp): Rpc {
  const { subscribe: _subscribe, ...pollOnly } = rpc
  return {
    ...pollOnly,
    request: (method, params, options) =>
      refused.test(`${method} ${params?.[0]}`)
        ? Promise.reject(new RpcError({ method, host: 'test', rpcCode: -32601, message: 'no' }))
        : rpc.request(method, params, options),
  }
}

test('a block comes with its transactions, addresses in lower case', async () => {
  const { events } = gather(http)
  await expect.poll(() => events.length).toBe(1)
  const hash = await send()
  await mine()
  await expect.poll(() => events.filter(({ type }) => type === 'block').length).toBe(2)
  const event = events.findLast(({ type }) => type === 'block')
  expect(event).toMatchObject({
    block: {
      number: await height(),
      transactions: [{ hash, from: accounts[0], to: accounts[1], value: BigInt(sent), data: '0x' }],
    },
  })
})

test('every block from the asked one on is told of in order', async () => {
  await mine(20)
  const { numbers } = gather(http, { from: 1n })
  const last = await height()
  await expect.poll(() => numbers().at(-1)).toBe(last)
  expect(numbers()).toEqual(Array.from({ length: Number(last) }, (_, index) => BigInt(index + 1)))
})

test('a block that is not there yet is waited for', async () => {
  const from = (await height()) + 2n
  const { numbers } = gather(http, { from })
  await mine(3)
  await expect.poll(numbers).toEqual([from, from + 1n])
})

test('a block without the confirmations asked for is held back', async () => {
  const { numbers } = gather(http, { confirmations: 3 })
  const start = (await height()) - 3n
  await expect.poll(numbers).toEqual([start])
  await mine(2)
  await expect.poll(numbers).toEqual([start, start + 1n, start + 2n])
})

test.each(['HTTP', 'WebSocket'])(
  'a reorg over %s retracts newest first, then tells the replacements',
  async (over) => {
    await mine(3)
    const { refs, reorgs, numbers } = gather(over === 'HTTP' ? http : webSocket)
    await expect.poll(() => numbers().length).toBe(1)
    await mine(3)
    await expect.poll(() => numbers().length).toBe(4)
    const [first, second, third, fourth] = refs()
    await http.request('anvil_reorg', [2, []])
    await expect.poll(() => numbers().length).toBe(6)
    const ref = ({ number, hash, parentHash }: BlockRef) => ({ number, hash, parentHash })
    expect(reorgs()).toEqual([
      { type: 'reorg', retracted: [ref(fourth!), ref(third!)], ancestor: ref(second!) },
    ])
    expect(numbers().slice(4)).toEqual([first!.number + 2n, first!.number + 3n])
  },
)

test('a reorg while the stream was down is told of on resuming', async () => {
  await mine(6)
  const before = gather(http, { from: (await height()) - 5n })
  await expect.poll(() => before.refs().length).toBe(6)
  controller.abort()
  await before.done
  await http.request('anvil_reorg', [3, []])
  await mine(2)
  controller = new AbortController()
  const resume = [...before.refs()].reverse()
  const after = gather(http, { resume })
  await expect.poll(() => after.refs().length).toBe(5)
  expect(after.events[0]).toMatchObject({ type: 'reorg', ancestor: { hash: before.refs()[2]!.hash } })
  expect(after.reorgs()[0]!.retracted.map(({ hash }) => hash)).toEqual(
    before
      .refs()
      .slice(3)
      .map(({ hash }) => hash)
      .reverse(),
  )
})

test('a reorg deeper than the window says that it is truncated, and the stream goes on', async () => {
  await mine(8)
  const from = (await height()) - 7n
  const { reorgs, refs } = gather(http, { from, windowSize: 3 })
  await expect.poll(() => refs().length).toBe(8)
  await http.request('anvil_reorg', [6, []])
  await expect.poll(() => reorgs().length).toBe(1)
  expect(reorgs()[0]).toMatchObject({ truncated: true })
  expect(reorgs()[0]!.retracted).toHaveLength(3)
  await mine()
  await expect.poll(() => refs().at(-1)!.number).toBe(from + 8n)
  expect(
    refs()
      .slice(8)
      .map(({ number }) => number),
  ).toEqual([5n, 6n, 7n, 8n].map((step) => from + step))
})

test('a reorg below the first block told of retracts everything, and is complete', async () => {
  await mine(4)
  const { reorgs, refs } = gather(http)
  await expect.poll(() => refs().length).toBe(1)
  await http.request('anvil_reorg', [3, []])
  await expect.poll(() => refs().length).toBe(2)
  expect(reorgs()).toMatchObject([{ retracted: [{ hash: refs()[0]!.hash }] }])
  expect(reorgs()[0]!.truncated).toBeUndefined()
})

test('a node that lags behind is no reorg', async () => {
  await mine(3)
  let lag = 0n
  const lagging: Rpc = {
    ...http,
    request: async (method, params, options) =>
      method === 'eth_getBlockByNumber' && params?.[0] === 'latest'
        ? http.request(method, [toQuantity((await height()) - lag), params[1]], options)
        : http.request(method, params, options),
  }
  const { events, numbers } = gather(lagging, { pending: false })
  await expect.poll(() => numbers().length).toBe(1)
  lag = 2n
  await sleep(100)
  lag = 0n
  await mine()
  await expect.poll(() => numbers().length).toBe(2)
  expect(events.map(({ type }) => type)).toEqual(['block', 'block'])
})

describe('pending transactions', () => {
  beforeEach(() => mine())

  const nodes: [string, () => Rpc][] = [
    ['a subscription', () => webSocket],
    ['a filter', () => http],
    ['the pool alone', () => without(http, /eth_newPendingTransactionFilter/)],
    ['the pending block alone', () => without(http, /eth_newPendingTransactionFilter|txpool_content/)],
  ]
  test.each(nodes)('come once each from %s, those from before the start included', async (_name, rpc) => {
    const hashes = [await send(), await send()]
    const stream = gather(rpc())
    await expect.poll(() => stream.hashes().length).toBe(2)
    hashes.push(await send(), await send())
    await expect.poll(() => stream.hashes().length).toBe(4)
    await sleep(80)
    expect(stream.hashes().toSorted()).toEqual(hashes.toSorted())
  })

  test('are not missed by a node that shows no pool at all: blocks still come', async () => {
    const stream = gather(without(http, /eth_newPendingTransactionFilter|txpool_content|pending/))
    await expect.poll(() => stream.numbers().length).toBe(1)
    await send()
    await mine()
    await expect.poll(() => stream.numbers().length).toBe(2)
    expect(stream.hashes()).toEqual([])
  })

  test('beyond what the inbox holds are found in the pool', async () => {
    let announce: (hash: Hex) => void = () => {}
    const flooded: Rpc = {
      ...without(http, /eth_newPendingTransactionFilter/),
      subscribe: async ([topic], listener) => {
        if (topic === 'newPendingTransactions') announce = (hash) => listener.next(hash)
        return () => {}
      },
    }
    const stream = gather(flooded, { inboxSize: 2 })
    await expect.poll(() => stream.notices).toContainEqual({ type: 'pool', found: 0 })
    const hashes: Hex[] = []
    for (let index = 0; index < 8; index++) hashes.push(await send())
    hashes.forEach(announce)
    await expect.poll(() => stream.hashes().toSorted()).toEqual(hashes.toSorted())
    expect(stream.notices).toContainEqual({ type: 'overflow', dropped: 6 })
  })

  test('that the node does not have yet are asked for again', async () => {
    let refusals = 2
    const forgetful: Rpc = {
      ...http,
      batch: async (calls, options) =>
        calls[0]?.method === 'eth_getTransactionByHash' && refusals-- > 0
          ? calls.map(() => ({ ok: true, result: null }))
          : http.batch(calls, options),
    }
    const stream = gather(forgetful)
    await expect.poll(() => stream.notices).toContainEqual({ type: 'pool', found: 0 })
    const hash = await send()
    await expect.poll(stream.hashes).toEqual([hash])
  })

  test('that the node never gives are named', async () => {
    const hash = `0x${'ab'.repeat(32)}`
    const phantom: Rpc = {
      ...http,
      request: async (method, params, options) =>
        method === 'eth_getFilterChanges' ? ([hash] as never) : http.request(method, params, options),
    }
    const stream = gather(phantom)
    await expect.poll(() => stream.notices, { timeout: 8_000 }).toContainEqual({ type: 'unavailable', hash })
    expect(stream.hashes()).toEqual([])
  })
})

test('a subscription that stands but says nothing is noticed, and nothing is lost', async () => {
  let subscriptions = 0
  const deaf: Rpc = {
    ...http,
    subscribe: async () => {
      subscriptions += 1
      return () => {}
    },
  }
  const stream = gather(deaf)
  await expect.poll(() => stream.numbers().length).toBe(1)
  const hashes: Hex[] = []
  for (let index = 0; index < 6; index++) {
    hashes.push(await send())
    await sleep(70)
    await mine()
    await sleep(70)
  }
  await expect.poll(() => stream.numbers().length).toBe(7)
  expect(stream.hashes().toSorted()).toEqual(hashes.toSorted())
  expect(stream.notices).toContainEqual({ type: 'deaf', part: 'blocks' })
  expect(stream.notices).toContainEqual({ type: 'deaf', part: 'pending' })
  await expect.poll(() => subscriptions).toBeGreaterThan(2)
})

test('a slow consumer makes the stream wait, is told so, and misses nothing', async () => {
  const notices: StreamNotice[] = []
  const from = (await height()) + 1n
  await mine(12)
  const numbers: bigint[] = []
  const stream = streamEvents(http, {
    from,
    pollMs: 20,
    pending: false,
    queue: { blocks: 2 },
    onNotice: (notice) => notices.push(notice),
  })
  for await (const event of stream) {
    if (event.type === 'block') numbers.push(event.block.number)
    if (numbers.length === 12) break
    await sleep(10)
  }
  expect(numbers).toEqual(Array.from({ length: 12 }, (_, index) => from + BigInt(index)))
  expect(notices).toContainEqual({ type: 'blocked', queue: 'blocks', milliseconds: expect.any(Number) })
})

describe('a stream fails', () => {
  const altered = (change: (block: Record<string, unknown>) => unknown): Rpc => ({
    ...http,
    batch: async (calls, options) =>
      (await http.batch(calls, options)).map((outcome) =>
        outcome.ok && outcome.result !== null
          ? { ok: true, result: change(outcome.result as Record<string, unknown>) }
          : outcome,
      ),
  })

  test('naming the field when a node persists in malformed blocks', async () => {
    const { done, notices } = gather(
      altered((block) => ({ ...block, timestamp: 12 })),
      { pollMs: 1, pending: false },
    )
    await expect(done).rejects.toMatchObject({
      code: 'RPC_RESPONSE_INVALID',
      meta: expect.arrayContaining(['field: timestamp']),
    })
    expect(notices.length).toBeGreaterThan(3)
  })

  test('when a node answers with another block than the one asked for', async () => {
    const { done } = gather(
      altered((block) => ({ ...block, number: '0x1' })),
      { pollMs: 1, pending: false },
    )
    await expect(done).rejects.toMatchObject({
      code: 'RPC_RESPONSE_INVALID',
      meta: expect.arrayContaining(['field: number']),
    })
  })

  test('when the chain it resumes on has another genesis block', async () => {
    const alien = (byte: string) => `0x${byte.repeat(32)}` as Hex
    const resume = [{ number: 0n, hash: alien('aa'), parentHash: alien('00') }]
    await expect(gather(http, { resume }).done).rejects.toMatchObject({ code: 'CHAIN_MISMATCH' })
  })
})

test('a stream ends without an error when its signal fires, also while it waits', async () => {
  const { done, numbers } = gather(webSocket, { pollMs: 60_000, livenessMs: 60_000 })
  await expect.poll(() => numbers().length).toBe(1)
  controller.abort()
  await done
})
