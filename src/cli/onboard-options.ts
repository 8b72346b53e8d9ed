import { isAddress } from 'viem'
import { loadConfig } from '../config/load.ts'
import type { Protocol } from '../config/types.ts'
import { SutureError } from '../core/errors.ts'
import type { Address, Hex } from '../core/hex.ts'
import type { Pauser } from '../governance/batches/types.ts'
import { chooseProtocol } from './choose-protocol.ts'
import type { OnboardCliOptions } from './onboard.ts'
import { readAddress } from './read-address.ts'

/** Six hours: as long as `suture watch` freezes by default. */
const DEFAULT_BUDGET = 21_600

interface OnboardSite {
  readonly proxies: readonly Address[]
  readonly gate: Address
  readonly breaker: Address | null
  readonly urls: readonly string[]
  readonly chainId: number
}

/** Options of the command line, with what the configuration says where they say nothing. */
export async function readOnboardSite(
  names: readonly string[],
  options: OnboardCliOptions,
): Promise<OnboardSite> {
  const protocol = await readProtocol(names, options)
  const gate = options.gate === undefined ? protocol?.gate : readAddress('--gate', options.gate)
  const urls = options.rpcUrl === undefined ? protocol?.chain.rpc : [options.rpcUrl]
  if (!gate) throw missing('--gate', 'give the address of the PatchGate, or set it in suture.config.ts')
  if (!urls) throw missing('--rpc-url', 'give --rpc-url, or set RPC_URL')
  return {
    proxies: names.map((name) => protocol?.contracts[name] ?? readAddress('proxy', name)),
    gate,
    breaker:
      options.breaker === undefined ? (protocol?.breaker ?? null) : readAddress('--breaker', options.breaker),
    urls,
    chainId: Number(options.chainId ?? protocol?.chain.id ?? 1),
  }
}

/** Not asked for where the options say everything, so that no configuration is needed for a first look. */
async function readProtocol(names: readonly string[], options: OnboardCliOptions): Promise<Protocol | null> {
  const { gate, rpcUrl, config: path, protocol: name } = options
  const complete =
    gate !== undefined && rpcUrl !== undefined && names.every((one) => isAddress(one, { strict: false }))
  if (complete && path === undefined && name === undefined) return null
  return chooseProtocol(await loadConfig(path), name)
}

function missing(field: string, fix: string): SutureError {
  return new SutureError('CONFIG_INVALID', 'What is to be onboarded where is not clear.', {
    meta: [`field: ${field}`, `fix: ${fix}`],
  })
}

/** @throws CONFIG_INVALID for what is no 32-byte word. */
export function parseWord(value: string, field: string): Hex {
  if (/^0x[0-9a-fA-F]{64}$/.test(value)) return value.toLowerCase() as Hex
  throw new SutureError('CONFIG_INVALID', 'This is no 32-byte word.', {
    meta: [`field: ${field}`, `value: ${value}`, 'fix: give 0x and 64 digits'],
  })
}

/** `0x…` or `0x…:21600`. */
export function parsePauser(value: string): Pauser {
  const [account = '', budget, ...rest] = value.split(':')
  const seconds = budget === undefined ? DEFAULT_BUDGET : Number(budget)
  if (rest.length === 0 && Number.isInteger(seconds) && seconds > 0 && seconds < 2 ** 32)
    return { account: readAddress('--sentinel', account), budget: seconds }
  throw new SutureError('CONFIG_INVALID', 'This is no pauser with a budget.', {
    meta: [
      'field: --sentinel',
      `value: ${value}`,
      'fix: give an address, or an address, a colon and seconds',
    ],
  })
}
