import { askAddress } from '../chain/deployment/ask.ts'
import { readAccount } from '../chain/deployment/read-account.ts'
import type { ChainView, Unsuitable } from '../chain/deployment/types.ts'
import { readBlock } from '../chain/read-block.ts'
import { createSequenceRunner, createSimulator } from '../chain/simulate.ts'
import type { Block, Rpc } from '../chain/types.ts'
import { SutureError } from '../core/errors.ts'
import type { Address, Hex } from '../core/hex.ts'
import { exerciseAuthority } from '../governance/batches/hand-over.ts'
import { planExit, planMigration, planOnboarding } from '../governance/batches/plan-batches.ts'
import type { Batch, GateSite, Pauser } from '../governance/batches/types.ts'
import { type FreezeTrial, tryFreeze } from './onboard-freeze.ts'
import { type FailedCall, rehearse, type Stage } from './onboard-rehearse.ts'
import { type OnboardTarget, readTargets } from './onboard-targets.ts'

export interface OnboardOptions {
  readonly rpc: Rpc
  readonly proxies: readonly Address[]
  readonly gate: Address
  readonly pausers: readonly Pauser[]
  /** Who may upgrade, where the contracts do not say so. */
  readonly authority?: Address
  /** Safes keep the authority and enable the gate as a module. */
  readonly via?: boolean
  /** Shims stay in place for good: freezes are cheaper, calls dearer. */
  readonly standing?: boolean
  /** Move the targets from `gate` to this one. */
  readonly migrateTo?: Address
}

/** What onboarding would do, and what came of trying it on a copy of the state. */
export interface Onboarding {
  readonly block: Block
  readonly site: GateSite
  readonly targets: readonly OnboardTarget[]
  readonly unsuitable: readonly Unsuitable[]
  readonly batches: readonly Batch[]
  readonly exit: readonly Batch[]
  readonly rehearsal: {
    readonly onboard: FailedCall | null
    readonly gas: readonly bigint[]
    /** By target; null where it was not tried. */
    readonly freezes: readonly (Omit<FreezeTrial, 'state'> | null)[]
    readonly exit: FailedCall | null
    /** Whether those who held the authority can use it again after the exit. */
    readonly returned: FailedCall | null
  }
}

/**
 * Plans how live contracts come under a gate, and how they leave it again, and tries all of it on a copy of the state: the batches in their
 * order, a freeze of each target with a user's call, and the exit while the freeze lasts. Sends nothing.
 *
 * @throws CONFIG_INVALID when the address of the gate is none of a PatchGate.
 */
export async function planOnboard(options: OnboardOptions): Promise<Onboarding> {
  const { rpc, gate, pausers, migrateTo, standing = false } = options
  const block = await readBlock(rpc, BigInt(await rpc.request<Hex>('eth_blockNumber')))
  const view: ChainView = { rpc, block: block.number }
  const site = await readGateSite(view, migrateTo ?? gate)
  const old = migrateTo === undefined ? null : await readGateSite(view, gate)
  const wanted = { gate: site.gate, via: options.via ?? false, ...(old ? { from: old.gate } : {}) }
  const { targets, unsuitable } = await readTargets(view, options, wanted)
  const plan = { site, targets, pausers }
  const batches = old
    ? planMigration({ from: old, to: site, targets, pausers })
    : planOnboarding({ ...plan, standing })
  const exit = old
    ? planMigration({ from: site, to: old, targets: heldBy(targets, site), pausers })
    : planExit(plan)
  const stage = {
    run: createSequenceRunner(createSimulator(rpc, { at: block.number })),
    block: { ...block, number: block.number + 1n, timestamp: block.timestamp + 12n },
  }
  return {
    block,
    site,
    targets,
    unsuitable,
    batches,
    exit,
    rehearsal: await rehearseAll(stage, { ...plan, batches, exit, returns: old === null }),
  }
}

/** A gate, its breaker and who owns them. */
export async function readGateSite(view: ChainView, gate: Address): Promise<GateSite> {
  const account = await readAccount(view, gate)
  const breaker = account.kind === 'gate' ? await askAddress(view, gate, 'breaker()') : null
  const breakerOwner = breaker && (await askAddress(view, breaker, 'owner()'))
  if (account.kind !== 'gate' || !breaker || !breakerOwner) {
    throw new SutureError('CONFIG_INVALID', 'There is no PatchGate with a Breaker at this address.', {
      meta: ['field: --gate', `value: ${gate}`, 'fix: give the address of a PatchGate of this chain'],
    })
  }
  return {
    gate,
    owner: await readAccount(view, account.owner),
    breaker,
    breakerOwner: await readAccount(view, breakerOwner),
  }
}

/** The targets as they are when `site` has taken their authority over. */
function heldBy(targets: readonly OnboardTarget[], { gate, owner }: GateSite): OnboardTarget[] {
  const holder = { kind: 'gate', address: gate, owner: owner.address } as const
  return targets.map((target) =>
    target.via ? target : { ...target, authority: { ...target.authority, holder } },
  )
}

interface Play {
  readonly site: GateSite
  readonly targets: readonly OnboardTarget[]
  readonly pausers: readonly Pauser[]
  readonly batches: readonly Batch[]
  readonly exit: readonly Batch[]
  /** Whether the exit gives the authority back to accounts that can act. */
  readonly returns: boolean
}

async function rehearseAll(stage: Stage, play: Play): Promise<Onboarding['rehearsal']> {
  const { site, targets, pausers, batches, exit, returns } = play
  const onboard = await rehearse(stage, batches)
  const nothing = { gas: onboard.gas, freezes: targets.map(() => null), exit: null, returned: null }
  if (onboard.failed) return { ...nothing, onboard: onboard.failed }
  const freezes: Onboarding['rehearsal']['freezes'][number][] = []
  let { state } = onboard
  for (const target of targets) {
    const pauser = pausers[0]
    const functions = target.facts.functions
    const trial = pauser ? await tryFreeze(stage, { site, target, functions, pauser }, state) : null
    if (trial) state = trial.state
    freezes.push(trial && withoutState(trial))
  }
  const left = await rehearse(stage, exit, state)
  const use = targets.filter(({ via }) => !via).flatMap(exerciseAuthority)
  const returned = returns && !left.failed ? await rehearse(stage, [{ calls: use }], left.state) : null
  return { onboard: null, gas: onboard.gas, freezes, exit: left.failed, returned: returned?.failed ?? null }
}

function withoutState({ state: _, ...trial }: FreezeTrial): Omit<FreezeTrial, 'state'> {
  return trial
}
