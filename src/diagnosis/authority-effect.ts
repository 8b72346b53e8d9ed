import { type CallSite, type Frame, type StorageAccess, Taint } from '../chain/types.ts'
import { toWord } from '../core/hex.ts'
import {
  type Authority,
  authoritiesOf,
  coverUses,
  describeAuthority,
  isStranger,
  membershipsBy,
  type Use,
} from './authority-holders.ts'
import { type Diagnoser, distinct, type Evidence, entryOf, isBelow, observed, ofFrames } from './evidence.ts'
import { and, equal, load, not, or, selectorIs, stack } from './expressions.ts'
import { type Call, type CalledFunction, calledFunctions, writesOf } from './learn/calls.ts'
import { slotFamily } from './slots.ts'
import type { CodeSite, Diagnosis, Expression, Invariant, Rule } from './types.ts'

const OWN = Taint.caller | Taint.callerKeyed | Taint.origin
/** Benign uses by trusted accounts only, from which on this is a rule of the contract and no coincidence. */
const MANY = 5
const SOME = 2
const SITES = 6
/** The SSTORE finds the slot on top of the stack and the value below. */
const CHANGES = not(equal(load(stack(0)), stack(1)))

/** An instruction at which a function changed something of everybody's or paid, and who had it run before. */
interface Effect extends CodeSite {
  readonly frame: number
  readonly slot: bigint | null
  readonly refuse: Expression
  readonly trusted: readonly Authority[]
  readonly uses: number
}

/**
 * A function that serves nobody in particular wrote what everybody depends on, or paid, for a caller the contract does not trust; before, only
 * trusted accounts had that instruction run. It is refused to others where it happens, so that functions which share the code are covered.
 *
 * Failure modes: a function open by design that only its operators have used so far looks the same, the likelier the shorter the history;
 * with no benign use of the instruction nothing is said.
 */
export const diagnoseAuthorityEffect: Diagnoser = (evidence) =>
  calledFunctions(evidence).flatMap((fn) => {
    if ([...fn.hostile, ...fn.benign].some((call) => servesCaller(evidence, call))) return []
    const effects = distinct(
      fn.hostile.flatMap((call) => effectsOf(evidence, fn, call)),
      ({ code, pc }) => `${code}:${pc}`,
    )
    return effects.length > 0 ? [toDiagnosis(fn, effects)] : []
  })

/** Whether a call kept an account of its caller, paid in, or depended on what the caller has. Looking up a permission does not count. */
function servesCaller(evidence: Evidence, { execution, entry, activation, caller }: Call): boolean {
  const flags = new Set(membershipsBy(evidence, entry.context, Taint.caller).map(({ base }) => base))
  const keyed = ofFrames(execution.observation.accesses, activation).some(
    (access) =>
      (access.slotOrigin?.taint ?? 0) & OWN && !(access.kind === 'read' && flags.has(slotFamily(access))),
  )
  const paid = execution.transfers.some(
    ({ from, frame, amount }) =>
      from === caller && amount > 0n && isBelow(execution, execution.frames[frame]!, entry),
  )
  return keyed || paid
}

function effectsOf(evidence: Evidence, fn: CalledFunction, call: Call): Effect[] {
  const written = writesOf(call).map(({ frame, pc, slot }) => ({ frame, pc, slot }))
  const paid = paymentsOf(call).map(({ frame, pc }) => ({ frame, pc, slot: null }))
  return [...written, ...paid].flatMap((event) => restrict(evidence, fn, { ...event, call }) ?? [])
}

interface Event {
  readonly call: Call
  readonly frame: number
  readonly pc: number
  readonly slot: bigint | null
}

/** Who may go on having an instruction run; null where history does not tell. */
function restrict(evidence: Evidence, { ref, hostile }: CalledFunction, event: Event): Effect | null {
  const { call, frame, pc, slot } = event
  const { code, selector } = call.execution.frames[frame]!
  const all = usesOf(evidence, ref.target, { code, pc })
  const strangers = hostile.map((one): Use => ({ execution: one.execution, account: one.caller }))
  const coverOf = (authorities: readonly Authority[], benign: readonly Use[]) =>
    benign.length > 0 ? coverUses(evidence, authorities, { benign, hostile: strangers }) : null
  const authorities = authoritiesOf(evidence, ref.target)
  const everybody = coverOf(authorities, all)
  // A write that changes nothing takes nothing.
  const refuseTo = (others: Expression) => (slot === null ? others : and(CHANGES, others))
  if (everybody) {
    const refuse = refuseTo(isStranger(everybody))
    return { code, pc, frame, slot, refuse, trusted: everybody, uses: all.length }
  }
  const usesBy = (other: Frame['selector']) => all.filter((use) => use.selector === other)
  const trusted = coverOf(authorities, usesBy(selector))
  if (!trusted) return null
  // Others run the instruction for everybody: only the functions that trusted accounts alone have used are meant.
  const kept = [...new Set(all.map((use) => use.selector))].filter((other) => coverOf(trusted, usesBy(other)))
  const refuse = refuseTo(and(kept.map(selectorIs).reduce(or), isStranger(trusted)))
  return { code, pc, frame, slot, refuse, trusted, uses: usesBy(selector).length }
}

/** Calls by which value of the contract left it. */
function paymentsOf({ execution, entry, activation }: Call): readonly CallSite[] {
  const { observation, frames, transfers } = execution
  return ofFrames(observation.calls, activation).filter(({ child }) => {
    const callee = child === null ? null : frames[child]!
    if (!callee || callee.context === entry.context) return false
    return transfers.some(
      ({ from, frame }) => from === entry.context && isBelow(execution, frames[frame]!, callee),
    )
  })
}

interface SiteUse extends Use {
  readonly selector: Frame['selector']
}

/** Who had an instruction write or call, in benign executions. */
function usesOf(evidence: Evidence, context: Frame['context'], { code, pc }: CodeSite): SiteUse[] {
  return observed(evidence.history).flatMap((execution) => {
    const { accesses, calls } = execution.observation
    const events = [...accesses.filter(isWrite), ...calls].filter((event) => event.pc === pc)
    return [...new Set(events.map(({ frame }) => frame))]
      .map((index) => execution.frames[index]!)
      .filter((frame) => frame.code === code && frame.context === context && !frame.reverted)
      .map((frame) => ({ execution, account: entryOf(execution, frame).caller, selector: frame.selector }))
  })
}

const isWrite = ({ kind, transient }: StorageAccess): boolean => kind === 'write' && !transient

function toDiagnosis({ ref, benign }: CalledFunction, effects: readonly Effect[]): Diagnosis {
  const [first] = effects as readonly [Effect]
  const trusted = [...new Set(effects.flatMap((effect) => effect.trusted.map(describeAuthority)))]
  const notes = [`only ${trusted.join(' and ')} can have this done`]
  const ruleOf = ({ code, pc, refuse }: Effect): Rule => ({ place: { at: 'instruction', code, pc }, refuse })
  const some = effects.slice(0, SITES)
  const invariants: Invariant[] = [
    { name: 'effect-by-authority', rules: some.map(ruleOf), notes },
    ...(some.length > 1 ? some : []).map((effect) => ({
      name: 'effect-by-authority',
      rules: [ruleOf(effect)],
      notes,
    })),
  ]
  const uses = Math.min(...effects.map((effect) => effect.uses))
  return {
    class: 'access-control',
    target: ref.target,
    code: ref.code,
    selector: ref.selector,
    pc: first.pc,
    slots: effects.flatMap(({ slot }) => (slot === null ? [] : [toWord(slot)])).slice(0, 16),
    confidence: uses >= MANY ? 0.86 : uses >= SOME ? 0.56 : 0.42,
    mechanism: { class: 'logic', invariants },
    summary: `${ref.selector} of ${ref.target} did for a stranger what ${uses} time(s) before it had done only for ${trusted.join(' and ')}`,
    evidence: { trusted, uses, benignCalls: benign.length },
  }
}
