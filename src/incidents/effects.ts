import {
  attackedFunctions,
  effectiveCandidate,
  isExecuted,
  isRemedyExhausted,
  uncoveredFunctions,
} from './facts.ts'
import type { Effect, FreezePlan, Incident, Sending } from './types.ts'

/**
 * Everything an incident's facts call for, whether somebody works on it or gave it up. One function for the first time and for
 * after a crash, so the two cannot disagree.
 *
 * Containment comes first and asks nothing of diagnosis, diagnosis nothing of containment: both are wanted from the start.
 */
export function wantedEffects(incident: Incident): readonly Effect[] {
  const notices: Effect[] = incident.notices.map((notice) => ({
    key: `notify/${notice.key}`,
    type: 'notify',
    notice,
  }))
  if (incident.closed !== null) return notices
  return [...containment(incident), ...remedy(incident), ...doubts(incident), ...notices]
}

/** What is to be worked on: wanted and not waiting for a person. */
export function outstandingEffects(incident: Incident): readonly Effect[] {
  const blocked = new Set(incident.blockers.map((blocker) => blocker.effect))
  return wantedEffects(incident).filter((effect) => !blocked.has(effect.key))
}

function containment(incident: Incident): readonly Effect[] {
  // Once the patch is in force a freeze on its way has nothing left to stop.
  if (isExecuted(incident)) return []
  const plan = uncoveredFunctions(incident).length > 0 ? [planContainment(incident)] : []
  const active = incident.freezes.map((freeze, index) => ({ freeze, index }))
  return [
    ...plan,
    ...active.flatMap(({ freeze, index }) => (freeze.lapsedAt === null ? freezeEffects(freeze, index) : [])),
  ]
}

function planContainment(incident: Incident): Effect {
  const pending = incident.sightings.filter((sighting) => sighting.block === null)
  const fees = pending.map(({ transaction }) => transaction)
  const outbid = fees.length === 0 ? null : dearest(fees)
  return {
    key: `plan-containment/${incident.freezes.length}`,
    type: 'plan-containment',
    functions: attackedFunctions(incident),
    urgency: outbid === null ? 'normal' : 'outbid',
    outbid,
  }
}

function dearest(fees: readonly { maxFeePerGas: bigint; maxPriorityFeePerGas: bigint }[]) {
  let most = { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n }
  for (const { maxFeePerGas: fee, maxPriorityFeePerGas: tip } of fees) {
    if (fee > most.maxFeePerGas) most = { ...most, maxFeePerGas: fee }
    if (tip > most.maxPriorityFeePerGas) most = { ...most, maxPriorityFeePerGas: tip }
  }
  return most
}

function freezeEffects(plan: FreezePlan, index: number): readonly Effect[] {
  const unsent = sendEffects('freeze', plan.sendings)
  const since = plan.sendings.map((sending) => sending.receipt).at(-1) ?? null
  if (unsent.length > 0 || since === null) return unsent
  const { duration } = plan.containment
  return [{ key: `await-lapse/${index}`, type: 'await-lapse', plan: index, duration, since }]
}

function sendEffects(purpose: 'freeze' | 'restriction', sendings: readonly Sending[]): readonly Effect[] {
  return sendings
    .filter((sending) => sending.receipt === null)
    .map(({ intent }) => ({ key: `send/${intent.id}`, type: 'send', purpose, intent }))
}

/** The one next step from diagnosis to resolution. */
function remedy(incident: Incident): readonly Effect[] {
  const { diagnosis, candidates, request, approval } = incident
  if (diagnosis === null) return [{ key: 'diagnose', type: 'diagnose' }]
  if (candidates === null) return [{ key: 'plan-patches', type: 'plan-patches', diagnosis }]
  if (approval !== null) {
    const unsent = sendEffects('restriction', incident.restriction)
    return isExecuted(incident) ? [{ key: 'resolve', type: 'resolve' }] : unsent
  }
  const effective = effectiveCandidate(incident)
  if (effective === null) return isRemedyExhausted(incident) ? [] : [verifyNext(incident)]
  if (request !== null) {
    return [{ key: `await-approval/${request.restriction.nonce}`, type: 'await-approval', ...request }]
  }
  return mayAsk(incident) ? [requestApproval(incident, effective)] : []
}

function mayAsk({ policy, released }: Incident): boolean {
  return policy.restrict === 'auto' || (policy.restrict === 'propose' && released)
}

function verifyNext(incident: Incident): Effect {
  const index = incident.candidates!.findIndex((candidate) => candidate.verdict === null)
  const { patch } = incident.candidates![index]!
  return { key: `verify/${incident.verification}/${index}`, type: 'verify', candidate: index, patch }
}

function requestApproval(incident: Incident, index: number): Effect {
  const { patch, verdict } = incident.candidates![index]!
  const key = `request-approval/${incident.verification}`
  return { key, type: 'request-approval', patch, bundle: verdict!.bundle.hash }
}

function doubts(incident: Incident): readonly Effect[] {
  return incident.doubted ? [{ key: `reevaluate/${incident.doubts}`, type: 'reevaluate' }] : []
}
