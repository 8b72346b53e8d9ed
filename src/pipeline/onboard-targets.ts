import { encodeCall, readCode, tryCall } from '../chain/deployment/ask.ts'
import { inspectDeployment } from '../chain/deployment/inspect-deployment.ts'
import type { ChainView, ForwarderRoute, Unsuitable, Upgradable } from '../chain/deployment/types.ts'
import { SutureError } from '../core/errors.ts'
import type { Address } from '../core/hex.ts'
import { beaconForwarderBytecode } from '../generated/contracts.ts'
import { targetKey } from '../governance/batches/calls.ts'
import { planForwarder } from '../governance/batches/forwarder.ts'
import type { ForwarderPlan, Registrable } from '../governance/batches/types.ts'
import { type CodeFacts, readCodeFacts } from './onboard-facts.ts'

export interface OnboardTarget extends Registrable {
  /** By which address gate and breaker know it. */
  readonly key: Address
  readonly notes: readonly string[]
  readonly facts: CodeFacts
}

interface Wanted {
  /** The gate the targets are to come under. */
  readonly gate: Address
  /** The gate that holds them today, when they move. */
  readonly from?: Address
  /** Whether Safes keep the authority. */
  readonly via: boolean
}

interface Named {
  readonly proxies: readonly Address[]
  readonly authority?: Address
}

/** What can come under the gate of what was named, and why the rest cannot. */
export async function readTargets(
  view: ChainView,
  { proxies, authority }: Named,
  wanted: Wanted,
): Promise<{ readonly targets: readonly OnboardTarget[]; readonly unsuitable: readonly Unsuitable[] }> {
  const found = await Promise.all(
    proxies.map((proxy) => inspectDeployment(view, proxy, authority ? { authority } : {})),
  )
  const targets: OnboardTarget[] = []
  const unsuitable: Unsuitable[] = []
  for (const inspection of found.flat()) {
    if (!inspection.fits) {
      unsuitable.push(inspection)
      continue
    }
    const target = await toTarget(view, inspection, wanted)
    const reason = await findObstacle(view, target, { ...wanted, targets })
    if (reason === null) targets.push(target)
    else unsuitable.push({ fits: false, proxy: target.proxy, reason })
  }
  return { targets, unsuitable }
}

async function toTarget(view: ChainView, found: Upgradable, { gate, via }: Wanted): Promise<OnboardTarget> {
  const { fits: _, code: __, forwarder: route, ...rest } = found
  const forwarder = route
    ? await readForwarder(view, { gate, route, implementation: found.implementation })
    : null
  const facts = readCodeFacts(found)
  const { by, holder } = found.authority
  const lends = (via || by === 'nothing') && holder.kind === 'safe'
  const target = {
    ...rest,
    target: forwarder?.beacon ?? found.target,
    siteMapRoot: facts.siteMap.root,
    via: lends && !forwarder,
    ...(forwarder ? { forwarder } : {}),
    facts,
  }
  // A module may do anything in the name of its Safe.
  const notes = target.via ? [...found.notes, moduleNote(holder.address)] : found.notes
  return { ...target, notes, key: targetKey(target) }
}

const moduleNote = (safe: Address): string =>
  `a module may do anything in the name of the Safe ${safe}: through PatchGate.execute the gate's owner commands all of it`

async function readForwarder(
  view: ChainView,
  options: { gate: Address; route: ForwarderRoute; implementation: Address },
): Promise<ForwarderPlan> {
  const planned = planForwarder({ ...options, creation: beaconForwarderBytecode })
  const { factory, beacon, forwarder } = planned
  const codes = await Promise.all([factory, beacon, forwarder].map((address) => readCode(view, address)))
  if (codes[0] === '0x') {
    throw new SutureError('CONFIG_INVALID', 'This chain has no factory for the forwarder.', {
      meta: [`factory: ${factory}`, 'fix: deploy the deterministic deployment proxy there, and try again'],
    })
  }
  return {
    ...planned,
    deployed: [beacon, forwarder].filter((_, index) => codes[index + 1] !== '0x'),
    registered: await isKnown(view, options.gate, beacon),
  }
}

/** Why a target is left as it is: the gate knows it already, or another gate holds it. */
async function findObstacle(
  view: ChainView,
  { key, authority, forwarder }: OnboardTarget,
  { gate, from, targets }: Wanted & { readonly targets: readonly OnboardTarget[] },
): Promise<string | null> {
  const { holder } = authority
  const same = targets.find((target) => target.key === key)
  if (same && forwarder)
    return `it shares the beacon ${key} with ${same.proxy}: name it again when that one is done`
  if (same) return `it comes under the gate with ${same.proxy}, as ${key}`
  // A proxy that does not run its forwarder yet is not under the gate, even if the gate knows the beacon.
  if (!forwarder && (await isKnown(view, gate, key))) return `the gate knows ${key} already`
  if (holder.kind !== 'gate' || holder.address === gate || holder.address === from) return null
  return `the gate ${holder.address} holds it: move it with --gate ${holder.address} --migrate-to ${gate}`
}

/** The gate's record begins with the kind, which is 0 for a target it does not know. */
async function isKnown(view: ChainView, gate: Address, key: Address): Promise<boolean> {
  const record = await tryCall(view, { to: gate, data: encodeCall('targetOf(address)', [key]) })
  return record !== null && BigInt(record.slice(0, 66)) !== 0n
}
