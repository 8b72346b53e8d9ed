import { type CallSite, type Frame, Taint } from '../chain/types.ts'
import type { Address } from '../core/hex.ts'
import { toWord } from '../core/hex.ts'
import {
  accessesOf,
  activationOf,
  attackersOf,
  codeSite,
  type Diagnoser,
  deployedByAttackers,
  distinct,
  type Evidence,
  entryOf,
  functionOf,
  lastBelow,
  type ObservedExecution,
  observed,
} from './evidence.ts'
import { familyKey } from './slots.ts'
import type { Diagnosis, Mechanism } from './types.ts'

type Form = Extract<Mechanism, { class: 'reentrancy' }>['form']

/** One stale-state conflict: control left `outer` at `site`, came back into protected code as `inner`, and `outer` wrote what `inner` had used. */
interface Conflict {
  readonly execution: ObservedExecution
  readonly outer: Frame
  readonly site: CallSite
  readonly inner: Frame
  readonly slots: readonly bigint[]
  readonly families: ReadonlySet<string>
  readonly form: Form
}

/** Contracts the attacker drives, and those among them it is known to have deployed. */
interface Suspects {
  readonly driven: ReadonlySet<Address>
  readonly deployed: ReadonlySet<Address>
}

/**
 * Reentrancy, after the definition of the stale-state conflict (checks–effects–interactions broken): a protected function hands control
 * out, protected code runs again under the attacker's hand before it comes back, and the function then writes storage that the
 * inner run had read or written.
 *
 * Failure modes: state kept in another contract than the protected ones is not seen; a re-entry without any write after it (a
 * price read between two consistent states) is not a conflict.
 */
export const diagnoseReentrancy: Diagnoser = (evidence) => {
  const suspects: Suspects = { driven: attackersOf(evidence), deployed: deployedByAttackers(evidence) }
  const benign = new Set(findConflicts(evidence, evidence.history, null).map(patternOf))
  const conflicts = findConflicts(evidence, evidence.attack, suspects).filter(
    (conflict) => !benign.has(patternOf(conflict)),
  )
  const groups = new Map<string, Conflict[]>()
  for (const conflict of conflicts) {
    const target = entryOf(conflict.execution, conflict.outer).context
    groups.set(target, [...(groups.get(target) ?? []), conflict])
  }
  return [...groups.values()].map((group) => toDiagnosis(evidence, nearest(group)))
}

/**
 * A re-entry through another protected contract matters because it comes back, directly or through a view, to the state that is
 * stale; where that return was seen, it is the place to stand in the way, and the only one that a lock of the contract reaches.
 */
function nearest(conflicts: readonly Conflict[]): readonly Conflict[] {
  const near = conflicts.filter(({ outer, inner }) => inner.context === outer.context)
  return near.length > 0 ? near : conflicts
}

type Reentry = Pick<Conflict, 'execution' | 'outer' | 'site' | 'inner'>

function patternOf({ execution, outer, site, inner }: Reentry): string {
  const from = codeSite(execution, site)
  return `${functionOf(execution, outer).selector}:${from.code}:${from.pc}:${functionOf(execution, inner).selector}`
}

/** Re-entries of one pattern that are looked into; an attack repeats itself. */
const EXAMINED_PER_PATTERN = 4

function findConflicts(
  { protection }: Evidence,
  executions: Evidence['attack'],
  suspects: Suspects | null,
): Conflict[] {
  const found: Conflict[] = []
  const examined = new Map<string, number>()
  for (const execution of observed(executions)) {
    for (const site of execution.observation.calls) {
      const outer = execution.frames[site.frame]!
      if (!protection.contracts.has(outer.context) || outer.reverted) continue
      for (const inner of reentries(execution, site, suspects)) {
        const pattern = patternOf({ execution, outer, site, inner })
        const count = examined.get(pattern) ?? 0
        examined.set(pattern, count + 1)
        const conflict = count < EXAMINED_PER_PATTERN ? conflictOf(execution, outer, site, inner) : null
        if (conflict) found.push(conflict)
      }
    }
  }
  return found
}

/** Entries into protected code below a call that left its own contract. */
function reentries(execution: ObservedExecution, site: CallSite, suspects: Suspects | null): Frame[] {
  if (site.child === null) return []
  const callee = execution.frames[site.child]!
  if (callee.context === execution.frames[site.frame]!.context) return []
  const last = lastBelow(execution, callee)
  return execution.observation.frames
    .filter((index) => index > callee.index && index <= last)
    .map((index) => execution.frames[index]!)
    .filter((inner) => !inner.reverted && entryOf(execution, inner).index === inner.index)
    .filter((inner) => suspects === null || cameThrough(execution, callee, inner, suspects))
}

/**
 * Whether a suspect's code ran between the call out and the re-entry: one the attacker deployed, or that also made the call into the
 * outer function. (A pair or a router that a token calls back into is driven by the attacker too, but it is not its code.)
 */
function cameThrough(
  { frames }: ObservedExecution,
  callee: Frame,
  inner: Frame,
  { driven, deployed }: Suspects,
): boolean {
  const own = new Set<Address>(deployed)
  for (let at = callee.parent; at !== null; at = frames[at]!.parent) own.add(frames[at]!.code)
  for (let at = inner.parent; at !== null && at >= callee.index; at = frames[at]!.parent) {
    const { code } = frames[at]!
    if (driven.has(code) && own.has(code)) return true
  }
  return false
}

function conflictOf(
  execution: ObservedExecution,
  outer: Frame,
  site: CallSite,
  inner: Frame,
): Conflict | null {
  const last = lastBelow(execution, inner)
  const innerFrames = execution.observation.frames.filter((index) => index >= inner.index && index <= last)
  const used = new Map(
    accessesOf(execution, innerFrames).map((access) => [`${access.address}:${access.slot}`, access]),
  )
  const entry = entryOf(execution, outer)
  const after = accessesOf(execution, activationOf(execution, entry)).filter(
    ({ kind, order }) => kind === 'write' && order > site.returned,
  )
  const stale = distinct(
    after.filter(({ address, slot }) => used.has(`${address}:${slot}`)),
    ({ address, slot }) => `${address}:${slot}`,
  ).filter(({ address, slot }) => !isLock(execution, address, slot))
  if (stale.length === 0) return null
  return {
    execution,
    outer,
    site,
    inner,
    slots: [...new Set(stale.map(({ slot }) => slot))],
    families: new Set(stale.map(familyKey)),
    form: formOf(execution, outer, inner),
  }
}

/** A reentrancy lock's own slot: written to the same value it had before, and compared first thing. Its restoration is no conflict. */
function isLock({ diff, observation }: ObservedExecution, address: Address, slot: bigint): boolean {
  const unchanged = diff[address]?.storage[toWord(slot)] === undefined
  const writes = observation.accesses.filter(
    (access) => access.kind === 'write' && access.address === address && access.slot === slot,
  )
  return (
    unchanged &&
    writes.every(({ valueOrigin }) => valueOrigin !== undefined && (valueOrigin.taint & ~Taint.storage) === 0)
  )
}

function formOf(execution: ObservedExecution, outer: Frame, inner: Frame): Form {
  if (inner.context !== entryOf(execution, outer).context) return 'cross-contract'
  if (inner.type === 'STATICCALL') return 'read-only'
  return functionOf(execution, inner).selector === functionOf(execution, outer).selector
    ? 'same-function'
    : 'cross-function'
}

function toDiagnosis(evidence: Evidence, conflicts: readonly Conflict[]): Diagnosis {
  const first = conflicts[0]!
  const calls = distinct(
    conflicts.map(({ execution, site }) => codeSite(execution, site)),
    ({ code, pc }) => `${code}:${pc}`,
  )
  const entries = distinct(
    [
      ...conflicts.map(({ execution, inner }) => functionOf(execution, inner)),
      ...sharing(evidence, conflicts),
    ],
    ({ target, selector }) => target + selector,
  )
  const outer = functionOf(first.execution, first.outer)
  const slots = [...new Set(conflicts.flatMap((conflict) => conflict.slots))]
  return {
    class: 'reentrancy',
    target: outer.target,
    code: codeSite(first.execution, first.site).code,
    selector: outer.selector,
    pc: first.site.pc,
    slots: slots.slice(0, 16).map(toWord),
    confidence: 0.95,
    mechanism: { class: 'reentrancy', form: first.form, calls, entries },
    summary: `${outer.selector} of ${outer.target} hands control out at pc ${first.site.pc} and was re-entered through ${functionOf(first.execution, first.inner).selector} before it wrote ${slots.length} slot(s) the inner run used`,
    evidence: { reentries: conflicts.length, form: first.form, slots: slots.slice(0, 16).map(toWord) },
  }
}

/** Functions seen anywhere that write the state in conflict: a relative of the attack could come back through them instead. */
function sharing({ history, attack }: Evidence, conflicts: readonly Conflict[]) {
  const families = new Set(conflicts.flatMap((conflict) => [...conflict.families]))
  const contexts = new Set(conflicts.map(({ outer }) => outer.context))
  const functions = []
  for (const execution of observed([...history, ...attack])) {
    const frames = new Set(
      execution.observation.accesses
        .filter((a) => a.kind === 'write' && families.has(familyKey(a)))
        .map((a) => a.frame),
    )
    for (const index of frames) {
      const frame = execution.frames[index]!
      if (contexts.has(frame.context)) functions.push(functionOf(execution, frame))
    }
  }
  return functions
}
