import { encodeFunctionData, parseAbi } from 'viem'
import type { Rpc } from '../chain/types.ts'
import { type Address, addressOfWord, type Hex, toAddress } from '../core/hex.ts'
import { patchGateAbi } from '../generated/contracts.ts'
import { readView } from './read-view.ts'

interface Sought {
  readonly gate: Address
  /** What users call. */
  readonly account: Address
  /** Functions of it; a gate knows a diamond by its facets. */
  readonly selectors: readonly Hex[]
}

/** ERC-1967. */
const BEACON_SLOT = '0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50'
const IMPLEMENTATION_SLOT = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc'

const FORWARDER = parseAbi(['function forwarderBeacon() returns (address)'])
const ZERO = toAddress(`0x${'0'.repeat(40)}`)

/**
 * By which addresses a gate knows the functions of a contract: its own; that of its beacon, also one that a BeaconForwarder asks; for
 * a diamond the keys of its facets. Functions the gate does not know are missing.
 *
 * @throws RPC_RESPONSE_INVALID when there is no PatchGate at the address.
 */
export async function findGateTargets(
  rpc: Rpc,
  { gate, account, selectors }: Sought,
): Promise<Map<Address, Hex[]>> {
  const at = { abi: patchGateAbi, address: gate, what: 'a PatchGate' } as const
  for (const candidate of [account, ...(await beaconsOf(rpc, account))]) {
    const { kind } = await readView(rpc, at, 'targetOf', [candidate])
    if (kind !== 0) return new Map([[candidate, [...selectors]]])
  }
  const targets = new Map<Address, Hex[]>()
  const keys = await Promise.all(selectors.map((selector) => readView(rpc, at, 'keyOf', [account, selector])))
  for (const [i, key] of keys.map(toAddress).entries()) {
    if (key !== ZERO) targets.set(key, [...(targets.get(key) ?? []), selectors[i]!])
  }
  return targets
}

async function beaconsOf(rpc: Rpc, account: Address): Promise<Address[]> {
  const [beacon, implementation] = await Promise.all(
    [BEACON_SLOT, IMPLEMENTATION_SLOT].map((slot) =>
      rpc.request<Hex>('eth_getStorageAt', [account, slot, 'latest']),
    ),
  )
  const asked = await askForwarder(rpc, addressOfWord(BigInt(implementation!)))
  return [addressOfWord(BigInt(beacon!)), asked].filter((address) => address !== ZERO)
}

/** Zero where no BeaconForwarder is. */
async function askForwarder(rpc: Rpc, to: Address): Promise<Address> {
  const data = encodeFunctionData({ abi: FORWARDER })
  const [outcome] = await rpc.batch([{ method: 'eth_call', params: [{ to, data }, 'latest'] }])
  const word = outcome?.ok ? String(outcome.result) : ''
  return /^0x0{24}[0-9a-f]{40}$/.test(word) ? addressOfWord(BigInt(word)) : ZERO
}
