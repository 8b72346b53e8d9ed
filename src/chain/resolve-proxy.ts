import { decodeAbiParameters, keccak256, stringToHex } from 'viem'
import { SutureError } from '../core/errors.ts'
import { type Address, addressOfWord, type Hex, toAddress, toQuantity, toWord } from '../core/hex.ts'
import { RpcError } from '../core/rpc-error.ts'
import type { ResolvedContract, Rpc, RpcCall, RpcOutcome } from './types.ts'

/** `keccak256(name) - 1`, as ERC-1967 chooses its slots. */
const erc1967Slot = (name: string) => toWord(BigInt(keccak256(stringToHex(name))) - 1n)

const SLOTS = {
  implementation: erc1967Slot('eip1967.proxy.implementation'),
  admin: erc1967Slot('eip1967.proxy.admin'),
  beacon: erc1967Slot('eip1967.proxy.beacon'),
  /** OpenZeppelin before ERC-1967 (up to 2.x). */
  oldImplementation: keccak256(stringToHex('org.zeppelinos.proxy.implementation')),
  oldAdmin: keccak256(stringToHex('org.zeppelinos.proxy.admin')),
  /** ERC-1822, the first form of UUPS. */
  proxiable: keccak256(stringToHex('PROXIABLE')),
} as const

const SELECTORS = { implementation: '0x5c60da1b', proxiableUuid: '0x52d1902d', facets: '0x7a0ed627' } as const

/** Code that does nothing but delegate to the address in it; immutable arguments may follow. */
const MINIMAL_PROXIES = [
  // ERC-1167
  /^0x363d3d373d3d3d363d73([0-9a-f]{40})5af43d82803e903d91602b57fd5bf3/,
  // The same with PUSH0
  /^0x5f5f365f5f37365f73([0-9a-f]{40})5af43d5f5f3e5f3d91602a57fd5bf3/,
  // EIP-7702: an account of a key that has lent itself code
  /^0xef0100([0-9a-f]{40})$/,
]

const FACETS = [
  {
    type: 'tuple[]',
    components: [
      { name: 'facet', type: 'address' },
      { name: 'selectors', type: 'bytes4[]' },
    ],
  },
] as const

type Read = Record<keyof typeof SLOTS, Address | null>

/**
 * What stands behind `address`: ERC-1967 proxies (plain, UUPS, Transparent, Beacon), OpenZeppelin's older ones, ERC-1822, minimal
 * proxies (ERC-1167, also with PUSH0, and EIP-7702 accounts) and diamonds (ERC-2535). Looks one level deep.
 *
 * Failure mode: proxies that keep their implementation elsewhere (in slot 0 as Safe does, or in an immutable) come out as `none`,
 * and so does a diamond that lacks the `facets()` of its loupe.
 *
 * @param block a block number; the head when absent
 * @throws SutureError `RPC_RESPONSE_INVALID`, and what `rpc` throws
 */
export async function resolveContract(rpc: Rpc, address: Address, block?: bigint): Promise<ResolvedContract> {
  const self = toAddress(address)
  const tag = block === undefined ? 'latest' : toQuantity(block)
  const { code, facets, ...slots } = await readContract(rpc, self, tag)
  const minimal = MINIMAL_PROXIES.map((shape) => shape.exec(code)?.[1]).find(Boolean)
  if (minimal) return { address: self, kind: 'minimal', implementation: `0x${minimal}` }

  const admin = slots.admin ?? slots.oldAdmin
  const implementation = slots.implementation ?? slots.oldImplementation
  if (implementation) {
    const kind = admin ? 'transparent' : (await isUups(rpc, implementation, tag)) ? 'uups' : 'erc1967'
    return { address: self, kind, implementation, ...(admin ? { admin } : {}) }
  }
  if (slots.beacon) {
    const behind = await call(rpc, slots.beacon, SELECTORS.implementation, tag)
    const target = behind && wordOf(behind)
    if (target) {
      return {
        address: self,
        kind: 'beacon',
        implementation: target,
        beacon: slots.beacon,
        ...(admin ? { admin } : {}),
      }
    }
  }
  if (slots.proxiable) return { address: self, kind: 'uups', implementation: slots.proxiable }
  const first = Object.values(facets)[0]
  if (first) return { address: self, kind: 'diamond', implementation: first, facets }
  return { address: self, kind: 'none', implementation: self }
}

/** Everything that can be asked of the address itself, in one trip. */
async function readContract(
  rpc: Rpc,
  address: Address,
  tag: string,
): Promise<Read & { code: Hex; facets: Record<Hex, Address> }> {
  const names = Object.keys(SLOTS) as (keyof typeof SLOTS)[]
  const calls: RpcCall[] = [
    { method: 'eth_getCode', params: [address, tag] },
    { method: 'eth_call', params: [{ to: address, data: SELECTORS.facets }, tag] },
    ...names.map((name) => ({ method: 'eth_getStorageAt', params: [address, SLOTS[name], tag] })),
  ]
  const [code, facets, ...words] = await rpc.batch(calls)
  const slots = names.map((name, index) => [name, wordOf(bytesOf(words[index]!, 'eth_getStorageAt'))])
  return {
    code: bytesOf(code!, 'eth_getCode'),
    facets: facetsOf(unlessReverted(facets!)),
    ...(Object.fromEntries(slots) as Read),
  }
}

/** An implementation of UUPS says which slot it is kept in (ERC-1822, as ERC-1967 proxies use it). */
async function isUups(rpc: Rpc, implementation: Address, tag: string): Promise<boolean> {
  return (await call(rpc, implementation, SELECTORS.proxiableUuid, tag)) === SLOTS.implementation
}

/** null where the call fails: the contract does not have the function. */
async function call(rpc: Rpc, to: Address, data: Hex, tag: string): Promise<Hex | null> {
  const [outcome] = await rpc.batch([{ method: 'eth_call', params: [{ to, data }, tag] }])
  return unlessReverted(outcome!)
}

function unlessReverted(outcome: RpcOutcome): Hex | null {
  if (!outcome.ok && outcome.error instanceof RpcError && !outcome.error.retryable) return null
  return bytesOf(outcome, 'eth_call')
}

function bytesOf(outcome: RpcOutcome, method: string): Hex {
  if (!outcome.ok) throw outcome.error
  const { result } = outcome
  if (typeof result === 'string' && /^0x([0-9a-f]{2})*$/i.test(result)) return result.toLowerCase() as Hex
  throw new SutureError('RPC_RESPONSE_INVALID', `The node's answer to ${method} is not what it should be.`, {
    meta: [`method: ${method}`, 'field: result', 'problem: expected bytes'],
  })
}

/** The address in a word; null where it holds none. */
function wordOf(word: Hex): Address | null {
  if (word.length !== 66) return null
  const value = BigInt(word)
  return value > 0n && value < 1n << 160n ? addressOfWord(value) : null
}

/** Facet by selector; empty where `data` is not what `facets()` gives. A contract whose fallback accepts anything answers too. */
function facetsOf(data: Hex | null): Record<Hex, Address> {
  if (data === null || data === '0x') return {}
  try {
    const [facets] = decodeAbiParameters(FACETS, data)
    return Object.fromEntries(
      facets.flatMap(({ facet, selectors }) => selectors.map((selector) => [selector, toAddress(facet)])),
    )
  } catch {
    return {}
  }
}
