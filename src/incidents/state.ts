import { wantedEffects } from './effects.ts'
import { effectiveCandidate, isContained, isExecuted, isRemedyExhausted } from './facts.ts'
import type { Incident, IncidentState } from './types.ts'

/**
 * Where an incident stands. Containment and remedy run side by side, so the state is the furthest thing that holds, not
 * the last that happened; a reorg that takes a receipt back moves it back by itself.
 */
export function stateOf(incident: Incident): IncidentState {
  if (incident.closed !== null) return incident.closed
  if (needsHuman(incident)) return 'needs-human'
  if (isExecuted(incident)) return 'executed'
  if (incident.approval !== null) return 'approved'
  if (effectiveCandidate(incident) !== null) return 'verified'
  if (incident.candidates !== null) return 'patched'
  if (incident.diagnosis !== null) return 'diagnosed'
  return isContained(incident) ? 'contained' : 'detected'
}

/** Whether the incident waits for a person: an effect it still wants was given up, or there is nothing left to try. */
export function needsHuman(incident: Incident): boolean {
  if (isRemedyExhausted(incident)) return true
  // A notice that cannot be delivered must not ask for another notice.
  const steps = wantedEffects(incident).filter((effect) => effect.type !== 'notify')
  const wanted = new Set(steps.map((effect) => effect.key))
  return incident.blockers.some((blocker) => wanted.has(blocker.effect))
}
