import { type Command, Option } from 'commander'
import { createRpc } from '../chain/rpc.ts'
import type { Rpc } from '../chain/types.ts'
import { loadConfig } from '../config/load.ts'
import type { LoadedConfig, SignerReference } from '../config/types.ts'
import { SutureError } from '../core/errors.ts'
import type { Address } from '../core/hex.ts'
import { chooseProtocol } from './choose-protocol.ts'
import { readAddress } from './read-address.ts'

export interface PlaceOptions {
  readonly config?: string
  readonly protocol?: string
  readonly rpcUrl?: string
  readonly chainId?: string
  readonly gate?: string
}

/** Where a command works: a chain, a gate on it, and what the configuration says besides. */
export interface Place {
  readonly rpc: Rpc
  readonly gate: Address | null
  /** What the configuration calls by name. */
  readonly contracts: Readonly<Record<string, Address>>
  /** Where `.suture/` lies. */
  readonly folder: string
  readonly database: string | null
  readonly signer: SignerReference | null
  /** Wei per gas. */
  readonly maxFeePerGas: bigint
  readonly confirmations: bigint
  readonly secrets: readonly string[]
}

const DEFAULTS = { maxFeePerGas: 500n * 10n ** 9n, confirmations: 2n }

/** Adds the options that say where. */
export function addPlaceOptions(command: Command): Command {
  return command
    .option('--config <path>', 'configuration file (default: suture.config.ts here)')
    .option('--protocol <name>', 'which protocol of the configuration (default: the only one)')
    .addOption(new Option('--rpc-url <url>', 'instead of a configuration: the node to ask'))
    .option('--chain-id <id>', 'with --rpc-url: the chain the node must serve (default: 1)')
    .option('--gate <address>', 'the PatchGate (default: the configuration’s)')
}

/**
 * Opens the chain the options name.
 *
 * @param chainId where something that was signed says which chain it is for
 */
export async function openPlace(options: PlaceOptions, chainId?: number): Promise<Place> {
  const gate = options.gate === undefined ? null : readAddress('--gate', options.gate)
  if (options.rpcUrl === undefined || options.config !== undefined) {
    return fromConfig(await loadConfig(options.config), options, gate)
  }
  const rpc = createRpc({ urls: [options.rpcUrl], chainId: chainId ?? Number(options.chainId ?? 1) })
  return {
    rpc,
    gate,
    contracts: {},
    folder: process.cwd(),
    database: null,
    signer: null,
    secrets: [options.rpcUrl],
    ...DEFAULTS,
  }
}

function fromConfig(config: LoadedConfig, { protocol, rpcUrl }: PlaceOptions, gate: Address | null): Place {
  const { chain, contracts, gate: configured } = chooseProtocol(config, protocol)
  const { folder, database, signer, secrets } = config
  const rpc = createRpc({ urls: rpcUrl === undefined ? chain.rpc : [rpcUrl], chainId: chain.id })
  const { maxFeePerGas, confirmations } = chain
  return {
    rpc,
    gate: gate ?? configured,
    contracts,
    folder,
    database,
    signer,
    secrets,
    maxFeePerGas,
    confirmations,
  }
}

/** @throws CONFIG_INVALID */
export function requireGate({ gate }: Place): Address {
  if (gate !== null) return gate
  throw new SutureError('CONFIG_INVALID', 'Without a PatchGate there is nothing to ask.', {
    meta: ['field: --gate', 'value: absent', 'fix: give --gate, or name it in the configuration'],
  })
}

/**
 * A contract by its name in the configuration, or by its address.
 *
 * @throws CONFIG_INVALID naming the option and the names there are
 */
export function readContract({ contracts }: Place, option: string, text: string): Address {
  const named = contracts[text]
  if (named !== undefined) return named
  if (Object.keys(contracts).length === 0 || /^0x[0-9a-fA-F]{40}$/.test(text))
    return readAddress(option, text)
  throw new SutureError('CONFIG_INVALID', 'Which contract is meant is not clear.', {
    meta: [
      `field: ${option}`,
      `value: ${text.slice(0, 80)}`,
      `fix: give an address, or one of ${Object.keys(contracts).join(', ')}`,
    ],
  })
}
