import { keccak256, stringToHex } from 'viem'
import { foundry } from 'viem/chains'
import { type Address, bytesOf, type Hex } from '../../../src/core/hex.ts'
import { collectApproval } from '../../../src/governance/collect-approval.ts'
import { planPublish, planRestrict } from '../../../src/governance/plan-restrict.ts'
import { prepareRestriction } from '../../../src/governance/prepare-restriction.ts'
import { predictPatched, readGateTarget } from '../../../src/governance/read-gate-target.ts'
import { signRestriction } from '../../../src/governance/sign-restriction.ts'
import type { ParametersOf, PlannedCall } from '../../../src/governance/types.ts'
import { assemblePatch } from '../../../src/patching/assemble.ts'
import { disable } from '../../../src/patching/guards.ts'
import { prepareTarget } from '../../../src/patching/target.ts'
import { findTemplate } from '../../../src/patching/templates/table.ts'
import { funded } from '../../governance/gate-fixture.ts'
import type { World } from '../../support/onboard-world.ts'
import { timeOf } from './twin.ts'

interface Restricting {
  readonly gate: Address
  /** By which the gate knows it. */
  readonly target: Address
  /** The functions that are refused from then on. */
  readonly selectors: readonly Hex[]
  /** Indices of the node's accounts. */
  readonly guardians: readonly number[]
}

interface PreparedRestriction {
  readonly publish: PlannedCall
  readonly restrict: PlannedCall
  readonly bytes: { readonly original: number; readonly patched: number }
}

const parametersOf: ParametersOf = (name) => findTemplate(name)?.params

/** A patch of what the gate has registered that refuses functions at their entries, signed by the guardians. */
export async function prepareRefusal(
  world: World,
  { gate, target, selectors, guardians }: Restricting,
): Promise<PreparedRestriction> {
  const { rpc } = world.node
  const state = await readGateTarget(rpc, { gate, target })
  const code = await rpc.request<Hex>('eth_getCode', [state.original, 'latest'])
  const prepared = prepareTarget({ address: state.original, code })
  const { runtime, certificate } = assemblePatch({
    code: prepared.code,
    siteMap: prepared.siteMap,
    guards: selectors.flatMap(prepared.entrySites).map(disable),
  })
  const salt = keccak256(stringToHex(`refuse ${selectors.join()}`))
  const restriction = prepareRestriction({
    target,
    state,
    certificate,
    bundleHash: keccak256(stringToHex('evidence')),
    salt,
    patchedAddress: await predictPatched(rpc, { gate, target, salt }),
    deadline: (await timeOf(world)) + 3_600n,
    parametersOf,
  })
  const ref = { gate, chainId: foundry.id }
  const signatures = await Promise.all(
    guardians.map((index) => signRestriction(funded(index), ref, restriction)),
  )
  const approval = await collectApproval({ ...ref, ...state, restriction, signatures })
  return {
    publish: planPublish(approval, { runtime }),
    restrict: planRestrict(approval, { runtime, certificate, parametersOf, published: true }),
    bytes: { original: prepared.code.length, patched: bytesOf(runtime).length },
  }
}
