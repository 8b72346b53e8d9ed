import { encodeFunctionData } from 'viem'
import type { Execution, Rpc, Simulate } from '../chain/types.ts'
import { profileFunctions } from '../containment/exits.ts'
import { type Capability, planContainment } from '../containment/plan.ts'
import type { Containment, ContainmentMeans } from '../containment/types.ts'
import type { Address, Hex } from '../core/hex.ts'
import { hashJson, toJson } from '../core/json.ts'
import type { Protection } from '../detectors/types.ts'
import { breakerAbi } from '../generated/contracts.ts'
import { findGateTargets } from '../governance/find-gate-target.ts'
import { planFreeze } from '../governance/plan-freeze.ts'
import type { PlannedCall } from '../governance/types.ts'
import type { Incident, Sighting } from '../incidents/types.ts'

interface ContainOptions {
  readonly simulate: Simulate
  readonly protection: Protection
  readonly capabilities: ReadonlyMap<Address, Capability>
  readonly benign: () => readonly Execution[]
  /** Seconds a freeze lasts. */
  readonly freezeSeconds: bigint
}

/** What stops every attack transaction of the incident. */
export async function planFor(incident: Incident, options: ContainOptions): Promise<Containment> {
  const { protection, simulate } = options
  const profiles = profileFunctions(options.benign(), protection)
  const settings = {
    protection,
    capabilities: options.capabilities,
    profiles,
    duration: options.freezeSeconds,
  }
  const plans: Containment[] = []
  for (const sightings of groupSightings(incident.sightings)) {
    const [{ transaction, context: block, at, before }] = sightings
    const execution = await simulate({ transaction, block, at, state: before, watch: protection.contracts })
    const findings = sightings.map(({ finding }) => finding)
    const plan = planContainment(findings, execution, settings)
    if (plan) plans.push(plan)
  }
  return mergePlans(plans, settings.duration)
}

/** The calls that carry a means out. */
export async function callsOf(
  rpc: Rpc,
  means: ContainmentMeans,
  { duration, incident }: { readonly duration: bigint; readonly incident: string },
): Promise<PlannedCall[]> {
  if (means.kind === 'pause') return [{ to: means.target, data: means.calldata }]
  const name = hashJson(incident)
  if (means.kind === 'shim') {
    const { gate: at, target: account, selectors } = means
    const targets = await findGateTargets(rpc, { gate: at, account, selectors })
    return [...targets].map(([target, known]) =>
      planFreeze({ gate: at, target, selectors: known, duration, incident: name }),
    )
  }
  const args = [means.target, means.selectors, duration, name] as const
  return [{ to: means.breaker, data: encodeFunctionData({ abi: breakerAbi, functionName: 'freeze', args }) }]
}

/** Sightings by transaction. */
function groupSightings(sightings: readonly Sighting[]): (readonly [Sighting, ...Sighting[]])[] {
  const groups = new Map<Hex, [Sighting, ...Sighting[]]>()
  for (const sighting of sightings) {
    const { hash } = sighting.transaction
    const group = groups.get(hash)
    if (group) group.push(sighting)
    else groups.set(hash, [sighting])
  }
  return [...groups.values()]
}

function mergePlans(plans: readonly Containment[], duration: bigint): Containment {
  const functions = distinctBy(
    plans.flatMap((plan) => plan.functions),
    ({ target, selector }) => target + selector,
  )
  const frozen = new Set(functions.map(({ target, selector }) => target + selector))
  const means = distinctBy(
    plans.flatMap((plan) => plan.means),
    (one) => hashJson(toJson(one)),
  )
  const leftOpen = distinctBy(
    plans.flatMap((plan) => plan.leftOpen),
    ({ target, selector }) => target + selector,
  )
  return {
    functions,
    means,
    leftOpen: leftOpen.filter((ref) => !frozen.has(ref.target + ref.selector)),
    duration,
  }
}

function distinctBy<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [keyOf(item), item])).values()]
}
