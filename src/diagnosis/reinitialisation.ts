import { type Origin, type StorageAccess, Taint } from '../chain/types.ts'
import { toWord } from '../core/hex.ts'
import { asksCaller } from './access-control.ts'
import { accessesOf, type Diagnoser, distinct, type Evidence, observed } from './evidence.ts'
import { and, constant, equal, field, greater, load, selectorIs, stack, storage } from './expressions.ts'
import { type Call, type CalledFunction, calledFunctions } from './learn/calls.ts'
import { visitOrigin } from './origins.ts'
import { findRoles, type Role } from './roles.ts'
import type { Diagnosis, Expression, Invariant } from './types.ts'

/** A write of the attack over something that had been set before. */
interface Overwrite {
  readonly call: Call
  readonly access: StorageAccess
}

const GIVEN = Taint.calldata | Taint.caller | Taint.origin
const SLOT = stack(0)
const PREVIOUS = load(SLOT)
/** Benign calls that must have found an entry empty before "always" means something. */
const ALWAYS = 2

/**
 * Initialisation made again: a function that takes no notice of its caller set variables anew that are set once, by its first call, by the
 * constructor or by an initialiser; or it set an entry anew that benign calls only ever found empty.
 *
 * Failure modes: a setter for everybody that history never used looks like an initialiser; a flag kept in the same word as state
 * that changes is only told by the role beside it.
 */
export const diagnoseReinitialisation: Diagnoser = (evidence) => {
  const changed = changedInHistory(evidence)
  return calledFunctions(evidence).flatMap((fn) => {
    const variables = variablesSetAgain(evidence, fn, changed)
    if (variables.length > 0) return [diagnoseVariables(evidence, fn, variables)]
    const entries = entriesSetAgain(fn)
    return entries.length > 0 ? [diagnoseEntries(fn, entries)] : []
  })
}

const keyOf = ({ address, slot }: Pick<StorageAccess, 'address' | 'slot'>): string => `${address}:${slot}`

/** Variables that held something and were changed in benign executions: these are not set once. */
function changedInHistory({ history }: Evidence): Set<string> {
  return new Set(
    observed(history).flatMap(({ observation, frames }) =>
      observation.accesses
        .filter((access) => isChange(access) && access.previous !== 0n && !frames[access.frame]!.reverted)
        .map(keyOf),
    ),
  )
}

const isWrite = ({ kind, transient }: StorageAccess): boolean => kind === 'write' && !transient
const isChange = (access: StorageAccess): boolean => isWrite(access) && access.value !== access.previous

function writesOf({ execution, activation }: Call): StorageAccess[] {
  return accessesOf(execution, activation).filter(isWrite)
}

function variablesSetAgain(
  evidence: Evidence,
  fn: CalledFunction,
  changed: ReadonlySet<string>,
): Overwrite[] {
  const roles = new Set(findRoles(evidence, fn.ref.target).map(({ slot }) => slot))
  const usual = new Set(fn.benign.flatMap(writesOf).filter(overwrites).map(keyOf))
  const overwritten = fn.hostile
    .filter(({ execution, activation }) => !asksCaller(execution, activation))
    .flatMap((call) =>
      writesOf(call)
        .filter((access) => access.slotOrigin?.op === 'constant' && access.previous !== 0n)
        .filter(
          (access) => !usual.has(keyOf(access)) && (roles.has(access.slot) || !changed.has(keyOf(access))),
        )
        .map((access) => ({ call, access })),
    )
  // The caller must have had a say in one of them; a variable the function counts up is none that is set.
  const set = overwritten.filter(({ access }) => isGiven(access) && !buildsOnItself(access))
  const telling = set.some(({ access }) => roles.has(access.slot)) || fn.benign.length > 0 || set.length > 1
  return telling && set.length > 0 ? distinct(set, ({ access }) => keyOf(access)) : []
}

const overwrites = (access: StorageAccess): boolean => isChange(access) && access.previous !== 0n
const isGiven = ({ valueOrigin, value, previous }: StorageAccess): boolean =>
  value !== previous && ((valueOrigin?.taint ?? 0) & GIVEN) !== 0

/** Whether the new value was computed from the old one, as sums and counters are. A word of several fields keeps the others by AND. */
function buildsOnItself({ valueOrigin, slot }: StorageAccess): boolean {
  if (!valueOrigin) return false
  let found = false
  visitOrigin(valueOrigin, new Set<Origin>(), (node) => {
    if (node.op !== 'compute' || isBitwise(node.opcode)) return
    if (node.inputs.some((input) => input.op === 'storage' && input.slot === slot)) found = true
  })
  return found
}

/** AND, OR, XOR, NOT. */
const isBitwise = (opcode: number): boolean => opcode >= 0x16 && opcode <= 0x19

function diagnoseVariables(
  evidence: Evidence,
  fn: CalledFunction,
  overwritten: readonly Overwrite[],
): Diagnosis {
  const roles = findRoles(evidence, fn.ref.target)
  const roleOf = ({ access }: Overwrite) => roles.find(({ slot }) => slot === access.slot)
  const [first] = overwritten.toSorted((a, b) => Number(!!roleOf(b)) - Number(!!roleOf(a))) as [Overwrite]
  const role = roleOf(first)
  const wasInitialised = fn.benign.length > 0
  const notes = [
    `once the variable in slot ${toWord(first.access.slot)} is set, nobody can call ${fn.ref.selector} any more`,
  ]
  const invariants: Invariant[] = [
    {
      name: 'initialised-once',
      rules: [{ place: { at: 'entry', ...fn.ref }, refuse: whenSet(first, role) }],
      notes,
    },
    { name: 'set-once', rules: overwritten.map((overwrite) => ruleAtWrite(fn, overwrite)), notes },
  ]
  return toDiagnosis(fn, overwritten, {
    // The function's own first call shows what it is for; without one, a role and something beside it must have been set anew.
    confidence: wasInitialised ? (role ? 0.95 : 0.8) : role && overwritten.length > 1 ? 0.85 : 0.5,
    invariants,
    summary: `${fn.ref.selector} of ${fn.ref.target} set ${overwritten.length} variable(s) anew that had been set already, whoever called`,
  })
}

function whenSet({ access }: Overwrite, role: Role | undefined): Expression {
  const word = storage(access.slot)
  return role ? field(word, { shift: role.shift, bits: 160 }) : word
}

/** An SSTORE may be shared: only this function and this variable count. */
function ruleAtWrite({ ref }: CalledFunction, { call, access }: Overwrite) {
  const mine = and(selectorIs(ref.selector), equal(SLOT, constant(access.slot)))
  return {
    place: { at: 'instruction' as const, code: call.execution.frames[access.frame]!.code, pc: access.pc },
    refuse: and(mine, greater(PREVIOUS, constant(0n))),
  }
}

/** Entries the attack set anew where every benign call found an empty one. */
function entriesSetAgain(fn: CalledFunction): Overwrite[] {
  const empty = new Map<string, number>()
  for (const call of fn.benign) {
    for (const access of writesOf(call).filter(isChange)) {
      const key = siteOf(call, access)
      empty.set(key, access.previous === 0n ? (empty.get(key) ?? 0) + 1 : Number.NEGATIVE_INFINITY)
    }
  }
  const overwritten = fn.hostile.flatMap((call) =>
    writesOf(call)
      .filter((access) => access.slotOrigin?.op !== 'constant' && access.previous !== 0n && isGiven(access))
      .filter((access) => !buildsOnItself(access) && (empty.get(siteOf(call, access)) ?? 0) >= ALWAYS)
      .map((access) => ({ call, access })),
  )
  return distinct(overwritten, ({ call, access }) => siteOf(call, access))
}

const siteOf = ({ execution }: Call, { frame, pc }: StorageAccess): string =>
  `${execution.frames[frame]!.code}:${pc}`

function diagnoseEntries(fn: CalledFunction, overwritten: readonly Overwrite[]): Diagnosis {
  const rules = overwritten.map(({ call, access }) => ({
    place: { at: 'instruction' as const, code: call.execution.frames[access.frame]!.code, pc: access.pc },
    refuse: and(selectorIs(fn.ref.selector), greater(PREVIOUS, constant(0n))),
  }))
  return toDiagnosis(fn, overwritten, {
    confidence: 0.6,
    invariants: [
      {
        name: 'entry-set-once',
        rules,
        notes: [`${fn.ref.selector} cannot set an entry that is set already`],
      },
    ],
    summary: `${fn.ref.selector} of ${fn.ref.target} set an entry anew that benign calls only ever found empty`,
  })
}

function toDiagnosis(
  { ref, benign }: CalledFunction,
  overwritten: readonly Overwrite[],
  told: Pick<Diagnosis, 'confidence' | 'summary'> & { readonly invariants: readonly Invariant[] },
): Diagnosis {
  const { confidence, summary, invariants } = told
  return {
    class: 're-initialisation',
    target: ref.target,
    code: ref.code,
    selector: ref.selector,
    pc: overwritten[0]!.access.pc,
    slots: overwritten.map(({ access }) => toWord(access.slot)).slice(0, 16),
    confidence,
    mechanism: { class: 're-initialisation', invariants },
    summary,
    evidence: { overwritten: overwritten.length, benignCalls: benign.length },
  }
}
