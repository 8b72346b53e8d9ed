import type { Execution } from '../chain/types.ts'
import type { Address } from '../core/hex.ts'
import { type DetectorStates, initialStates, inspectExecution, learnExecution } from './inspect.ts'
import { atLeast } from './severity.ts'
import type { Detector, Finding, Inspection, Protection } from './types.ts'

/** What a scan knows of each protocol it watches. Protocols are judged apart: each has its own contracts and its own history. */
export interface ScanState {
  readonly protections: readonly Protection[]
  /** By position in `protections`; absent where nothing was learned. */
  readonly states: ReadonlyMap<number, DetectorStates>
}

/** The state of a scan that has seen nothing. */
export function startScan(protections: readonly Protection[]): ScanState {
  return { protections, states: new Map() }
}

/**
 * Each contract as a protocol of its own: what can be done about contracts nobody has declared to belong together.
 */
export function protectEach(contracts: Iterable<Address>): Protection[] {
  return [...contracts].map((contract) => ({ contracts: new Set([contract]), implementations: new Map() }))
}

/**
 * Judges one execution, then learns from it unless something at least high was found. Learning after judging keeps an attack from
 * vouching for itself; what one transaction can teach is bounded by each detector, so that a history of small steps is needed to
 * move a threshold, and each of them is judged.
 */
export function scanExecution(
  scan: ScanState,
  execution: Execution,
  detectors: readonly Detector[],
): { readonly scan: ScanState; readonly inspection: Inspection } {
  const touched = touchedBy(execution)
  const states = new Map(scan.states)
  const findings: Finding[] = []
  const reasons: string[] = []
  for (const [index, protection] of scan.protections.entries()) {
    if (!isTouched(protection, touched)) continue
    const context = { detectors, protection, states: states.get(index) ?? initialStates(detectors) }
    const inspection = inspectExecution(execution, context)
    findings.push(...inspection.findings)
    if (!inspection.checked) reasons.push(...inspection.reasons)
    const isSuspect = inspection.findings.some(({ severity }) => atLeast(severity, 'high'))
    if (!isSuspect) states.set(index, learnExecution(execution, context))
  }
  const unobserved = (execution.observation?.unobserved ?? []).map(
    ({ reason, detail }) => `${reason}: ${detail}`,
  )
  reasons.push(...unobserved)
  const inspection: Inspection =
    reasons.length === 0
      ? { checked: true, findings }
      : { checked: false, findings, reasons: [...new Set(reasons)] }
  return { scan: { ...scan, states }, inspection }
}

function touchedBy({ frames, transfers }: Execution): Set<Address> {
  const touched = new Set<Address>()
  for (const { context, code } of frames) touched.add(context).add(code)
  for (const { from, to } of transfers) touched.add(from).add(to)
  return touched
}

function isTouched({ contracts, implementations }: Protection, touched: ReadonlySet<Address>): boolean {
  for (const address of touched) if (contracts.has(address) || implementations.has(address)) return true
  return false
}
