import { SutureError } from '../core/errors.ts'
import { canonicalJson, toJson } from '../core/json.ts'
import { outstandingEffects } from './effects.ts'
import { effectiveCandidate, isExecuted, isRemedyExhausted } from './facts.ts'
import { openIncident, retract, see } from './sightings.ts'
import { stateOf } from './state.ts'
import type { Effect, Incident, IncidentEvent, IncidentEventType, Sending } from './types.ts'

type Receipt = NonNullable<Sending['receipt']>
type EventOf<T extends IncidentEventType> = Extract<IncidentEvent, { readonly type: T }>
type Handlers = {
  readonly [T in Exclude<IncidentEventType, 'AttackDetected'>]: (
    incident: Incident,
    event: EventOf<T>,
  ) => Incident
}

/** What still happens to a closed incident: the word gets out, and a reorg may undo the end. */
const AFTER_CLOSE: ReadonlySet<IncidentEventType> = new Set(['NoticeSent', 'BlockRetracted'])

/**
 * Takes an incident by one event to the next. Pure: the same log always folds to the same incident.
 * The effects are those this event made outstanding.
 *
 * @param id the incident's id, for the event that opens it
 * @throws SutureError TRANSITION_INVALID where the event cannot follow, APPROVAL_INVALID where the approval is for something else
 */
export function reduce(
  id: string,
  incident: Incident | null,
  event: IncidentEvent,
): readonly [Incident, readonly Effect[]] {
  const next = announce(incident, advance(id, incident, event))
  const before = new Set((incident === null ? [] : outstandingEffects(incident)).map((effect) => effect.key))
  return [next, outstandingEffects(next).filter((effect) => !before.has(effect.key))]
}

function advance(id: string, incident: Incident | null, event: IncidentEvent): Incident {
  if (event.type === 'AttackDetected') {
    demand(incident === null, event.type, 'the incident is open already')
    return openIncident(id, event)
  }
  if (incident === null) return refuse(event.type, 'there is no such incident')
  demand(incident.closed === null || AFTER_CLOSE.has(event.type), event.type, `it is ${incident.closed}`)
  const handle = HANDLERS[event.type] as (incident: Incident, event: IncidentEvent) => Incident
  return { ...handle(incident, event), seq: incident.seq + 1 }
}

/** Every change of state is told to somebody. */
function announce(before: Incident | null, after: Incident): Incident {
  const state = stateOf(after)
  if (before !== null && stateOf(before) === state) return after
  const urgent = state === 'detected' || state === 'needs-human'
  const reason = state === 'needs-human' ? `: ${humanReason(after)}` : '.'
  const notice = {
    key: `${after.seq}`,
    severity: urgent ? ('critical' as const) : ('info' as const),
    sentence: `The incident on ${after.victim} (${after.protocol}) is ${state}${reason}`,
  }
  return { ...after, notices: [...after.notices, notice] }
}

function humanReason(incident: Incident): string {
  return incident.blockers.at(-1)?.sentence ?? 'no planned patch was shown effective.'
}

const HANDLERS: Handlers = {
  FindingAttached: (incident, event) => see(incident, event.sighting),

  FreezePlanned: (incident, { containment, considered, intents }) => {
    const plan = { containment, considered, sendings: intents.map(unsent), lapsedAt: null }
    const next = { ...incident, freezes: [...incident.freezes, plan] }
    if (intents.length > 0) return next
    return tell(next, `open-${incident.freezes.length}`, 'cannot be frozen by Suture; act by hand.')
  },

  FreezeMined: (incident, { type, receipt }) => {
    const known = incident.freezes.some((plan) => hasIntent(plan.sendings, receipt))
    demand(known, type, `no freeze has the intent ${receipt.intent}`)
    return {
      ...incident,
      freezes: incident.freezes.map((plan) => ({ ...plan, sendings: settle(plan.sendings, receipt) })),
    }
  },

  FreezeLapsed: (incident, { type, plan }) => {
    demand(incident.freezes[plan]?.lapsedAt === null, type, `plan ${plan} is not in force`)
    const freezes = incident.freezes.map((freeze, index) =>
      index === plan ? { ...freeze, lapsedAt: incident.sightings.length } : freeze,
    )
    return tell(
      { ...incident, freezes },
      `lapsed-${plan}`,
      'is open again: a freeze ran out before the patch.',
    )
  },

  AttackDiagnosed: (incident, { diagnosis }) => {
    demand(incident.candidates === null, 'AttackDiagnosed', 'patches are planned already')
    return { ...incident, diagnosis }
  },

  PatchesPlanned: (incident, { type, patches }) => {
    demand(incident.diagnosis !== null, type, 'there is no diagnosis')
    // A person may hand in patches after all planned ones were refused.
    demand(incident.candidates === null || isRemedyExhausted(incident), type, 'patches are planned already')
    const planned = patches.map((patch) => ({ patch, verdict: null }))
    return { ...incident, candidates: [...(incident.candidates ?? []), ...planned] }
  },

  PatchVerified: (incident, { type, candidate, verdict }) => {
    demand(incident.candidates?.[candidate] !== undefined, type, `there is no candidate ${candidate}`)
    demand(incident.request === null && incident.approval === null, type, 'approval was asked for already')
    const candidates = incident.candidates!.map((entry, index) =>
      index === candidate ? { ...entry, verdict } : entry,
    )
    return { ...incident, candidates }
  },

  PatchReleased: (incident, { type }) => {
    demand(effectiveCandidate(incident) !== null, type, 'no patch was shown effective')
    return { ...incident, released: true }
  },

  ApprovalRequested: (incident, { type, gate, restriction }) => {
    demand(effectiveCandidate(incident) !== null, type, 'no patch was shown effective')
    const { bundle } = incident.candidates![effectiveCandidate(incident)!]!.verdict!
    demand(restriction.bundleHash === bundle.hash, type, 'the request names another evidence bundle')
    return { ...incident, request: { gate, restriction } }
  },

  ApprovalGranted: (incident, { type, approval, intents }) => {
    const { request } = incident
    if (request === null) return refuse(type, 'nobody asked for it')
    const signed = { gate: approval.gate, restriction: approval.restriction }
    if (canonicalJson(toJson(signed)) !== canonicalJson(toJson(request))) {
      throw new SutureError('APPROVAL_INVALID', 'The approval is for something else than was asked for.', {
        meta: [`incident: ${incident.id}`, `gate: ${approval.gate}`],
      })
    }
    demand(intents.length > 0, type, 'it leads to no transaction')
    return { ...incident, approval, restriction: intents.map(unsent) }
  },

  ApprovalLapsed: (incident, { type }) => {
    demand(incident.request !== null && incident.approval === null, type, 'no request is open')
    const blocker = {
      effect: `request-approval/${incident.verification}`,
      code: 'APPROVAL_INVALID',
      sentence: 'not enough guardians signed before the deadline.',
    }
    return { ...incident, request: null, blockers: [...incident.blockers, blocker] }
  },

  RestrictionMined: (incident, { type, receipt }) => {
    const known = hasIntent(incident.restriction, receipt)
    demand(known, type, `no restriction has the intent ${receipt.intent}`)
    return { ...incident, restriction: settle(incident.restriction, receipt) }
  },

  IncidentResolved: (incident, { type }) => {
    demand(isExecuted(incident), type, 'the patch is not in force')
    return { ...incident, closed: 'resolved' }
  },
  IncidentDismissed: (incident) => ({ ...incident, closed: 'dismissed' }),
  IncidentExpired: (incident) => ({ ...incident, closed: 'expired' }),

  BlockRetracted: (incident, { blocks }) => retract(incident, blocks),

  AttackReevaluated: (incident, { type, stands }) => {
    demand(incident.doubted, type, 'nothing is in doubt')
    // An approved patch only takes behaviour away, so going on with it is safe; the transaction may return any moment.
    if (stands || incident.restriction.length > 0) return { ...incident, doubted: false }
    return { ...incident, doubted: false, closed: 'dismissed' }
  },

  HumanNeeded: (incident, { effect, code, sentence }) => ({
    ...incident,
    blockers: [
      ...incident.blockers.filter((blocker) => blocker.effect !== effect),
      { effect, code, sentence },
    ],
  }),
  HumanAnswered: (incident, { effect }) => ({
    ...incident,
    blockers: incident.blockers.filter((blocker) => blocker.effect !== effect),
  }),
  NoticeSent: (incident, { key }) => ({
    ...incident,
    notices: incident.notices.filter((notice) => notice.key !== key),
  }),
}

const unsent = (intent: Sending['intent']): Sending => ({ intent, receipt: null })

/** Something urgent that is no change of state. */
function tell(incident: Incident, key: string, sentence: string): Incident {
  const text = `${incident.victim} (${incident.protocol}) ${sentence}`
  return { ...incident, notices: [...incident.notices, { key, severity: 'critical', sentence: text }] }
}

function hasIntent(sendings: readonly Sending[], receipt: Receipt): boolean {
  return sendings.some((sending) => sending.intent.id === receipt.intent)
}

function settle(sendings: readonly Sending[], receipt: Receipt): readonly Sending[] {
  return sendings.map((sending) => (sending.intent.id === receipt.intent ? { ...sending, receipt } : sending))
}

function demand(holds: boolean, type: IncidentEventType, reason: string): asserts holds {
  if (!holds) refuse(type, reason)
}

function refuse(type: IncidentEventType, reason: string): never {
  throw new SutureError('TRANSITION_INVALID', `The incident cannot take ${type}: ${reason}.`, {
    meta: [`event: ${type}`, `reason: ${reason}`],
  })
}
