import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LocalAccount } from 'viem'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/core/embedded-postgres.ts'
import { freePort } from '../../src/core/free-port.ts'
import { type Address, type Hex, toAddress, toQuantity } from '../../src/core/hex.ts'
import { openStore, type Store } from '../../src/core/store.ts'
import { privateKeyOf, THRESHOLD } from '../../src/demo/accounts.ts'
import { calldata, createActor } from '../../src/demo/actor.ts'
import { ETHER } from '../../src/demo/deploy.ts'
import { readBlockNumber } from '../../src/demo/read.ts'
import { startWorld, type World } from '../../src/demo/world.ts'
import { poolRaiderAbi } from '../../src/generated/demo.ts'
import { readRequests, sendSignature } from '../../src/governance/inbox-client.ts'
import { signRestriction } from '../../src/governance/sign-restriction.ts'
import { silent } from '../support/store.ts'
import { type CliProcess, type Line, startCli } from './processes.ts'
import { type TappedNode, tapNode } from './tap-node.ts'

/** One chain with the demo's protocol and history on it, guardians who wait, and a server for databases; set back for every test. */
export interface Stage {
  readonly world: World
  readonly node: TappedNode
  /** The chain as it was before any attack, with an empty database. */
  reset(): Promise<Scene>
  stop(): Promise<void>
}

/** What one test plays on. */
export interface Scene {
  /** The last block before anything happens. */
  readonly start: bigint
  readonly store: Store
  startWatch(onLine?: (line: Line, watch: CliProcess) => void): CliProcess
  /** Sends the attack, for all to see. */
  strike(): Promise<Hex>
  /** Hashes and calls of the sentinel's transactions since the start, in order. */
  sentTransactions(): Promise<readonly SentTransaction[]>
  stop(): Promise<void>
}

export interface SentTransaction {
  readonly hash: Hex
  readonly to: Address
  readonly data: Hex
  readonly succeeded: boolean
}

interface Block {
  readonly transactions: readonly { hash: Hex; from: Hex; to: Hex | null; input: Hex }[]
}

const HISTORY = 24
const POLL_MS = 500
const STRIKE_GAS = 6_000_000n
const TIP = 10n ** 10n

/** @param seed of the users' choices */
export async function openStage(seed: number): Promise<Stage> {
  const world = await startWorld({ blockTime: 1, seed })
  const { rpc } = world.node
  await world.attacker.prepare()
  world.crowd.start(8)
  while (world.crowd.activity.length < HISTORY) await sleep(100)
  await world.crowd.stop()
  const node = await tapNode(world.node.wsUrl)
  const folder = await mkdtemp(join(tmpdir(), 'suture-crash-'))
  // PostgreSQL's account must be able to enter.
  await chmod(folder, 0o711)
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), logger: silent })
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const guardian = summonGuardian()
  const ending = new AbortController()
  const signers = world.cast.guardians
    .slice(1, THRESHOLD)
    .map((account) => signAll(url, account, ending.signal))
  const raider = world.attacker.side[1]!
  let snapshot = await rpc.request<Hex>('evm_snapshot')
  let scenes = 0

  /** One of as many as must sign: without it nothing is approved. */
  function summonGuardian(): CliProcess {
    const command = ['approve', '--url', url, '--rpc-url', world.node.url, '--auto', '--json']
    const key = privateKeyOf(world.cast.guardians[0]!)
    return startCli(command, { folder, environment: { SUTURE_GUARDIAN_KEY: key } })
  }

  async function reset(): Promise<Scene> {
    node.setTap({})
    await rpc.request('evm_revert', [snapshot])
    snapshot = await rpc.request<Hex>('evm_snapshot')
    const name = `crash_${scenes++}`
    const database = await createDatabase(postgres, name)
    const store = await openStore({ url: database, dataDir: folder, logger: silent })
    const start = await readBlockNumber(rpc)
    const home = join(folder, name)
    await mkdir(home)
    await writeFile(join(home, 'suture.config.mjs'), configuration(world, node.wsUrl))
    const learn = String(start - world.inUseSince)
    const command = ['watch', '--broadcast', '--json', '--port', String(port), '--learn', learn]
    const key = privateKeyOf(world.cast.sentinel)
    const environment = { SUTURE_SENTINEL_KEY: key, DATABASE_URL: database }
    const watches: CliProcess[] = []
    return {
      start,
      store,
      startWatch: (onLine) => {
        const watch = startCli(command, { folder: home, environment, ...(onLine ? { onLine } : {}) })
        watches.push(watch)
        return watch
      },
      // A new actor: the chain was set back, and so was the nonce.
      strike: () =>
        createActor(rpc, world.cast.attacker).send({
          to: raider,
          data: calldata(poolRaiderAbi, 'strike'),
          value: 50n * ETHER,
          gas: STRIKE_GAS,
          tip: TIP,
        }),
      sentTransactions: () => readSent(world, start),
      stop: async () => {
        for (const watch of watches) watch.kill()
        await Promise.all(watches.map(({ gone }) => gone))
        await store.close()
      },
    }
  }

  return {
    world,
    node,
    reset,
    stop: async () => {
      guardian.kill()
      ending.abort()
      await Promise.all([guardian.gone, ...signers])
      await node.stop()
      await world.stop()
      await postgres.release()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A guardian without diligence: every one that examines does all of verification again, and one of them shows what matters here. */
async function signAll(url: string, account: LocalAccount, signal: AbortSignal): Promise<void> {
  const signer = toAddress(account.address)
  while (!signal.aborted) {
    // Nobody is there between two runs of the watch.
    const open = await readRequests(url).catch(() => [])
    for (const { digest, gate, chainId, restriction, signatures } of open) {
      if (signatures.some((one) => one.signer === signer)) continue
      const signature = await signRestriction(account, { gate, chainId }, restriction)
      await sendSignature(url, digest, signature).catch(() => undefined)
    }
    await sleep(POLL_MS)
  }
}

async function createDatabase(postgres: EmbeddedPostgres, name: string): Promise<string> {
  const admin = await openStore({ url: postgres.url, dataDir: '', logger: silent })
  try {
    await admin.query(`CREATE DATABASE ${name}`)
  } finally {
    await admin.close()
  }
  const url = new URL(postgres.url)
  url.pathname = `/${name}`
  return url.href
}

function configuration({ node, deployment }: World, wsUrl: string): string {
  const { pool, reserve, gate } = deployment
  const chain = { id: node.rpc.chainId, rpc: [wsUrl], confirmations: 1 }
  const policy = { freeze: 'critical', restrict: 'auto' }
  const protocol = { chain: 'demo', contracts: { pool, reserve }, gate, policy }
  return `import { defineConfig, env } from 'suture'
export default defineConfig({
  chains: { demo: ${JSON.stringify(chain)} },
  protocols: { harbor: ${JSON.stringify(protocol)} },
  signer: env('SUTURE_SENTINEL_KEY'),
  database: env('DATABASE_URL', { optional: true }),
})
`
}

/** Read block by block from the chain: what nobody reported counts too. */
async function readSent(world: World, start: bigint): Promise<SentTransaction[]> {
  const { rpc } = world.node
  const sentinel = toAddress(world.cast.sentinel.address)
  const sent: SentTransaction[] = []
  const head = await readBlockNumber(rpc)
  for (let number = start + 1n; number <= head; number++) {
    const { transactions } = await rpc.request<Block>('eth_getBlockByNumber', [toQuantity(number), true])
    for (const { hash, from, to, input } of transactions) {
      if (toAddress(from) !== sentinel || to === null) continue
      const { status } = await rpc.request<{ status: Hex }>('eth_getTransactionReceipt', [hash])
      sent.push({ hash, to: toAddress(to), data: input, succeeded: BigInt(status) === 1n })
    }
  }
  return sent
}
