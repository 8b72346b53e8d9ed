import type { StateOverride } from '../../chain/types.ts'
import type { Patch } from '../../patching/types.ts'
import type { Baseline, Check, Harm, Probe, ReplayAttempt, Variant } from '../types.ts'

/** What a candidate's runs are checked from. */
export interface Candidate {
  readonly baseline: Baseline
  readonly patches: readonly Patch[]
  /** The state everything starts from, with the patches in it. */
  readonly start: StateOverride
}

export interface VariantOutcome {
  readonly variant: Variant
  readonly original: ReplayAttempt
  readonly originalHarm: Harm
  readonly patched: ReplayAttempt
  readonly patchedHarm: Harm
}

export interface ProbeOutcome {
  readonly probe: Probe
  readonly original: ReplayAttempt
  readonly patched: ReplayAttempt
}

export const pass = (name: string, detail: string): Check => ({ name, result: 'pass', detail })
export const fail = (name: string, detail: string): Check => ({ name, result: 'fail', detail })
export const inconclusive = (name: string, detail: string): Check => ({
  name,
  result: 'inconclusive',
  detail,
})

/** Whether a patch claims to be a restriction, so that it owes a proof. */
export function isRestriction(patch: Patch): boolean {
  return patch.runtime !== undefined && (patch.kind === 'guard' || patch.kind === 'bytecode')
}
