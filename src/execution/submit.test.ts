import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openTestStore, silent, type TestStore } from '../../test/support/store.ts'
import { type LocalNode, startLocalNode } from '../chain/local-node.ts'
import { SutureError } from '../core/errors.ts'
import { type Hex, toAddress } from '../core/hex.ts'
import type { SenderOptions } from './context.ts'
import { createSender } from './submit.ts'
import type { TransactionIntent } from './types.ts'

const GWEI = 10n ** 9n
/** The first two accounts anvil funds. */
const KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const ATTACKER_KEY = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
const signer = privateKeyToAccount(KEY)
const attacker = privateKeyToAccount(ATTACKER_KEY)
const TARGET = toAddress('0x00000000000000000000000000000000c0ffee00')

/** Counts its calls in slot 0: SLOAD(0)+1 → SSTORE(0). How often a transaction happened is read from the chain. */
const COUNTER = '0x60005460010160005500'
/** Always reverts. */
const REVERTER = '0x60006000fd'

let database: TestStore
let node: LocalNode
let sequence = 0

beforeAll(async () => {
  database = await openTestStore()
})
afterAll(() => database.remove())
beforeEach(async () => {
  node = await startLocalNode({ mining: 'manual' })
  await node.rpc.request('anvil_setCode', [TARGET, COUNTER])
  // Every test has its own chain but shares the database.
  await database.store.query('DELETE FROM attempts')
  await database.store.query('DELETE FROM intents')
})
afterEach(() => node.stop())

function intent(more: Partial<TransactionIntent> = {}): TransactionIntent {
  const id = `test/${sequence++}`
  return { id, chainId: 31_337, to: TARGET, data: '0x', value: 0n, urgency: 'normal', ...more }
}

function sender(more: Partial<SenderOptions> = {}) {
  const options = { rpc: node.rpc, signer, store: database.store, logger: silent }
  return createSender({
    ...options,
    maxFeePerGas: 500n * GWEI,
    confirmations: 1n,
    pollMs: 20,
    timeoutMs: 20_000,
    ...more,
  })
}

const mine = (blocks = 1) => node.rpc.request('anvil_mine', [`0x${blocks.toString(16)}`])
const calls = async () => BigInt(await node.rpc.request<Hex>('eth_getStorageAt', [TARGET, '0x0', 'latest']))
const pooled = async () => {
  const { pending } = await node.rpc.request<{ pending: Record<string, Record<string, { hash: Hex }>> }>(
    'txpool_content',
  )
  return Object.entries(pending)
    .filter(([address]) => toAddress(address) === toAddress(signer.address))
    .flatMap(([, byNonce]) => Object.values(byNonce).map((tx) => tx.hash))
}
const attempts = (id: string) =>
  database.store.query<{ hash: Hex; nonce: bigint; max_fee_per_gas: string }>(
    'SELECT hash, nonce, max_fee_per_gas FROM attempts WHERE intent = $1 ORDER BY id',
    [id],
  )
const untilPooled = () => expect.poll(pooled, { timeout: 10_000, interval: 20 }).toHaveLength(1)

/** A transaction of anyone, past the sender. */
async function sendPast(account: typeof signer, nonce: number, feeGwei: bigint): Promise<Hex> {
  const raw = await account.signTransaction({
    type: 'eip1559',
    chainId: 31_337,
    to: TARGET,
    nonce,
    gas: 100_000n,
    maxFeePerGas: feeGwei * GWEI,
    maxPriorityFeePerGas: (feeGwei * GWEI) / 2n,
  })
  return node.rpc.request<Hex>('eth_sendRawTransaction', [raw])
}

/** Mines until `promise` settles. */
async function whileMining<T>(promise: Promise<T>): Promise<T> {
  let done = false
  const settled = promise.finally(() => {
    done = true
  })
  settled.catch(() => undefined)
  while (!done) {
    await mine()
    await new Promise((resolve) => setTimeout(resolve, 60))
  }
  return settled
}

describe('submit', () => {
  it('comes before the attack it outbids, in the same block, whoever was first', async () => {
    const attack = await sendPast(attacker, 0, 80n)
    const freeze = intent({
      urgency: 'outbid',
      outbid: { maxFeePerGas: 80n * GWEI, maxPriorityFeePerGas: 40n * GWEI },
    })
    const submitted = sender().submit(freeze)
    await untilPooled()
    await mine()
    const receipt = await submitted
    const rival = await node.rpc.request<{ blockNumber: Hex; transactionIndex: Hex }>(
      'eth_getTransactionReceipt',
      [attack],
    )
    expect(BigInt(rival.blockNumber)).toBe(receipt.blockNumber)
    expect(receipt.transactionIndex).toBe(0)
    expect(Number(rival.transactionIndex)).toBe(1)
  })

  it('sends one transaction for one intent, asked twenty times at once by two senders', async () => {
    const once = intent()
    const [a, b] = [sender(), sender()]
    const receipts = await whileMining(
      Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 ? a : b).submit(once))),
    )
    expect(new Set(receipts.map((receipt) => receipt.hash)).size).toBe(1)
    expect(await calls()).toBe(1n)
    expect(await sender().submit(once)).toEqual(receipts[0])
    expect(await calls()).toBe(1n)
  })

  it('gives different intents at once consecutive nonces', async () => {
    const send = sender()
    const ids = Array.from({ length: 8 }, () => intent())
    await whileMining(Promise.all(ids.map((one) => send.submit(one))))
    expect(await calls()).toBe(8n)
    const nonces = await Promise.all(ids.map(async ({ id }) => (await attempts(id))[0]!.nonce))
    expect(nonces.toSorted((x, y) => Number(x - y))).toEqual([0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n])
  })

  it('refuses an id that was used for another transaction', async () => {
    const first = intent()
    await whileMining(sender().submit(first))
    const other = { ...first, value: 1n }
    await expect(sender().submit(other)).rejects.toMatchObject({
      code: 'TRANSACTION_FAILED',
      retryable: false,
    })
  })

  it('refuses the same while the first is under way, and lets a wait be given up without harm', async () => {
    const first = intent()
    const send = sender()
    const submitted = send.submit(first)
    await expect(send.submit({ ...first, value: 1n })).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' })
    const giveUp = new AbortController()
    const waiting = send.submit(first, giveUp.signal)
    await untilPooled()
    giveUp.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'TRANSACTION_FAILED', retryable: true })
    await mine()
    expect((await submitted).status).toBe('success')
    expect(await calls()).toBe(1n)
  })

  it('replaces a transaction that is stuck, at the same nonce, and only one of them happens', async () => {
    // Blocks that have no room for ours: the base fee is above what it offers.
    const stuck = intent()
    const submitted = sender({ replaceAfterBlocks: 1n }).submit(stuck)
    await untilPooled()
    await node.rpc.request('anvil_setNextBlockBaseFeePerGas', [`0x${(30n * GWEI).toString(16)}`])
    await mine()
    await whileMining(submitted)
    const all = await attempts(stuck.id)
    expect(all.length).toBeGreaterThan(1)
    expect(new Set(all.map((attempt) => attempt.nonce)).size).toBe(1)
    expect(await calls()).toBe(1n)
  })

  it('gives the node the same bytes again when it dropped them', async () => {
    const dropped = intent()
    const submitted = sender().submit(dropped)
    await untilPooled()
    const [hash] = await pooled()
    await node.rpc.request('anvil_dropTransaction', [hash])
    await untilPooled()
    expect(await pooled()).toEqual([hash])
    await mine()
    expect((await submitted).hash).toBe(hash)
    expect(await attempts(dropped.id)).toHaveLength(1)
  })

  it('moves to another nonce when somebody else used the key', async () => {
    const moved = intent()
    const submitted = sender({ confirmations: 2n, replaceAfterBlocks: 100n }).submit(moved)
    await untilPooled()
    const foreign = await sendPast(signer, 0, 400n)
    const receipt = await whileMining(submitted)
    expect(receipt.hash).not.toBe(foreign)
    expect((await attempts(moved.id)).map((attempt) => attempt.nonce)).toEqual([0n, 1n])
    // The foreign transaction counts too.
    expect(await calls()).toBe(2n)
  })

  it('outbids a transaction that occupies its nonce in the pool', async () => {
    const foreign = await sendPast(signer, 0, 50n)
    await untilPooled()
    const competing = intent()
    const submitted = sender({ replaceAfterBlocks: 0n }).submit(competing)
    await expect.poll(pooled, { timeout: 10_000 }).not.toContain(foreign)
    const receipt = await whileMining(submitted)
    expect(await pooled()).toEqual([])
    expect(receipt.status).toBe('success')
    expect(await calls()).toBe(1n)
  })

  it('is confirmed again, once, after a reorg took its block back', async () => {
    const retracted = intent()
    const submitted = sender({ confirmations: 3n }).submit(retracted)
    await untilPooled()
    await mine()
    expect(await calls()).toBe(1n)
    await node.rpc.request('anvil_reorg', [1, []])
    expect(await calls()).toBe(0n)
    const receipt = await whileMining(submitted)
    expect(await attempts(retracted.id)).toHaveLength(1)
    expect(await calls()).toBe(1n)

    // Confirmed, and taken back all the same: asking again goes on with the same transaction.
    const head = BigInt(await node.rpc.request<Hex>('eth_blockNumber'))
    await node.rpc.request('anvil_reorg', [Number(head - receipt.blockNumber + 1n), []])
    expect(await calls()).toBe(0n)
    const again = await whileMining(sender().submit(retracted))
    expect(again.hash).toBe(receipt.hash)
    expect(await calls()).toBe(1n)
  })

  it('fills the gap a reorg left below it', async () => {
    const lower = intent()
    const receipt = await whileMining(sender().submit(lower))
    const head = BigInt(await node.rpc.request<Hex>('eth_blockNumber'))
    await node.rpc.request('anvil_reorg', [Number(head - receipt.blockNumber + 1n), []])
    const drop = await pooled()
    for (const hash of drop) await node.rpc.request('anvil_dropTransaction', [hash])
    await whileMining(sender().submit(intent()))
    expect(await calls()).toBe(2n)
  })

  it('does not send what would revert', async () => {
    await node.rpc.request('anvil_setCode', [TARGET, REVERTER])
    const failing = intent()
    await expect(sender().submit(failing)).rejects.toMatchObject({
      code: 'TRANSACTION_FAILED',
      retryable: false,
    })
    expect(await attempts(failing.id)).toEqual([])
    expect(await pooled()).toEqual([])
  })

  it('reports a transaction that reverted when mined, and does not make it again', async () => {
    const failing = intent()
    const submitted = sender().submit(failing)
    await untilPooled()
    await node.rpc.request('anvil_setCode', [TARGET, REVERTER])
    const outcome = await whileMining(submitted).catch((error: SutureError) => error)
    expect(outcome).toBeInstanceOf(SutureError)
    expect(outcome).toMatchObject({ code: 'TRANSACTION_FAILED', retryable: false })
    await expect(sender().submit(failing)).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' })
    expect(await attempts(failing.id)).toHaveLength(1)
  })

  it('gives up waiting after its time, retryably, and goes on with the same transaction', async () => {
    const late = intent()
    await expect(sender({ timeoutMs: 200 }).submit(late)).rejects.toMatchObject({
      code: 'TRANSACTION_FAILED',
      retryable: true,
    })
    const [hash] = await pooled()
    expect((await whileMining(sender().submit(late))).hash).toBe(hash)
  })

  it('tries as well as the cap allows when it cannot outbid', async () => {
    const capped = intent({
      urgency: 'outbid',
      outbid: { maxFeePerGas: 900n * GWEI, maxPriorityFeePerGas: 900n * GWEI },
    })
    await whileMining(sender({ maxFeePerGas: 20n * GWEI }).submit(capped))
    expect((await attempts(capped.id)).map((attempt) => attempt.max_fee_per_gas)).toEqual([
      String(20n * GWEI),
    ])
  })

  it('refuses an intent for another chain', async () => {
    await expect(sender().submit(intent({ chainId: 1 }))).rejects.toMatchObject({ code: 'CHAIN_MISMATCH' })
  })
})

/** An RPC endpoint that hands everything on, except that it keeps what `hold` names and tells. */
async function startProxy(hold: (method: string) => boolean, held: () => void): Promise<Server> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    if (hold((JSON.parse(body) as { method: string }).method)) return held()
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(node.url, { method: 'POST', headers, body })
    response.writeHead(200, headers).end(await answer.text())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

const at = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)

function startVictim(rpcUrl: string, id: string): ChildProcess {
  const program = `
    import { privateKeyToAccount } from 'viem/accounts'
    import { openStore } from ${at('../core/store.ts')}
    import { createLogger } from ${at('../core/log.ts')}
    import { createSender } from ${at('./submit.ts')}
    const logger = createLogger({ level: 'silent' })
    const store = await openStore({ dataDir: ${JSON.stringify(database.dataDir)}, logger })
    const rpc = { chainId: 31337, request: async (method, params = []) => {
      const answer = await fetch(${JSON.stringify(rpcUrl)}, { method: 'POST', headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) })
      return (await answer.json()).result
    } }
    const sender = createSender({ rpc, signer: privateKeyToAccount('${KEY}'), store, logger, maxFeePerGas: 500n * 10n ** 9n, confirmations: 1n, pollMs: 20 })
    await sender.submit({ id: '${id}', chainId: 31337, to: '${TARGET}', data: '0x', value: 0n, urgency: 'normal' })`
  return spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

describe('kill -9', () => {
  for (const method of ['eth_estimateGas', 'eth_sendRawTransaction', 'eth_getTransactionReceipt']) {
    it(`at ${method}: after a restart exactly one transaction is mined`, async () => {
      const killed = intent()
      let reached = () => {}
      const held = new Promise<void>((resolve) => {
        reached = resolve
      })
      let seen = 0
      // The first receipt is asked for before the broadcast; the second after it.
      const from = method === 'eth_getTransactionReceipt' ? 2 : 1
      const proxy = await startProxy(
        (called) => called === method && ++seen >= from,
        () => reached(),
      )
      const { port } = proxy.address() as { port: number }
      const child = startVictim(`http://127.0.0.1:${port}`, killed.id)
      await held
      child.kill('SIGKILL')
      await once(child, 'exit')
      proxy.closeAllConnections()
      proxy.close()

      const before = await attempts(killed.id)
      expect(before).toHaveLength(method === 'eth_estimateGas' ? 0 : 1)
      const receipt = await whileMining(sender().submit(killed))
      if (before.length > 0) expect(receipt.hash).toBe(before[0]!.hash)
      await mine(3)
      expect(await calls()).toBe(1n)
    })
  }

  it('before the broadcast, and nobody asks again: resume hands it to the node', async () => {
    const proxyless = intent()
    const blocked = { ...node.rpc, request: node.rpc.request.bind(node.rpc) } as typeof node.rpc
    const refusing = {
      chainId: blocked.chainId,
      request: <T>(method: string, params?: readonly unknown[]) =>
        method === 'eth_sendRawTransaction'
          ? Promise.reject(new SutureError('RPC_UNREACHABLE', 'No endpoint.', { retryable: true }))
          : blocked.request<T>(method, params),
    }
    await expect(sender({ rpc: refusing, timeoutMs: 200 }).submit(proxyless)).rejects.toMatchObject({
      retryable: true,
    })
    expect(await pooled()).toEqual([])
    await sender().resume()
    await mine()
    expect(await calls()).toBe(1n)
  })
})
