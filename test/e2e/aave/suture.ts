import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { foundry } from 'viem/chains'
import { loadConfig } from '../../../src/config/load.ts'
import type { Protocol } from '../../../src/config/types.ts'
import { startEmbeddedPostgres } from '../../../src/core/embedded-postgres.ts'
import type { Address, Hex } from '../../../src/core/hex.ts'
import { keyOf } from '../../governance/gate-fixture.ts'
import { sendBySafe, type World } from '../../support/onboard-world.ts'
import { silent } from '../../support/store.ts'

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
  /** The lines of standard output, where they are JSON. */
  readonly lines: readonly { readonly [key: string]: unknown }[]
}

/** The command line as an operator uses it: in a folder with a configuration, as a process of its own. */
export interface Desk {
  readonly folder: string
  /** Writes the configuration. */
  configure(protocol: { readonly contracts: Record<string, Address>; readonly gate?: Address }): Promise<void>
  /** What the configuration says now. */
  readProtocol(): Promise<Protocol>
  run(command: string, ...args: readonly string[]): Promise<Ended>
  close(): Promise<void>
}

/** `signer`: index of the node's account that signs. */
export async function openDesk(world: World, signer: number): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), 'suture-aave-'))
  // PostgreSQL's account must be able to enter.
  await chmod(folder, 0o755)
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), logger: silent })
  const config = join(folder, 'suture.config.mjs')
  const env = { ...process.env, DATABASE_URL: postgres.url, SENTINEL: keyOf(signer) }

  async function configure(protocol: object): Promise<void> {
    const chain = { id: foundry.id, rpc: [world.node.url], confirmations: 1 }
    await writeFile(
      config,
      `import { defineConfig, env } from 'suture'
       export default defineConfig({
         chains: { local: ${JSON.stringify(chain)} },
         protocols: { aave: ${JSON.stringify({ chain: 'local', ...protocol })} },
         signer: env('SENTINEL'),
         database: env('DATABASE_URL'),
       })`,
    )
  }
  function run(command: string, ...args: readonly string[]): Promise<Ended> {
    const words = ['--import', LOADER, MAIN, command, ...args, '--config', config]
    const child = spawn(process.execPath, words, { cwd: folder, env })
    const texts = { out: '', err: '' }
    child.stdout.on('data', (chunk) => {
      texts.out += chunk
    })
    child.stderr.on('data', (chunk) => {
      texts.err += chunk
    })
    child.stdin.end()
    return new Promise((resolve) =>
      child.once('close', (code) => resolve({ code, ...texts, lines: jsonIn(texts.out) })),
    )
  }
  async function readProtocol(): Promise<Protocol> {
    const { protocols } = await loadConfig(config, { environment: env })
    return protocols[0]!
  }
  async function close(): Promise<void> {
    await postgres.release()
    await rm(folder, { recursive: true, force: true })
  }
  return { folder, configure, readProtocol, run, close }
}

function jsonIn(text: string): Ended['lines'] {
  return text
    .split('\n')
    .filter((line) => /^[[{]./.test(line))
    .map((line) => JSON.parse(line))
}

/** Who acts for the accounts that have to. */
interface Signers {
  /** The only owner of the Safe. */
  readonly safeOwner: Address
  /** Of the timelock; anyone executes. */
  readonly proposer: Address
}

interface Written {
  readonly steps: readonly { readonly from: Address; readonly account: string }[]
}

/** Carries out what `suture onboard` wrote, file by file in the order of `<name>.calldata.json`. */
export async function carryOut(
  world: World,
  { folder, name, signers }: { readonly folder: string; readonly name: string; readonly signers: Signers },
): Promise<void> {
  const read = async <T>(file: string): Promise<T> => JSON.parse(await readFile(join(folder, file), 'utf8'))
  const { steps } = await read<Written>(`${name}.calldata.json`)
  for (const [index, { from, account }] of steps.entries()) {
    const file = `${steps.length === 1 ? name : `${name}-${index + 1}`}.${account}.json`
    if (account === 'timelock') await throughTimelock(world, await read(file), signers)
    else if (account === 'safe')
      await throughSafe(world, { safe: from, ...(await read<SafeFile>(file)) }, signers)
    else throw new TypeError(`nobody here acts for ${account} ${from}`)
  }
}

interface TimelockFile {
  readonly timelock: Address
  readonly delay: string
  readonly schedule: Hex
  readonly execute: Hex
}

async function throughTimelock(world: World, file: TimelockFile, { proposer }: Signers): Promise<void> {
  await world.send(proposer, file.timelock, file.schedule)
  await warp(world, BigInt(file.delay))
  await world.send(proposer, file.timelock, file.execute)
}

interface SafeFile {
  readonly transactions: readonly { readonly to: Address; readonly data: Hex }[]
}

async function throughSafe(
  world: World,
  { safe, transactions }: SafeFile & { readonly safe: Address },
  { safeOwner }: Signers,
): Promise<void> {
  for (const { to, data } of transactions) await sendBySafe(world, { safe, owner: safeOwner }, { to, data })
}

export async function warp({ node: { rpc } }: World, seconds: bigint): Promise<void> {
  await rpc.request('evm_increaseTime', [Number(seconds)])
  await rpc.request('evm_mine')
}
