import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type LocalNode, startLocalNode } from '../../src/chain/local-node.ts'
import { createRpc } from '../../src/chain/rpc.ts'
import { streamEvents } from '../../src/chain/stream.ts'
import type { BlockRef } from '../../src/chain/types.ts'
import { type Hex, toQuantity } from '../../src/core/hex.ts'
import { createRandom, type Random } from '../support/random.ts'
import { type FaultProxy, type FaultRates, NO_FAULTS, startFaultProxy } from './fault-proxy.ts'
import { FoldedView } from './folded-view.ts'

const CHAIN_ID = 31_337
const ROUNDS = 12
const DEEPEST_REORG = 12
const PATIENCE_MS = 30_000
const FAULTS: FaultRates = { request: 0.12, notification: 0.3, mute: 0.01 }

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  while (!(await holds())) {
    if (Date.now() > deadline) expect.fail(`not within ${PATIENCE_MS} ms: ${what}`)
    await sleep(20)
  }
}

/** Consumes a stream into `view`; `stop` ends it, as an orderly shutdown would. */
function consume(urls: readonly string[], view: FoldedView, resume: readonly BlockRef[]) {
  const rpc = createRpc({ urls, chainId: CHAIN_ID, timeoutMs: 400, attempts: 3 })
  const controller = new AbortController()
  const { signal } = controller
  const run = async () => {
    for await (const event of streamEvents(rpc, { signal, from: 0n, resume, pollMs: 40, livenessMs: 120 }))
      view.apply(event)
  }
  const done = run()
  let failure: unknown = null
  done.catch((error) => {
    failure = error
  })
  return {
    check() {
      if (failure) throw failure
    },
    async stop() {
      controller.abort()
      await done
      rpc.close()
    },
  }
}

/** The user of the chain: sends, mines, and lets the chain reorganise, past the faults. */
function createDriver(node: LocalNode, accounts: readonly Hex[], random: Random) {
  let sent = 0
  return {
    async send(): Promise<Hex[]> {
      const count = random.between(1, 4)
      const hashes: Hex[] = []
      for (let index = 0; index < count; index++) {
        sent += 1
        // The value makes each transaction another, also where a reorg has given a nonce back.
        const transaction = {
          from: accounts[sent % accounts.length],
          to: accounts[0],
          value: toQuantity(sent),
        }
        hashes.push(await node.rpc.request<Hex>('eth_sendTransaction', [transaction]))
      }
      return hashes
    },
    async mine(): Promise<void> {
      for (let count = random.between(1, 4); count > 0; count--) await node.rpc.request('evm_mine')
    },
    async reorganise(): Promise<number> {
      const depth = random.between(1, DEEPEST_REORG)
      await node.rpc.request('anvil_reorg', [depth, []])
      return depth
    },
  }
}

async function headOf(node: LocalNode): Promise<Hex> {
  return (await node.rpc.request<{ hash: Hex }>('eth_getBlockByNumber', ['latest', false])).hash
}

async function canonicalChain(node: LocalNode): Promise<BlockRef[]> {
  const height = Number(await node.rpc.request<string>('eth_blockNumber'))
  const calls = Array.from({ length: height + 1 }, (_, number) => ({
    method: 'eth_getBlockByNumber',
    params: [toQuantity(number), false],
  }))
  return (await node.rpc.batch(calls)).map((outcome) => {
    if (!outcome.ok) throw outcome.error
    const { number, hash, parentHash } = outcome.result as { number: string; hash: Hex; parentHash: Hex }
    return { number: BigInt(number), hash, parentHash }
  })
}

type Transports = (proxies: readonly FaultProxy[]) => readonly string[]
const http: Transports = ([proxy]) => [proxy!.url]
const webSocket: Transports = ([proxy]) => [proxy!.wsUrl]
const both: Transports = ([first, second]) => [first!.wsUrl, second!.url]

test.concurrent.for([
  { name: 'HTTP', transports: http, seed: 1 },
  { name: 'HTTP', transports: http, seed: 2 },
  { name: 'HTTP', transports: http, seed: 3 },
  { name: 'a WebSocket', transports: webSocket, seed: 4 },
  { name: 'a WebSocket', transports: webSocket, seed: 5 },
  { name: 'a WebSocket', transports: webSocket, seed: 6 },
  { name: 'a WebSocket with HTTP behind it', transports: both, seed: 7 },
  { name: 'a WebSocket with HTTP behind it', transports: both, seed: 8 },
])(
  'over $name the stream tells exactly what the chain did (seed $seed)',
  { timeout: 85_000 },
  async ({ transports, seed }, { onTestFinished }) => {
    const node = await startLocalNode({ chainId: CHAIN_ID, mining: 'manual' })
    onTestFinished(() => node.stop())
    const proxies = await Promise.all([seed, seed + 1_000].map((each) => startFaultProxy(node, each)))
    onTestFinished(async () => {
      for (const proxy of proxies) await proxy.stop()
    })
    const random = createRandom(seed)
    const accounts = await node.rpc.request<Hex[]>('eth_accounts')
    const driver = createDriver(node, accounts, random)
    const urls = transports(proxies)
    for (let block = 0; block < DEEPEST_REORG + 1; block++) await node.rpc.request('evm_mine')

    let view = new FoldedView()
    let consumer = consume(urls, view, [])
    onTestFinished(() => consumer.stop().catch(() => undefined))
    await until('the first block', () => view.chain.length > 0)
    for (const proxy of proxies) proxy.setRates(FAULTS)

    const atHead = (round: number) =>
      until(`round ${round}: the head`, async () => {
        consumer.check()
        return view.chain.at(-1)?.hash === (await headOf(node))
      })
    for (let round = 0; round < ROUNDS; round++) {
      const hashes = await driver.send()
      await until(`round ${round}: every pending transaction`, () => {
        consumer.check()
        return hashes.every((hash) => view.pending.has(hash))
      })
      await driver.mine()
      // What the stream has told is taken back; or what it may not have seen yet.
      if (round % 3 === 1) {
        await atHead(round)
        const depth = await driver.reorganise()
        await atHead(round)
        expect(view.depths.at(-1)).toBe(depth)
      } else if (random.chance(0.2)) await driver.reorganise()
      if (random.chance(0.25)) {
        await consumer.stop()
        expectEachOnce(view)
        await driver.mine()
        if (random.chance(0.6)) await driver.reorganise()
        view = FoldedView.resuming(view)
        consumer = consume(urls, view, view.chain.slice(-40))
      }
    }

    for (const proxy of proxies) proxy.setRates(NO_FAULTS)
    await node.rpc.request('evm_mine')
    const canonical = await canonicalChain(node)
    await until('the stream at the head', () => {
      consumer.check()
      return view.chain.at(-1)?.hash === canonical.at(-1)!.hash
    })
    await sleep(100)
    await consumer.stop()
    expect(view.chain).toEqual(canonical)
    expectEachOnce(view)
    const dealt = proxies.flatMap((proxy) => [...proxy.dealt.values()]).reduce((sum, count) => sum + count, 0)
    expect(dealt).toBeGreaterThan(5)
  },
)

function expectEachOnce(view: FoldedView): void {
  expect([...view.pending].filter(([, count]) => count !== 1)).toEqual([])
}
