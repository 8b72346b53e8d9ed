import type { ChainView } from '../chain/deployment/types.ts'
import { readBlock } from '../chain/read-block.ts'
import { createSequenceRunner, createSimulator } from '../chain/simulate.ts'
import type { Block, Rpc } from '../chain/types.ts'
import type { Address, Hex } from '../core/hex.ts'
import type { Batch, BatchCall, GateSite } from '../governance/batches/types.ts'
import { findGateTargets } from '../governance/find-gate-target.ts'
import { readTargetStatus, type TargetStatus } from '../governance/read-target-status.ts'
import { readGateSite } from './onboard.ts'
import { type FailedCall, rehearse, type Stage } from './onboard-rehearse.ts'
import { type Change, readRows, type Shown, tellChanges } from './propose-changes.ts'

/** What an action is planned on. */
export interface Scene {
  readonly view: ChainView
  readonly site: GateSite
  /** Seconds since the epoch. */
  readonly now: bigint
}

export interface ActionPlan {
  /** Who makes it: the owner of the gate, or of the Breaker. */
  readonly sender: Batch['sender']
  readonly call: BatchCall
  /** A sentence for those who vote or sign, without its end. */
  readonly description: string
  /** What they should know of it; sentences. */
  readonly notes: readonly string[]
  /** What may change besides what the gate keeps of the target. */
  readonly shows?: Omit<Shown, 'target'>
}

/** Something only an owner may do. */
export type OwnerAction =
  | {
      readonly name: string
      /** What users call, or by which address the gate knows it. */
      readonly account: Address
      readonly plan: (scene: Scene, status: TargetStatus) => Promise<ActionPlan>
    }
  | {
      readonly name: string
      readonly account: null
      readonly plan: (scene: Scene) => Promise<ActionPlan>
    }

export interface ProposeOptions {
  readonly rpc: Rpc
  readonly gate: Address
  readonly action: OwnerAction
}

/** A call for an owner, and what came of trying it on a copy of the state. */
export interface OwnerProposal {
  readonly action: string
  readonly block: Block
  readonly site: GateSite
  readonly description: string
  readonly batch: Batch
  /** What gate and Breaker keep, where it is another after the call; empty where the call fails. */
  readonly changes: readonly Change[]
  readonly notes: readonly string[]
  readonly failed: FailedCall | null
  readonly gas: bigint
}

/**
 * Plans a call only the owner of a gate or of its Breaker may make, and makes it on a copy of the state as that owner. Sends nothing.
 *
 * @throws APPROVAL_INVALID when the gate does not know the target, CONFIG_INVALID when there is no PatchGate.
 */
export async function planProposal({ rpc, gate, action }: ProposeOptions): Promise<OwnerProposal> {
  const block = await readBlock(rpc, BigInt(await rpc.request<Hex>('eth_blockNumber')))
  const view: ChainView = { rpc, block: block.number }
  const scene: Scene = { view, site: await readGateSite(view, gate), now: block.timestamp }
  const status = action.account === null ? null : await readStatus(rpc, gate, action.account)
  const plan =
    action.account === null ? await action.plan(scene) : await action.plan(scene, status as TargetStatus)
  const stage: Stage = {
    run: createSequenceRunner(createSimulator(rpc, { at: block.number })),
    block: { ...block, number: block.number + 1n, timestamp: block.timestamp + 12n },
  }
  const batch = { sender: plan.sender, calls: [plan.call] }
  const { failed, gas, state } = await rehearse(stage, [batch])
  const shown = { ...plan.shows, ...(status ? { target: status } : {}) }
  const rows = (of: typeof state) => readRows(stage, { site: scene.site, shown, state: of })
  return {
    action: action.name,
    block,
    site: scene.site,
    description: `${plan.description}, as things stood at block ${block.number}`,
    batch,
    changes: failed ? [] : tellChanges(await rows({}), await rows(state)),
    notes: plan.notes,
    failed,
    gas: gas[0]!,
  }
}

async function readStatus(rpc: Rpc, gate: Address, account: Address): Promise<TargetStatus> {
  const [found] = (await findGateTargets(rpc, { gate, account, selectors: [] })).keys()
  return readTargetStatus(rpc, { gate, target: found ?? account })
}
