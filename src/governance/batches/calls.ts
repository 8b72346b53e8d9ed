import { type Abi, encodeAbiParameters, encodeFunctionData, keccak256, parseAbi } from 'viem'
import type { Account, UpgradeKind } from '../../chain/deployment/types.ts'
import { type Address, addressOfWord, ZERO_ADDRESS } from '../../core/hex.ts'
import { breakerAbi, patchGateAbi } from '../../generated/contracts.ts'
import type { BatchCall, GateSite, Registrable } from './types.ts'

/** What passes authority on, by the names the standards give it. */
const AUTHORITY_ABI = parseAbi([
  'function transferOwnership(address newOwner)',
  'function acceptOwnership()',
  'function changeAdmin(address newAdmin)',
  'function grantRole(bytes32 role, address account)',
  'function revokeRole(bytes32 role, address account)',
  'function enableModule(address module)',
  'function disableModule(address previous, address module)',
])

/** `Kind` of the gate. */
const KINDS: Readonly<Record<UpgradeKind, number>> = {
  uups: 1,
  'uups-legacy': 2,
  transparent: 3,
  'transparent-legacy': 4,
  beacon: 5,
  direct: 6,
  facet: 7,
}

interface Making {
  readonly from: Address
  readonly to: Address
  /** What the contract is called in print. */
  readonly name: string
  readonly args: readonly unknown[]
}

function make(
  abi: Abi | readonly unknown[],
  functionName: string,
  { from, to, name, args }: Making,
): BatchCall {
  const data = encodeFunctionData({ abi: abi as Abi, functionName, args })
  return { from, to, data, what: `${name}.${functionName}(${args.map(show).join(', ')})` }
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  return `{ ${Object.entries(value)
    .filter(([, item]) => !Array.isArray(item) || item.length > 0)
    .map(([key, item]) => `${key}: ${Array.isArray(item) ? `[${item.join(', ')}]` : item}`)
    .join(', ')} }`
}

type BreakerFunction = 'setGate' | 'setPauser'

/** A call of the breaker's owner. */
export const askBreaker = (
  site: GateSite,
  functionName: BreakerFunction,
  args: readonly unknown[],
): BatchCall =>
  make(breakerAbi, functionName, { from: site.breakerOwner.address, to: site.breaker, name: 'Breaker', args })

type GateFunction =
  | 'deregisterTarget'
  | 'execute'
  | 'ratify'
  | 'rearm'
  | 'registerTarget'
  | 'rollback'
  | 'setGuardians'
  | 'setStanding'
  | 'unfreeze'
  | 'upgrade'

/** A call of the gate's owner. */
export const askGate = (site: GateSite, functionName: GateFunction, args: readonly unknown[]): BatchCall =>
  make(patchGateAbi, functionName, { from: site.owner.address, to: site.gate, name: 'PatchGate', args })

/** The registration of a target. */
export function registerTarget(site: GateSite, target: Registrable): BatchCall {
  const registration = {
    target: target.target,
    kind: KINDS[target.kind],
    admin: target.proxyAdmin ?? ZERO_ADDRESS,
    via: target.via ? target.authority.holder.address : ZERO_ADDRESS,
    implementation: target.implementation,
    siteMapRoot: target.siteMapRoot,
    selectors: target.selectors,
  }
  return askGate(site, 'registerTarget', [registration])
}

/** By which address gate and breaker know a target: a facet has none of its own. */
export function targetKey({
  kind,
  target,
  implementation,
}: Pick<Registrable, 'kind' | 'target' | 'implementation'>) {
  if (kind !== 'facet') return target
  const named = encodeAbiParameters([{ type: 'address' }, { type: 'address' }], [target, implementation])
  return addressOfWord(BigInt(keccak256(named)))
}

type AuthorityFunction = (typeof AUTHORITY_ABI)[number]['name']

export interface Errand {
  readonly to: Address
  readonly functionName: AuthorityFunction
  readonly args: readonly unknown[]
}

/** A call of whoever holds an authority. */
export const askAuthority = (from: Account, { to, functionName, args }: Errand): BatchCall =>
  make(AUTHORITY_ABI, functionName, { from: from.address, to, name: to, args })

/** The same, made by a gate in the name of its owner. */
export function askThroughGate(site: GateSite, { to, functionName, args }: Errand): BatchCall {
  const inner = make(AUTHORITY_ABI, functionName, { from: site.gate, to, name: to, args })
  return { ...askGate(site, 'execute', [to, 0n, inner.data]), what: `PatchGate.execute: ${inner.what}` }
}
