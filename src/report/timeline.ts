import type { Incident, IncidentEvent } from '../incidents/types.ts'
import { type Block, heading, table } from './document.ts'
import type { RecordedEvent } from './types.ts'

/** What happened when: by the clock of the watching process, and in milliseconds since the first event. */
export function describeTimeline(events: readonly RecordedEvent[]): Block[] {
  const start = timeOf(events[0])
  // That somebody was told is no part of what happened.
  const told = events.filter(({ event }) => event.type !== 'NoticeSent')
  const rows = told.map((recorded) => [
    sentenceOf(recorded.event),
    blockOf(recorded.event),
    recorded.at,
    String(timeOf(recorded) - start),
  ])
  return [heading(2, 'Timeline'), table(['Event', 'Block', 'Time', 'Milliseconds'], rows)]
}

const timeOf = (recorded: RecordedEvent | undefined): number => Date.parse(recorded?.at ?? '')

function blockOf(event: IncidentEvent): string {
  switch (event.type) {
    case 'AttackDetected':
    case 'FindingAttached':
      return event.sighting.block ? String(event.sighting.block.number) : 'pending'
    case 'FreezeMined':
    case 'RestrictionMined':
      return String(event.receipt.blockNumber)
    default:
      return ''
  }
}

function sentenceOf(event: IncidentEvent): string {
  switch (event.type) {
    case 'AttackDetected':
      return `attack detected by ${event.sighting.finding.detector}`
    case 'FindingAttached':
      return `also seen by ${event.sighting.finding.detector}`
    case 'FreezePlanned':
      return `freeze of ${event.containment.functions.length} function(s) planned`
    case 'AttackDiagnosed':
      return `diagnosed: ${event.diagnosis.class}`
    case 'PatchesPlanned':
      return `${event.patches.length} patch(es) planned`
    case 'PatchVerified':
      return `candidate ${event.candidate + 1} verified: ${event.verdict.verdict}`
    case 'ApprovalGranted':
      return `approved by ${event.approval.signatures.length} guardian(s)`
    case 'FreezeMined':
    case 'RestrictionMined':
      return `${event.type === 'FreezeMined' ? 'freeze' : 'restriction'} mined: ${event.receipt.status}`
    case 'HumanNeeded':
      return `a person is needed for ${event.effect}: ${event.sentence}`
    default:
      return words(event.type)
  }
}

/** `IncidentResolved` as `incident resolved`. */
const words = (name: string): string =>
  name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`).toLowerCase()

/** The milliseconds from the first event to the first of a type; null where there was none. */
export function timeTo(events: readonly RecordedEvent[], type: IncidentEvent['type']): number | null {
  const found = events.find(({ event }) => event.type === type)
  return found ? timeOf(found) - timeOf(events[0]) : null
}

/** Blocks of the first freeze and the first restriction that were mined. */
export function minedIn({ freezes, restriction }: Incident): {
  readonly freeze: bigint | null
  readonly restriction: bigint | null
} {
  const sendings = freezes.flatMap((plan) => plan.sendings)
  return {
    freeze: sendings.find(({ receipt }) => receipt !== null)?.receipt?.blockNumber ?? null,
    restriction: restriction.find(({ receipt }) => receipt !== null)?.receipt?.blockNumber ?? null,
  }
}
