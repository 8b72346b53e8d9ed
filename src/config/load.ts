import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createJiti } from 'jiti'
import { messageOf, SutureError } from '../core/errors.ts'
import { parseConfig } from './parse.ts'
import type { ParsedConfig } from './schema.ts'
import { createSecretReader, type Environment, type SecretReader } from './secrets.ts'
import type { Chain, LoadedConfig, Protocol } from './types.ts'

const NAMES = ['ts', 'mts', 'js', 'mjs'].map((extension) => `suture.config.${extension}`)
const GWEI_DIGITS = 9

interface LoadOptions {
  /** Default: this process's. */
  readonly environment?: Environment
  /** Where to look when no path is given. Default: the current folder. */
  readonly folder?: string
}

/**
 * Loads `suture.config.ts` (or .mts, .js, .mjs), checks it and resolves its references.
 *
 * @throws SutureError CONFIG_NOT_FOUND, CONFIG_INVALID, SECRET_MISSING
 */
export async function loadConfig(path?: string, options: LoadOptions = {}): Promise<LoadedConfig> {
  const { environment = process.env, folder = process.cwd() } = options
  const file = findConfig(resolve(folder), path)
  const parsed = parseConfig(await evaluate(file), file)
  return resolveConfig(parsed, file, createSecretReader(environment))
}

function findConfig(folder: string, path: string | undefined): string {
  const candidates = path === undefined ? NAMES.map((name) => resolve(folder, name)) : [resolve(folder, path)]
  const found = candidates.find((candidate) => existsSync(candidate))
  if (found !== undefined) return found
  throw new SutureError('CONFIG_NOT_FOUND', 'There is no configuration file.', {
    meta: [
      ...candidates.map((candidate) => `looked for: ${candidate}`),
      'fix: create suture.config.ts, or give its path with --config',
    ],
  })
}

async function evaluate(file: string): Promise<unknown> {
  // `import … from 'suture'` means this very package, wherever the file lies and however the package was started.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const self = fileURLToPath(new URL(`./define.${extension}`, import.meta.url))
  const jiti = createJiti(import.meta.url, { alias: { suture: self }, moduleCache: false, fsCache: false })
  try {
    return await jiti.import(file, { default: true })
  } catch (error) {
    throw new SutureError('CONFIG_INVALID', 'The configuration file cannot be run.', {
      meta: [`file: ${file}`, `reason: ${messageOf(error)}`, 'fix: correct the file; it must be a module'],
      cause: error,
    })
  }
}

function resolveConfig(parsed: ParsedConfig, file: string, reader: SecretReader): LoadedConfig {
  const folder = dirname(file)
  const chains = Object.entries(parsed.chains).map(([name, chain]) => resolveChain(name, chain, reader))
  const protocols = Object.entries(parsed.protocols).map(([name, protocol]) => {
    const chain = chains.find((one) => one.name === protocol.chain)!
    return resolveProtocol(name, protocol, { chain, folder, reader })
  })
  const database = parsed.database ? reader.read(parsed.database, 'database') : null
  return {
    file,
    folder,
    chains,
    protocols,
    signer: parsed.signer ?? null,
    database,
    secrets: reader.secrets(),
  }
}

function resolveChain(name: string, chain: ParsedConfig['chains'][string], reader: SecretReader): Chain {
  const rpc = chain.rpc
    .map((endpoint, index) => reader.endpoint(endpoint, `chains.${name}.rpc.${index}`))
    .filter((url) => url !== null)
  if (rpc.length === 0) {
    throw new SutureError('SECRET_MISSING', 'None of the optional RPC addresses of a chain is set.', {
      meta: [`field: chains.${name}.rpc`, 'fix: set one of the environment variables it names'],
    })
  }
  const { id, confirmations, maxFeePerGas } = chain
  const wei = BigInt(Math.round(maxFeePerGas * 10 ** GWEI_DIGITS))
  return { name, id, rpc, confirmations: BigInt(confirmations), maxFeePerGas: wei }
}

interface Surroundings {
  readonly chain: Chain
  readonly folder: string
  readonly reader: SecretReader
}

function resolveProtocol(
  name: string,
  protocol: ParsedConfig['protocols'][string],
  { chain, folder, reader }: Surroundings,
): Protocol {
  const { contracts, gate = null, breaker = null, pause, invariants, policy, approvals } = protocol
  const { inbox, deadline } = approvals
  const at = `protocols.${name}`
  return {
    name,
    chain,
    contracts,
    gate,
    breaker,
    pause: Object.entries(pause).map(([contract, signature]) => ({
      target: contracts[contract]!,
      signature,
    })),
    invariants: invariants.map((path, index) =>
      requireFile(resolve(folder, path), `${at}.invariants.${index}`),
    ),
    policy,
    approvals: {
      inbox: inbox === undefined ? null : reader.endpoint(inbox, `${at}.approvals.inbox`),
      deadline: BigInt(deadline),
    },
  }
}

function requireFile(path: string, field: string): string {
  if (existsSync(path)) return path
  throw new SutureError('CONFIG_INVALID', 'The configuration names a file that does not exist.', {
    meta: [`field: ${field}`, `value: ${path}`, 'fix: give the path relative to the configuration file'],
  })
}
