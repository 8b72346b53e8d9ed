import type { StorageAccess } from '../chain/types.ts'
import { toWord } from '../core/hex.ts'
import { OP } from '../evm/opcodes.ts'
import {
  type Authority,
  authoritiesOf,
  coverUses,
  describeAuthority,
  holderIn,
  isTrusted,
  nameOf,
  notHeld,
  type Use,
} from './authority-holders.ts'
import {
  accessesOf,
  type Diagnoser,
  distinct,
  type Evidence,
  entries,
  entryOf,
  observed,
} from './evidence.ts'
import {
  and,
  caller,
  constant,
  equal,
  field,
  greater,
  load,
  not,
  or,
  selectorIs,
  self,
  stack,
} from './expressions.ts'
import { type Call, type CalledFunction, calledFunctions } from './learn/calls.ts'
import type { Diagnosis, Expression, Invariant, Rule } from './types.ts'

type Holder = Extract<Authority, { kind: 'holder' }>

/** A write that put somebody else where the contract keeps whom it trusts. */
interface Change {
  readonly holder: Holder
  readonly access: StorageAccess
  readonly use: Use
  readonly code: Call['entry']['code']
  readonly selector: Call['entry']['selector']
}

const SLOT = stack(0)
const VALUE = stack(1)

/**
 * Whom a contract trusts may be changed only by somebody it trusts: at every write of such a variable that no check of the caller protects, and
 * at every one seen, a change of its holder is refused unless nobody held it or a trusted account calls. Stops open setters,
 * initialisers that can be called again, constructors that are none and writes past the end of an array alike.
 *
 * Failure mode: a variable that anybody may take over by the rules (the highest bidder) looks the same where no benign take-over is known.
 */
export const diagnoseAuthorityChange: Diagnoser = (evidence) =>
  calledFunctions(evidence).flatMap((fn) => {
    const authorities = authoritiesOf(evidence, fn.ref.target)
    const holders = authorities.filter((authority) => authority.kind === 'holder')
    const hostile = fn.hostile.flatMap((call) => changesBy(call, holders))
    const broken = distinct(
      hostile.filter(({ use }) => notHeld(evidence, holders, [use]).length === holders.length),
      ({ holder }) => keyOf(holder),
    )
    const lock = broken.length > 0 ? lockOf(evidence, fn, { authorities, holders, broken }) : null
    return lock ? [lock] : []
  })

const keyOf = ({ slot, shift }: Holder): string => `${slot}:${shift}`

/** Changes of a holder that was somebody, in what a call wrote. */
function changesBy(
  call: Pick<Call, 'execution' | 'entry' | 'activation'>,
  holders: readonly Holder[],
): Change[] {
  const { execution, entry } = call
  const writes = accessesOf(execution, call.activation).filter(
    ({ kind, transient }) => kind === 'write' && !transient,
  )
  return writes.flatMap((access) => {
    const { code, selector } = execution.frames[access.frame]!
    return holders
      .filter(({ context, slot }) => context === access.address && slot === access.slot)
      .filter(({ shift }) => {
        const before = holderIn(access.previous, shift)
        return BigInt(before) !== 0n && before !== holderIn(access.value, shift)
      })
      .map((holder) => ({ holder, access, use: { execution, account: entry.caller }, code, selector }))
  })
}

interface Broken {
  readonly authorities: readonly Authority[]
  readonly holders: readonly Holder[]
  readonly broken: readonly Change[]
}

function lockOf(evidence: Evidence, { ref }: CalledFunction, given: Broken): Diagnosis | null {
  const { broken } = given
  const benign = benignChanges(evidence, given.holders)
  const lock = chooseLock(evidence, given, benign)
  if (!lock) return null
  const { locked, trusted } = lock
  const [first] = broken as readonly [Change]
  const slots = locked.map(({ slot }) => `0x${slot.toString(16)}`).join(', ')
  const note = `once somebody is trusted, only ${trusted.map(describeAuthority).join(' and ')} can put others in storage slot(s) ${slots}`
  const { again, atSeen, everywhere } = rulesFor(lock, broken, benign)
  const invariant = (rules: readonly Rule[]): Invariant => ({
    name: 'authority-by-authority',
    rules,
    notes: [note],
  })
  const invariants = [
    invariant([...again, ...atSeen, ...everywhere]),
    invariant([...again, ...atSeen]),
    invariant(atSeen),
  ]
  return {
    class: 'access-control',
    target: ref.target,
    code: ref.code,
    selector: ref.selector,
    pc: first.access.pc,
    slots: broken.map(({ holder }) => toWord(holder.slot)),
    // A slot that was computed and hits upon the variable is another flaw at work, of which this stops one use.
    confidence: broken.some(({ access }) => access.slotOrigin?.op === 'constant') ? 0.93 : 0.35,
    mechanism: { class: 'logic', invariants },
    summary: `${ref.selector} of ${ref.target} changed whom the contract trusts for a caller it did not trust`,
    evidence: { trusted: trusted.map(describeAuthority), benignChanges: benign.length },
  }
}

interface Lock {
  readonly locked: readonly Holder[]
  readonly trusted: readonly Authority[]
}

/** What is locked, and who may still change it; null where a benign change was by nobody known to be trusted. */
function chooseLock(
  evidence: Evidence,
  { authorities, holders, broken }: Broken,
  changes: readonly Change[],
): Lock | null {
  const hostile = broken.map(({ use }) => use)
  const coverOf = (some: readonly Holder[]) => {
    const names = new Set(some.map(keyOf))
    const benign = changes.filter(({ holder }) => names.has(keyOf(holder))).map(({ use }) => use)
    return { uses: benign.length, cover: coverUses(evidence, authorities, { benign, hostile }) }
  }
  const attacked = broken.map(({ holder }) => holder)
  // Variables that only trusted accounts are known to change are locked with the one that was attacked: they fall the same way.
  const kept = holders.filter((holder) => {
    const { uses, cover } = coverOf([holder])
    return uses > 0 && cover !== null
  })
  for (const locked of [distinct([...attacked, ...kept], keyOf), attacked]) {
    const { cover } = coverOf(locked)
    if (cover === null) continue
    const trusted = distinct([...cover, ...notHeld(evidence, holders, hostile)], nameOf)
    return trusted.length > 0 ? { locked, trusted } : null
  }
  return null
}

function rulesFor(
  { locked, trusted }: Lock,
  broken: readonly Change[],
  benign: readonly Change[],
): Readonly<Record<'again' | 'atSeen' | 'everywhere', readonly Rule[]>> {
  const stranger = not(or(isTrusted(trusted), equal(caller, self)))
  const isLocked = ({ holder }: Change) => locked.some((one) => keyOf(one) === keyOf(holder))
  const seen = distinct([...broken, ...benign].filter(isLocked), ({ code, access }) => `${code}:${access.pc}`)
  return {
    // What the attacked function sets beside its own name is protected by refusing it even where the holder stays.
    again: broken.map(({ code, access, holder, selector }) => ({
      place: { at: 'instruction', code, pc: access.pc },
      refuse: and(and(selectorIs(selector), isKept(holder)), stranger),
    })),
    atSeen: seen.map(({ code, access }) =>
      ruleAt({ at: 'instruction', code, pc: access.pc }, locked, stranger),
    ),
    everywhere: broken.map(({ code, holder }) =>
      ruleAt({ at: 'every', code, opcode: OP.SSTORE, slot: holder.slot }, locked, stranger),
    ),
  }
}

function benignChanges(evidence: Evidence, holders: readonly Holder[]): Change[] {
  return observed(evidence.history).flatMap((execution) =>
    entries(execution, evidence.protection)
      .filter(({ reverted }) => !reverted)
      .flatMap((entry) => {
        const activation = new Set(
          execution.observation.frames.filter(
            (index) => entryOf(execution, execution.frames[index]!) === entry,
          ),
        )
        return changesBy({ execution, entry, activation }, holders)
      }),
  )
}

function isKept({ slot, shift }: Holder): Expression {
  return and(equal(SLOT, constant(slot)), greater(field(load(SLOT), { shift, bits: 160 }), constant(0n)))
}

function ruleAt(place: Rule['place'], locked: readonly Holder[], stranger: Expression): Rule {
  const changed = locked
    .map((holder) => {
      const part = { shift: holder.shift, bits: 160 }
      return and(isKept(holder), not(equal(field(load(SLOT), part), field(VALUE, part))))
    })
    .reduce(or)
  return { place, refuse: and(changed, stranger) }
}
