import { toFunctionSelector } from 'viem'
import { resolveContract } from '../chain/resolve-proxy.ts'
import type { Rpc } from '../chain/types.ts'
import type { Protocol } from '../config/types.ts'
import type { Capability } from '../containment/plan.ts'
import { SutureError } from '../core/errors.ts'
import { type Address, type Hex, toAddress } from '../core/hex.ts'
import type { Protection } from '../detectors/types.ts'
import { patchGateAbi } from '../generated/contracts.ts'
import { findGateTargets } from '../governance/find-gate-target.ts'
import { readGateTarget } from '../governance/read-gate-target.ts'
import { readView } from '../governance/read-view.ts'
import type { Post } from './heartbeat.ts'

/** The protected contracts with what stands behind their proxies, and where each can be frozen. */
interface Protected {
  readonly protection: Protection
  readonly posts: readonly Post[]
}

/**
 * Reads what a protocol's contracts are from the chain.
 *
 * @throws CONFIG_INVALID when there is no code at one of them.
 */
export async function readProtection(rpc: Rpc, { contracts, gate, breaker }: Protocol): Promise<Protected> {
  const implementations = new Map<Address, Address>()
  const posts: Post[] = []
  const gateBreaker = gate ? await breakerOf(rpc, gate) : null
  for (const [name, account] of Object.entries(contracts)) {
    await requireCode(rpc, name, account)
    const { implementation, facets = {} } = await resolveContract(rpc, account)
    const behind = new Set([implementation, ...Object.values(facets)])
    if (gate && gateBreaker) {
      const selectors = Object.keys(facets) as Hex[]
      const targets = await findGateTargets(rpc, { gate, account, selectors })
      for (const target of targets.keys()) {
        posts.push({ breaker: gateBreaker, target })
        // Behind a shim the proxy names the shim.
        const { original, current } = await readGateTarget(rpc, { gate, target })
        behind.add(original).add(current)
      }
    }
    if (breaker) posts.push({ breaker, target: account })
    for (const code of behind) if (code !== account) implementations.set(code, account)
  }
  return { protection: { contracts: new Set(Object.values(contracts)), implementations }, posts }
}

/** How each protected contract can be stopped, as the configuration has it. */
export function capabilitiesOf({
  contracts,
  gate,
  breaker,
  pause,
}: Protocol): ReadonlyMap<Address, Capability> {
  return new Map(
    Object.values(contracts).map((target) => {
      const brake = pause.find((one) => one.target === target)
      const capability: Capability = {
        ...(breaker ? { breaker } : {}),
        ...(gate ? { gate } : {}),
        ...(brake ? { pause: toFunctionSelector(`function ${brake.signature}`) } : {}),
      }
      return [target, capability]
    }),
  )
}

async function breakerOf(rpc: Rpc, gate: Address): Promise<Address> {
  const at = { abi: patchGateAbi, address: gate, what: 'a PatchGate' } as const
  return toAddress(await readView(rpc, at, 'breaker', []))
}

async function requireCode(rpc: Rpc, name: string, address: Address): Promise<void> {
  const code = await rpc.request<Hex>('eth_getCode', [address, 'latest'])
  if (code !== '0x') return
  throw new SutureError('CONFIG_INVALID', 'There is no code at a protected contract.', {
    meta: [`field: contracts.${name}`, `value: ${address}`, 'fix: check the address and the chain'],
  })
}
