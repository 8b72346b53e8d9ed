import type { Execution } from '../chain/types.ts'
import { toQuantity } from '../core/hex.ts'
import { hashJson } from '../core/json.ts'
import { flowsOf } from './holdings.ts'
import {
  type Conflict,
  findConflicts,
  findReentries,
  indexAccesses,
  type Reentry,
} from './reentrancy-paths.ts'
import { functionsOnPath, lastBelow, protectedAt } from './scope.ts'
import { atLeast, lowered } from './severity.ts'
import type { Detector, Finding, Inspection, Protection, Severity } from './types.ts'

const NAME = 'reentrancy'

export interface ReentrancyState {
  /** How often benign executions re-entered this way: outer function, inner function, and the conflicts they had. */
  readonly patterns: { readonly [pattern: string]: number }
}

/**
 * Calls that come back into the protocol before an earlier one is done, judged by whether the two depend on the same storage.
 *
 * Conflicts of storage follow Rodler et al., "Sereum" (NDSS 2019), narrowed to slots the outer call read before it left, since
 * callbacks that are meant (flash loans, receivers, swap callbacks) write afterwards as well.
 */
export const reentrancy: Detector<ReentrancyState> = {
  name: NAME,
  description:
    'Sees calls re-enter the protocol on state that is not up to date yet, within and across its contracts, reads included. ' +
    'Misses re-entries whose conflict lies in a contract that is not protected, and calls a designed callback unusual until it learned it.',
  initial: { patterns: {} },
  learn: learnReentrancy,
  detect: detectReentrancy,
}

function detectReentrancy(state: ReentrancyState, execution: Execution, protection: Protection): Inspection {
  if (execution.status !== 'success') return { checked: true, findings: [] }
  const worst = new Map<string, Finding>()
  let unseen = false
  const index = indexAccesses(execution)
  const reentries = findReentries(execution, protection, index)
  for (const reentry of reentries) {
    const conflicts = findConflicts(execution, reentry, index)
    unseen ||= conflicts === null
    const severity = severityOf(
      { reentry, conflicts, known: patternOf(reentry, conflicts) in state.patterns },
      execution,
      protection,
    )
    if (severity === null) continue
    const finding = describe({ reentry, conflicts, severity }, execution, protection)
    const known = worst.get(finding.fingerprint)
    if (!known || !atLeast(known.severity, severity)) worst.set(finding.fingerprint, finding)
  }
  const findings = [...worst.values()]
  if (!unseen) return { checked: true, findings }
  return {
    checked: false,
    findings,
    reasons: ['a re-entry was not seen at opcode level, so conflicts of storage are not known'],
  }
}

interface Judged {
  readonly reentry: Reentry
  readonly conflicts: readonly Conflict[] | null
  readonly known: boolean
}

function severityOf(
  { reentry, conflicts, known }: Judged,
  execution: Execution,
  protection: Protection,
): Severity | null {
  const severity =
    conflicts === null
      ? severityUnseen(execution, protection)
      : reentry.kind === 'read-only'
        ? severityOfRead(reentry, conflicts, execution, protection)
        : severityOfWrite(conflicts, execution, protection)
  return severity && known ? lowered(severity, 2) : severity
}

const severityUnseen = (execution: Execution, protection: Protection): Severity =>
  losesValue(execution, protection) ? 'medium' : 'low'

function severityOfWrite(
  conflicts: readonly Conflict[],
  execution: Execution,
  protection: Protection,
): Severity | null {
  const [worst] = conflicts
  if (!worst) return null
  if (worst.kind === 'stale') return losesValue(execution, protection) ? 'critical' : 'high'
  return 'medium'
}

/**
 * A stale read does harm where somebody else relies on it: not the contract that was called and looks for itself, but a third one
 * below it that moves value on the answer. Protected readers are worse than strangers.
 */
function severityOfRead(
  { inner, outside }: Reentry,
  conflicts: readonly Conflict[],
  execution: Execution,
  protection: Protection,
): Severity | null {
  if (!conflicts.some(({ kind }) => kind === 'stale' || kind === 'late')) return null
  const reader = inner.caller
  if (reader === outside.context || execution.created.includes(reader)) return 'info'
  const pays = execution.transfers.some(
    ({ from, frame }) =>
      from === reader && frame > inner.index && frame <= lastBelow(execution.frames, outside),
  )
  if (!pays) return 'low'
  return protectedAt(reader, protection) ? 'high' : 'medium'
}

/** Whether a protected contract ends with less of something than it had. */
function losesValue(execution: Execution, protection: Protection): boolean {
  return flowsOf(execution).some(
    ({ holder, out, in: back }) => out > back && protectedAt(holder, protection) !== null,
  )
}

const KINDS: Record<Reentry['kind'], string> = {
  'same-function': 'the same function',
  'cross-function': 'another function of the contract',
  'cross-contract': 'another contract of the protocol',
  'read-only': 'a view of the protocol',
}

function describe(
  { reentry, conflicts, severity }: Omit<Judged, 'known'> & { readonly severity: Severity },
  execution: Execution,
  protection: Protection,
): Finding {
  const { outer, inner, outside, kind } = reentry
  const subject = protectedAt(outer.context, protection)!
  const conflict = conflicts?.[0]
  return {
    detector: NAME,
    severity,
    subject,
    functions: functionsOnPath(execution, inner, protection),
    summary: `while ${subject} waited in ${outer.selector} for a call it had made outside, ${KINDS[kind]} (${inner.selector}) was entered${conflict ? ` on state that ${conflict.kind === 'moved' ? 'then moved' : 'was written only afterwards'}` : ''}`,
    evidence: {
      mechanism: kind,
      outer: { contract: outer.context, selector: outer.selector, frame: outer.index },
      inner: { contract: inner.context, selector: inner.selector, frame: inner.index },
      calledOutside: outside.context,
      conflicts: (conflicts ?? []).slice(0, 8).map((one) => ({ ...one, slot: toQuantity(one.slot) })),
      storageSeen: conflicts !== null,
    },
    fingerprint: hashJson([NAME, kind, outer.context, outer.selector, inner.context, inner.selector]),
  }
}

/** Conflicts belong to the pattern: a callback known as harmless must not vouch for one that suddenly is not. */
function patternOf({ outer, inner }: Reentry, conflicts: readonly Conflict[] | null): string {
  const worst = conflicts === null ? 'unseen' : (conflicts[0]?.kind ?? 'none')
  return `${outer.context}:${outer.selector}>${inner.context}:${inner.selector}|${worst}`
}

function learnReentrancy(
  state: ReentrancyState,
  execution: Execution,
  protection: Protection,
): ReentrancyState {
  if (execution.status !== 'success') return state
  const index = indexAccesses(execution)
  const reentries = findReentries(execution, protection, index)
  if (reentries.length === 0) return state
  const patterns = { ...state.patterns }
  for (const pattern of new Set(
    reentries.map((one) => patternOf(one, findConflicts(execution, one, index))),
  )) {
    patterns[pattern] = (patterns[pattern] ?? 0) + 1
  }
  return { patterns }
}
