import type { Execution } from '../chain/types.ts'
import type { Address, Hex } from '../core/hex.ts'
import type { Protection } from '../detectors/types.ts'
import type { IncidentEvent } from '../incidents/types.ts'

/** An event of the decision log and when it was written. */
export interface RecordedEvent {
  /** ISO 8601. */
  readonly at: string
  readonly event: IncidentEvent
}

/** What a report tells besides the facts of the incident. */
export interface ReportDetails {
  /** In the order of the decision log. */
  readonly events: readonly RecordedEvent[]
  /** The attack as it ran without Suture; without it the report has no call tree. */
  readonly execution?: Execution | null
  readonly protection: Protection
  /** Runtime code by account, as it was before the patch: for the annotated disassembly. */
  readonly codes: ReadonlyMap<Address, Hex>
  /** Words for addresses and selectors, by their lower-case hex. */
  readonly names?: ReadonlyMap<string, string>
}

export interface Report {
  readonly markdown: string
  /** Self-contained. */
  readonly html: string
}
