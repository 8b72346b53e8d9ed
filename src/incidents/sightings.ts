import type { BlockRef } from '../chain/types.ts'
import { hashJson } from '../core/json.ts'
import type { Incident, IncidentEvent, Sending, Sighting } from './types.ts'

type AttackDetected = Extract<IncidentEvent, { readonly type: 'AttackDetected' }>

/** The same attack transaction always opens the same incident, so a block that is delivered twice opens none twice. */
export function incidentId(event: Pick<AttackDetected, 'chainId' | 'victim' | 'sighting'>): string {
  const { chainId, victim, sighting } = event
  const { fingerprint } = sighting.finding
  return hashJson({ chainId, victim, fingerprint, transaction: sighting.transaction.hash })
}

export function openIncident(id: string, event: AttackDetected): Incident {
  const { protocol, chainId, victim, policy, sighting } = event
  return {
    id,
    protocol,
    chainId,
    victim,
    policy,
    seq: 1,
    sightings: [sighting],
    doubts: 0,
    doubted: false,
    freezes: [],
    diagnosis: null,
    candidates: null,
    verification: 0,
    released: false,
    request: null,
    approval: null,
    restriction: [],
    notices: [],
    blockers: [],
    closed: null,
  }
}

/** Whether the sighting tells nothing the incident does not know. */
export function isKnownSighting(incident: Incident, sighting: Sighting): boolean {
  return incident.sightings.some(
    (known) =>
      isSameSighting(known, sighting) &&
      // A pending transaction seen again after it was mined is old news.
      (sighting.block === null || known.block?.hash === sighting.block.hash),
  )
}

/** Adds a sighting, or brings the one of the same finding up to date (pending → mined, mined → mined again elsewhere). */
export function see(incident: Incident, sighting: Sighting): Incident {
  const index = incident.sightings.findIndex((known) => isSameSighting(known, sighting))
  if (index >= 0) {
    const sightings = incident.sightings.with(index, sighting)
    return { ...incident, sightings, doubted: incident.doubted && sighting.retracted }
  }
  const next = { ...incident, sightings: [...incident.sightings, sighting], doubted: false }
  return isNewAttack(incident, sighting) ? verifyAgain(next) : next
}

function isSameSighting(a: Sighting, b: Sighting): boolean {
  return (
    a.transaction.hash === b.transaction.hash &&
    a.finding.detector === b.finding.detector &&
    a.finding.fingerprint === b.finding.fingerprint
  )
}

/** Another transaction with another fingerprint: a variant the patch was not tried against. */
function isNewAttack(incident: Incident, sighting: Sighting): boolean {
  return !incident.sightings.some(
    (known) =>
      known.transaction.hash === sighting.transaction.hash ||
      known.finding.fingerprint === sighting.finding.fingerprint,
  )
}

/** Verdicts are about the attacks known then. After an approval the patch goes in first: it stops what it was shown to stop. */
function verifyAgain(incident: Incident): Incident {
  const { candidates, approval } = incident
  if (approval !== null || !candidates?.some((candidate) => candidate.verdict !== null)) return incident
  return {
    ...incident,
    verification: incident.verification + 1,
    released: false,
    request: null,
    candidates: candidates.map(({ patch }) => ({ patch, verdict: null })),
  }
}

/**
 * Takes back what rested on `blocks`: receipts become open again (the sender goes on with the same signed transaction), and
 * sightings are pending again. An incident left without any sighting that stands is looked at again, not forgotten: whoever sent
 * the transaction can have it mined in the next block.
 */
export function retract(incident: Incident, blocks: readonly BlockRef[]): Incident {
  const gone = new Set(blocks.map((block) => block.hash))
  const keep = (sending: Sending): Sending =>
    sending.receipt !== null && gone.has(sending.receipt.blockHash) ? { ...sending, receipt: null } : sending
  const sightings = incident.sightings.map((sighting) =>
    sighting.block !== null && gone.has(sighting.block.hash)
      ? { ...sighting, block: null, retracted: true }
      : sighting,
  )
  const restriction = incident.restriction.map(keep)
  const undone = restriction.some((sending, index) => sending !== incident.restriction[index])
  const struck = sightings.some((sighting, index) => sighting !== incident.sightings[index])
  const doubted = struck && sightings.every((sighting) => sighting.retracted)
  return {
    ...incident,
    sightings,
    restriction,
    freezes: incident.freezes.map((plan) => ({ ...plan, sendings: plan.sendings.map(keep) })),
    doubted: incident.doubted || doubted,
    doubts: incident.doubts + (doubted ? 1 : 0),
    // A resolved incident whose patch is gone again is not resolved.
    closed: incident.closed === 'resolved' && undone ? null : incident.closed,
  }
}

/** Whether a retraction of `blocks` concerns the incident. */
export function restsOn(incident: Incident, blocks: readonly BlockRef[]): boolean {
  const gone = new Set(blocks.map((block) => block.hash))
  const sendings = [...incident.restriction, ...incident.freezes.flatMap((plan) => plan.sendings)]
  return (
    incident.sightings.some((sighting) => sighting.block !== null && gone.has(sighting.block.hash)) ||
    sendings.some((sending) => sending.receipt !== null && gone.has(sending.receipt.blockHash))
  )
}
