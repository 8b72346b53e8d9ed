import { decodeAbiParameters } from 'viem'
import { type Address, type Hex, toAddress } from '../../core/hex.ts'
import { askAddress, askWord, encodeCall, readCode, tryCall } from './ask.ts'
import type { Account, ChainView } from './types.ts'

/** Where Safe's list of modules begins. */
const SENTINEL: Address = '0x0000000000000000000000000000000000000001'
const MODULES = 50n
/** ERC-7702: an account of a key that has lent itself code. */
const DELEGATED = '0xef0100'

/**
 * Who stands behind `address`: a key, a Safe, OpenZeppelin's TimelockController or Governor, a PatchGate, or some other contract. Told
 * apart by what they answer, so a contract built to look like one passes for it: what matters is proved by simulation later.
 */
export async function readAccount(view: ChainView, address: Address): Promise<Account> {
  const code = await readCode(view, address)
  if (code === '0x' || code.startsWith(DELEGATED)) return { kind: 'eoa', address }
  return (
    (await readSafe(view, address)) ??
    (await readTimelock(view, address)) ??
    (await readGovernor(view, address)) ??
    (await readGate(view, address)) ?? { kind: 'contract', address }
  )
}

async function readSafe(view: ChainView, address: Address): Promise<Account | null> {
  const threshold = await askWord(view, address, 'getThreshold()')
  if (threshold === null || threshold === 0n) return null
  const [version, owners, modules] = await Promise.all([
    tryCall(view, { to: address, data: encodeCall('VERSION()') }),
    tryCall(view, { to: address, data: encodeCall('getOwners()') }),
    tryCall(view, {
      to: address,
      data: encodeCall('getModulesPaginated(address,uint256)', [SENTINEL, MODULES]),
    }),
  ])
  const list = decode([{ type: 'address[]' }] as const, owners)
  if (!list) return null
  return {
    kind: 'safe',
    address,
    version: decode([{ type: 'string' }] as const, version)?.[0] ?? 'unknown',
    threshold: Number(threshold),
    owners: list[0].map(toAddress),
    modules: (decode([{ type: 'address[]' }, { type: 'address' }] as const, modules)?.[0] ?? []).map(
      toAddress,
    ),
  }
}

async function readTimelock(view: ChainView, address: Address): Promise<Account | null> {
  const [minDelay, role] = await Promise.all([
    askWord(view, address, 'getMinDelay()'),
    askWord(view, address, 'PROPOSER_ROLE()'),
  ])
  return minDelay === null || role === null ? null : { kind: 'timelock', address, minDelay }
}

async function readGovernor(view: ChainView, address: Address): Promise<Account | null> {
  const [votingDelay, mode, name] = await Promise.all([
    askWord(view, address, 'votingDelay()'),
    tryCall(view, { to: address, data: encodeCall('COUNTING_MODE()') }),
    tryCall(view, { to: address, data: encodeCall('name()') }),
  ])
  if (votingDelay === null || mode === null) return null
  return { kind: 'governor', address, name: decode([{ type: 'string' }] as const, name)?.[0] ?? 'unnamed' }
}

async function readGate(view: ChainView, address: Address): Promise<Account | null> {
  const [period, breaker, verifier, owner] = await Promise.all([
    askWord(view, address, 'provisionalPeriod()'),
    askAddress(view, address, 'breaker()'),
    askAddress(view, address, 'verifier()'),
    askAddress(view, address, 'owner()'),
  ])
  return period === null || !breaker || !verifier || !owner ? null : { kind: 'gate', address, owner }
}

/** null where the answer is of another shape. */
function decode<const T extends readonly { readonly type: string }[]>(types: T, data: Hex | null) {
  if (data === null || data === '0x') return null
  try {
    return decodeAbiParameters(types, data)
  } catch {
    return null
  }
}
