import type { Execution } from '../chain/types.ts'
import type { Detector, Finding, Inspection, Protection } from './types.ts'

/** What each detector learned, by its name. */
export type DetectorStates = { readonly [detector: string]: unknown }

/** The states of detectors that have seen nothing. */
export function initialStates(detectors: readonly Detector[]): DetectorStates {
  return Object.fromEntries(detectors.map(({ name, initial }) => [name, initial]))
}

/** What to judge an execution with. */
export interface InspectionContext {
  readonly detectors: readonly Detector[]
  readonly states: DetectorStates
  readonly protection: Protection
}

/** Asks every detector and merges what they say. One that could not check makes the whole unchecked, and says why. */
export function inspectExecution(execution: Execution, context: InspectionContext): Inspection {
  const { detectors, states, protection } = context
  const findings: Finding[] = []
  const reasons: string[] = []
  for (const { name, initial, detect } of detectors) {
    const inspection = detect(states[name] ?? initial, execution, protection)
    findings.push(...inspection.findings)
    if (!inspection.checked) reasons.push(...inspection.reasons.map((reason) => `${name}: ${reason}`))
  }
  return reasons.length === 0 ? { checked: true, findings } : { checked: false, findings, reasons }
}

/** Folds an execution held to be benign into every detector's state. The old states are left as they are. */
export function learnExecution(execution: Execution, context: InspectionContext): DetectorStates {
  const { detectors, states, protection } = context
  return Object.fromEntries(
    detectors.map(({ name, initial, learn }) => [
      name,
      learn(states[name] ?? initial, execution, protection),
    ]),
  )
}
