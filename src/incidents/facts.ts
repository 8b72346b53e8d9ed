import type { FunctionRef, Severity } from '../detectors/types.ts'
import type { FreezePlan, Incident, Sighting } from './types.ts'

/** Whether some freeze is in force and none is still on its way. */
export function isContained(incident: Incident): boolean {
  const sendings = incident.freezes.filter((plan) => plan.lapsedAt === null).flatMap((plan) => plan.sendings)
  return sendings.length > 0 && sendings.every((sending) => sending.receipt !== null)
}

export function isExecuted(incident: Incident): boolean {
  return incident.restriction.length > 0 && incident.restriction.every((sending) => sending.receipt !== null)
}

/** Candidates still tried behind one that works but is a palliative. */
export const FURTHER_CANDIDATES = 24

/**
 * Index of the patch to apply: the cheapest that was shown effective and general; where the next few behind a palliative bring none, the
 * palliative. Null while it is not decided.
 */
export function effectiveCandidate(incident: Incident): number | null {
  const candidates = incident.candidates ?? []
  const general = candidates.findIndex(({ verdict }) => verdict?.verdict === 'effective' && verdict.general)
  if (general >= 0) return general
  const palliative = candidates.findIndex(({ verdict }) => verdict?.verdict === 'effective')
  if (palliative < 0) return null
  const further = candidates.slice(palliative + 1, palliative + 1 + FURTHER_CANDIDATES)
  return further.every(({ verdict }) => verdict !== null) ? palliative : null
}

/** Whether every planned patch was tried and none is effective, or there was none to try. */
export function isRemedyExhausted(incident: Incident): boolean {
  const { candidates } = incident
  if (candidates === null || effectiveCandidate(incident) !== null) return false
  return candidates.every((candidate) => candidate.verdict !== null)
}

const ORDER: readonly Severity[] = ['info', 'low', 'medium', 'high', 'critical']

export function isAtLeast(severity: Severity, threshold: Severity): boolean {
  return ORDER.indexOf(severity) >= ORDER.indexOf(threshold)
}

/** Functions of freezing severity that no plan has considered since they were seen. */
export function uncoveredFunctions(incident: Incident): readonly FunctionRef[] {
  return freezable(incident).flatMap(({ sighting, index }) =>
    sighting.finding.functions.filter((ref) => !incident.freezes.some((plan) => covers(plan, ref, index))),
  )
}

/** Every function of freezing severity, each once. */
export function attackedFunctions(incident: Incident): readonly FunctionRef[] {
  const all = freezable(incident).flatMap(({ sighting }) => sighting.finding.functions)
  return all.filter((ref, index) => all.findIndex((other) => isSameFunction(other, ref)) === index)
}

function freezable(incident: Incident): readonly { sighting: Sighting; index: number }[] {
  const { freeze } = incident.policy
  if (freeze === 'never') return []
  return incident.sightings
    .map((sighting, index) => ({ sighting, index }))
    .filter(({ sighting }) => isAtLeast(sighting.finding.severity, freeze))
}

/** A plan that ran out covers what was seen before it did, or a freeze would renew itself for ever. */
function covers(plan: FreezePlan, ref: FunctionRef, sighting: number): boolean {
  if (plan.lapsedAt !== null && plan.lapsedAt <= sighting) return false
  return plan.considered.some((other) => isSameFunction(other, ref))
}

function isSameFunction(a: FunctionRef, b: FunctionRef): boolean {
  return a.target === b.target && a.selector === b.selector
}
