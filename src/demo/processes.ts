import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Logger } from 'pino'
import { privateKeyOf } from './accounts.ts'
import { Feed } from './feed.ts'
import { readBlockNumber } from './read.ts'
import type { World } from './world.ts'

/** An ordinary process of Suture, as an operator or a guardian would start it. */
export interface SutureProcess {
  readonly feed: Feed
  readonly pid: number
  stop(): Promise<void>
}

interface StartOptions {
  readonly world: World
  /** For the configuration, the database and the reports. */
  readonly folder: string
  readonly logger?: Logger
}

/** Environment variables that carry the keys of the demo's processes. */
const SENTINEL_KEY = 'SUTURE_SENTINEL_KEY'
const GUARDIAN_KEY = 'SUTURE_GUARDIAN_KEY'

/** This very package's command line, compiled or from source. */
function suture(): string[] {
  const fromSource = import.meta.url.endsWith('.ts')
  const main = fileURLToPath(new URL(fromSource ? '../cli/main.ts' : '../cli/main.js', import.meta.url))
  if (!fromSource) return [main]
  // By its place: the processes work in folders from which it cannot be found by name.
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx'))
  return ['--import', loader.href, main]
}

/** Starts `suture watch`, which may send. `restrict: 'never'` leaves it with freezing. */
export async function startWatch(
  { world, folder, logger }: StartOptions,
  restrict: 'auto' | 'never',
): Promise<SutureProcess> {
  const config = path.join(folder, 'suture.config.mjs')
  await writeFile(config, configuration(world, restrict))
  // What it learns from is use, not the set-up.
  const learn = (await readBlockNumber(world.node.rpc)) - world.inUseSince
  const command = ['watch', '--config', config, '--broadcast', '--json', '--learn', String(learn)]
  return start(command, { [SENTINEL_KEY]: privateKeyOf(world.cast.sentinel) }, { folder, logger })
}

/** Starts a guardian that approves what it can verify by itself, after `delayMs` of doing something else. */
export function startGuardian(
  { world, folder, logger }: StartOptions,
  { index, url, delayMs }: { readonly index: number; readonly url: string; readonly delayMs: number },
): SutureProcess {
  const node = ['--rpc-url', world.publicNode.url]
  const command = [
    'approve',
    '--url',
    url,
    ...node,
    '--delay',
    String(delayMs),
    '--key-env',
    GUARDIAN_KEY,
    '--auto',
    '--json',
  ]
  return start(command, { [GUARDIAN_KEY]: privateKeyOf(world.cast.guardians[index]!) }, { folder, logger })
}

/** What the operator of the protocol writes. */
function configuration({ node, publicNode, deployment }: World, restrict: 'auto' | 'never'): string {
  const { pool, reserve, gate } = deployment
  const chain = { id: node.rpc.chainId, rpc: [publicNode.wsUrl, publicNode.url], confirmations: 1 }
  const protocol = {
    chain: 'demo',
    contracts: { pool, reserve },
    gate,
    policy: { freeze: 'critical', restrict },
  }
  return [
    "import { defineConfig, env } from 'suture'",
    '',
    'export default defineConfig({',
    `  chains: { demo: ${JSON.stringify(chain)} },`,
    `  protocols: { harbor: ${JSON.stringify(protocol)} },`,
    `  signer: env('${SENTINEL_KEY}'),`,
    '})',
    '',
  ].join('\n')
}

const STOP_MS = 5_000
const COMPLAINT_CHARACTERS = 2_000

function start(
  command: readonly string[],
  keys: Readonly<Record<string, string>>,
  { folder, logger }: { readonly folder: string; readonly logger: Logger | undefined },
): SutureProcess {
  const child = spawn(process.execPath, [...suture(), ...command], {
    cwd: folder,
    env: { ...process.env, ...keys },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const feed = new Feed()
  let complaint = ''
  child.stderr.on('data', (chunk) => {
    complaint = `${complaint}${chunk}`.slice(-COMPLAINT_CHARACTERS)
    logger?.debug({ process: command[0], text: String(chunk) }, 'a process of the demo said')
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    logger?.debug({ process: command[0], line }, 'a process of the demo said')
    feed.accept(line)
  })
  child.once('error', (error) => feed.end(error.message))
  child.once('close', (code, signal) =>
    feed.end(`${command[0]} ended with ${signal ?? code}. ${complaint.trim()}`),
  )
  return { feed, pid: child.pid!, stop: () => stopChild(child) }
}

/** Asks the process to end, and makes it end when it does not. */
async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('close', resolve))
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  child.kill('SIGTERM')
  await gone
  clearTimeout(force)
}
