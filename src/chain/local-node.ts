import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Logger } from 'pino'
import { messageOf, SutureError } from '../core/errors.ts'
import type { Address, Hex } from '../core/hex.ts'
import { formatGenesis } from './local-node-genesis.ts'
import { createRpc } from './rpc.ts'
import type { Genesis, Rpc } from './types.ts'

export interface LocalNodeOptions {
  /** Default 31337. */
  readonly chainId?: number
  /** e.g. `cancun`; the newest the node knows when absent. */
  readonly hardfork?: string
  /** The state to start from. */
  readonly genesis?: Genesis
  /** Number of the genesis block: the first block mined has the next. */
  readonly blockNumber?: bigint
  /** Seconds since the epoch, of the genesis block. */
  readonly timestamp?: bigint
  /** Of the genesis block; mining moves on from it. */
  readonly baseFeePerGas?: bigint
  readonly gasLimit?: bigint
  readonly coinbase?: Address
  readonly prevRandao?: Hex
  /** Least gas price the pool accepts, in wei. */
  readonly gasPrice?: bigint
  /** `auto`: a block per transaction (default). `manual`: only on `evm_mine`. */
  readonly mining?: 'auto' | 'manual'
  /** Instead: a block every so many seconds. */
  readonly blockTime?: number
  /** With a block time: also a block per transaction. */
  readonly mixedMining?: boolean
  /** How the pool orders a block; default `fees`. */
  readonly order?: 'fees' | 'fifo'
  /** Funded test accounts; default 10, or 0 with a genesis. */
  readonly accounts?: number
  /** Whether anyone may be the sender of `eth_sendTransaction`. */
  readonly autoImpersonate?: boolean
  readonly disableBlockGasLimit?: boolean
  /** Also listen on this Unix socket. */
  readonly ipcPath?: string
  /** Further arguments for the node, as they are. */
  readonly args?: readonly string[]
  readonly startTimeoutMs?: number
  readonly logger?: Logger
}

export interface LocalNode {
  readonly url: string
  readonly wsUrl: string
  readonly rpc: Rpc
  readonly pid: number
  /** Ends the node and waits until it is gone. May be called more than once. */
  stop(): Promise<void>
}

/**
 * Starts an EVM node (anvil) on a free port of this machine. It ends with `stop`, and with this process at the latest
 * (unless that is killed with SIGKILL). The binary is the one of the installed platform package, or what `ANVIL` names.
 *
 * @throws SutureError `NODE_START_FAILED`
 * @example
 * const node = await startLocalNode({ chainId: 1, hardfork: 'cancun', mining: 'manual' })
 * await node.rpc.request('evm_mine')
 * await node.stop()
 */
export async function startLocalNode(options: LocalNodeOptions = {}): Promise<LocalNode> {
  const { chainId = 31_337, startTimeoutMs = 30_000, logger } = options
  const binary = findAnvil()
  const folder = options.genesis ? await mkdtemp(path.join(os.tmpdir(), 'suture-node-')) : null
  try {
    const init: string[] = []
    if (folder && options.genesis) {
      const file = path.join(folder, 'genesis.json')
      await writeFile(file, formatGenesis(options.genesis, { ...options, chainId }), { mode: 0o600 })
      init.push('--init', file)
    }
    const child = spawn(binary, [...argumentsOf(options, chainId), ...init], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    endWithProcess(child)
    const address = await listening(child, startTimeoutMs).catch((error) => {
      child.kill('SIGKILL')
      throw error
    })
    const url = `http://${address}`
    const rpc = createRpc({ urls: [url], chainId, timeoutMs: 120_000, ...(logger ? { logger } : {}) })
    await rpc.request('anvil_setLoggingEnabled', [false])
    return { url, wsUrl: `ws://${address}`, rpc, pid: child.pid!, stop: () => stop(child, rpc) }
  } finally {
    if (folder) await rm(folder, { recursive: true, force: true })
  }
}

function argumentsOf(options: LocalNodeOptions, chainId: number): string[] {
  const { mining = 'auto', genesis, accounts = genesis ? 0 : 10 } = options
  const values: readonly (readonly [string, string | number | bigint | undefined])[] = [
    ['--port', 0],
    ['--chain-id', chainId],
    ['--accounts', accounts],
    ['--hardfork', options.hardfork],
    ['--number', options.blockNumber],
    ['--timestamp', options.timestamp],
    ['--block-base-fee-per-gas', options.baseFeePerGas],
    ['--gas-limit', options.disableBlockGasLimit ? undefined : options.gasLimit],
    ['--gas-price', options.gasPrice],
    ['--order', options.order],
    ['--block-time', options.blockTime],
    ['--ipc', options.ipcPath],
  ]
  const flags: readonly (readonly [string, boolean | undefined])[] = [
    ['--no-request-size-limit', true],
    ['--no-mining', mining === 'manual'],
    ['--mixed-mining', options.mixedMining],
    ['--auto-impersonate', options.autoImpersonate],
    ['--disable-block-gas-limit', options.disableBlockGasLimit],
  ]
  return [
    ...values.flatMap(([name, value]) => (value === undefined ? [] : [name, String(value)])),
    ...flags.flatMap(([name, on]) => (on ? [name] : [])),
    ...(options.args ?? []),
  ]
}

/** The platform package's binary: the npm wrapper around it costs a second process and hides exit codes. */
function findAnvil(): string {
  if (process.env.ANVIL) return process.env.ANVIL
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  const name = `@foundry-rs/anvil-${process.platform}-${architecture}`
  const fix = 'fix: install @foundry-rs/anvil with its optional packages, or name a binary in ANVIL'
  try {
    const folder = path.dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
    const binary = path.join(folder, 'bin', process.platform === 'win32' ? 'anvil.exe' : 'anvil')
    if (existsSync(binary)) return binary
  } catch {
    // Not installed: told below with the fix.
  }
  throw new SutureError('NODE_START_FAILED', 'The local EVM node is not installed.', {
    meta: [`package: ${name}`, fix],
  })
}

/** Waits for the line that names the address. */
function listening(child: ChildProcess, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let complaint = ''
    const fail = (reason: string) =>
      reject(
        new SutureError('NODE_START_FAILED', 'The local EVM node did not start.', {
          meta: [`reason: ${reason}`, ...(complaint ? [`node says: ${complaint.trim().slice(0, 300)}`] : [])],
        }),
      )
    const timer = setTimeout(() => fail(`not listening after ${timeoutMs} ms`), timeoutMs)
    child.on('error', (error) => fail(messageOf(error)))
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      fail(`it ended with ${signal ?? code}`)
    })
    child.stderr!.on('data', (chunk) => {
      if (complaint.length < 1_000) complaint += chunk
    })
    // Reading goes on after the address is known: a full pipe would stop the node.
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const address = /^Listening on (\S+:\d+)$/.exec(line)?.[1]
      if (!address) return
      clearTimeout(timer)
      resolve(address)
    })
  })
}

async function stop(child: ChildProcess, rpc: Rpc): Promise<void> {
  rpc.close()
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

const running = new Set<ChildProcess>()

function endWithProcess(child: ChildProcess): void {
  if (running.size === 0) listenForEnd()
  running.add(child)
  child.on('exit', () => {
    running.delete(child)
    if (running.size === 0) stopListening()
  })
}

const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

function listenForEnd(): void {
  process.on('exit', endAll)
  for (const signal of ENDING_SIGNALS) process.on(signal, onSignal)
}

function stopListening(): void {
  process.off('exit', endAll)
  for (const signal of ENDING_SIGNALS) process.off(signal, onSignal)
}

function endAll(): void {
  for (const child of running) child.kill('SIGKILL')
}

/** A signal ends the process without `exit` unless somebody listens; whoever else listens decides when to end. */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return
  endAll()
  stopListening()
  process.kill(process.pid, signal)
}
