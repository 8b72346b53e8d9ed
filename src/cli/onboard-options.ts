import { isAddress } from 'viem'
import { loadConfig } from '../config/load.ts'
import type { Protocol } from '../config/types.ts'
import { SutureError } from '../core/errors.ts'
import { type Address, type Hex, toAddress } from '../core/hex.ts'
import type { Pauser } from '../governance/batches/types.ts'
import type { OnboardCliOptions } from './onboard.ts'

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
  const gate = options.gate === undefined ? protocol?.gate : parseAddress(options.gate, '--gate')
  const urls = options.rpcUrl === undefined ? protocol?.chain.rpc : [options.rpcUrl]
  if (!gate) throw missing('--gate', 'give the address of the PatchGate, or set it in suture.config.ts')
  if (!urls) throw missing('--rpc-url', 'give --rpc-url, or set RPC_URL')
  return {
    proxies: names.map((name) => protocol?.contracts[name] ?? parseAddress(name, 'proxy')),
    gate,
    breaker:
      options.breaker === undefined
        ? (protocol?.breaker ?? null)
        : parseAddress(options.breaker, '--breaker'),
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
  const { protocols } = await loadConfig(path)
  const found = name === undefined ? protocols[0] : protocols.find((protocol) => protocol.name === name)
  if (found && (name !== undefined || protocols.length === 1)) return found
  throw missing('--protocol', `name one of ${protocols.map((one) => one.name).join(', ')}`)
}

function missing(field: string, fix: string): SutureError {
  return new SutureError('CONFIG_INVALID', 'What is to be onboarded where is not clear.', {
    meta: [`field: ${field}`, `fix: ${fix}`],
  })
}

/** @throws CONFIG_INVALID for what is no address, or has a wrong checksum. */
export function parseAddress(value: string, field: string): Address {
  const uniform = value === value.toLowerCase()
  if (isAddress(value, { strict: !uniform })) return toAddress(value)
  throw new SutureError('CONFIG_INVALID', 'This is no address.', {
    meta: [
      `field: ${field}`,
      `value: ${value}`,
      'fix: give 0x and 40 digits; in mixed case the checksum counts',
    ],
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
    return { account: parseAddress(account, '--sentinel'), budget: seconds }
  throw new SutureError('CONFIG_INVALID', 'This is no pauser with a budget.', {
    meta: [
      'field: --sentinel',
      `value: ${value}`,
      'fix: give an address, or an address, a colon and seconds',
    ],
  })
}
