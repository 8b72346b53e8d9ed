import { type Frame, type StorageAccess, Taint } from '../chain/types.ts'
import { type Address, toWord } from '../core/hex.ts'
import {
  accessesOf,
  activationOf,
  attackersOf,
  type Diagnoser,
  distinct,
  type Evidence,
  entries,
  functionOf,
  isBelow,
  type ObservedExecution,
  observed,
  ofFrames,
  workerOf,
} from './evidence.ts'
import { findRoles } from './roles.ts'
import type { Diagnosis } from './types.ts'

/** What an unguarded function did that somebody should have been asked about; the higher the weight, the surer. */
interface Effect {
  readonly what: string
  readonly weight: number
  readonly slots: readonly bigint[]
}

interface Unguarded {
  readonly execution: ObservedExecution
  readonly entry: Frame
  readonly effect: Effect
}

/** A small set of callers that each came back this often on average is a closed one. */
const CALLS_PER_KEEPER = 3
/** Effects of this weight or less are ordinary for a function that is open by design. */
const WEAK = 0.5
/** Value that leaves without anybody having been asked. */
const PAYOUT = 0.7
const ASKS_CALLER = Taint.caller | Taint.callerKeyed | Taint.origin

/**
 * Missing access control: a function of a protected contract, called in the attack, changed who is trusted, created balances, or paid
 * out value that was not its caller's, and nothing on its path depended on who called.
 *
 * Failure modes: a function that is open by design and harmful for another reason (a price, a donation) has the same shape, which is
 * why this comes with less confidence than the classes that name an instruction; a check on something else than the caller
 * (a signature, a Merkle proof) is not recognised as access control.
 */
export const diagnoseAccessControl: Diagnoser = (evidence) => {
  const attackers = attackersOf(evidence)
  const unguarded = observed(evidence.attack).flatMap((execution) =>
    entries(execution, evidence.protection)
      .filter((entry) => entry.status === 'success' && !entry.reverted && entry.type !== 'STATICCALL')
      .flatMap((entry): Unguarded[] => {
        const effect = effectOf(evidence, execution, entry, attackers)
        return effect ? [{ execution, entry, effect }] : []
      }),
  )
  return distinct(unguarded, ({ entry }) => entry.context + entry.selector)
    .map((item) => toDiagnosis(evidence, item))
    .sort((a, b) => b.confidence - a.confidence)
}

function effectOf(
  evidence: Evidence,
  execution: ObservedExecution,
  entry: Frame,
  attackers: ReadonlySet<Address>,
): Effect | null {
  const activation = activationOf(execution, entry)
  const byOrigin = authorisedByOrigin(execution, entry, activation)
  if (byOrigin) return byOrigin
  if (asksCaller(execution, activation)) return null
  const writes = accessesOf(execution, activation).filter(
    ({ kind, transient }) => kind === 'write' && !transient,
  )
  return (
    takeover(evidence, entry, writes) ??
    creation(execution, entry, writes) ??
    payout(execution, entry, attackers, activation) ??
    foreignWrite(writes) ??
    sharedInput(writes)
  )
}

/** Whether a jump in these frames depended on who called, other than by what the caller has. */
export function asksCaller({ observation }: ObservedExecution, frames: Iterable<number>): boolean {
  return ofFrames(observation.branches, frames).some(
    ({ condition }) => condition.taint & ASKS_CALLER && !isOwnBalanceCheck(condition.taint),
  )
}

/** A condition over the caller's own entry of a mapping (a balance) says what the caller has, not whether it may. */
const isOwnBalanceCheck = (taint: number): boolean =>
  (taint & (Taint.caller | Taint.origin)) === 0 && (taint & Taint.calldata) !== 0

/** The transaction's sender was compared with somebody trusted, though another contract was calling in its name. */
function authorisedByOrigin(
  { observation, transaction }: ObservedExecution,
  entry: Frame,
  activation: ReadonlySet<number>,
): Effect | null {
  if (entry.caller === transaction.from) return null
  const conditions = ofFrames(observation.branches, activation).map(({ condition }) => condition.taint)
  const trusts = conditions.some(
    (taint) => taint & Taint.origin && taint & Taint.storage && (taint & Taint.caller) === 0,
  )
  const asksCaller = conditions.some((taint) => taint & Taint.caller)
  return trusts && !asksCaller
    ? { what: 'took the sender of the transaction for its caller', weight: 0.9, slots: [] }
    : null
}

/** The caller wrote itself, or an address of its choice, where the contract keeps whom it trusts. */
function takeover(evidence: Evidence, entry: Frame, writes: readonly StorageAccess[]): Effect | null {
  const roleSlots = new Set(findRoles(evidence, entry.context).map(({ slot }) => slot))
  const taken = writes.filter(
    ({ slot, address, value, previous, valueOrigin }) =>
      address === entry.context &&
      value !== previous &&
      roleSlots.has(slot) &&
      (valueOrigin?.taint ?? 0) & (Taint.caller | Taint.calldata),
  )
  return taken.length > 0
    ? { what: 'changed whom the contract trusts', weight: 0.9, slots: slotsOf(taken) }
    : null
}

/** Token balances came out of nothing: a Transfer from zero by this contract, for nothing paid in. */
function creation(
  execution: ObservedExecution,
  entry: Frame,
  writes: readonly StorageAccess[],
): Effect | null {
  const minted = execution.transfers.some(
    ({ token, from, frame }) =>
      token === entry.context && BigInt(from) === 0n && isBelow(execution, execution.frames[frame]!, entry),
  )
  const paid = execution.transfers.some(
    ({ to, token, frame }) => to === entry.context && token !== entry.context && frame >= entry.index,
  )
  return minted && !paid
    ? { what: 'created tokens for its caller', weight: 0.8, slots: slotsOf(writes) }
    : null
}

/** Value left the contract without any coming in, and the attacker gained. */
function payout(
  execution: ObservedExecution,
  entry: Frame,
  attackers: ReadonlySet<Address>,
  activation: ReadonlySet<number>,
): Effect | null {
  const inside = execution.transfers.filter(({ frame }) =>
    isBelow(execution, execution.frames[frame]!, entry),
  )
  const gave = inside.some(({ from }) => from === entry.context)
  const gained = execution.transfers.some(({ to, from }) => attackers.has(to) && from !== to)
  const received = inside.some(({ to, from }) => to === entry.context && from !== entry.context)
  if (!gave || !gained || received) return null
  return {
    what: 'paid out value of the contract',
    weight: PAYOUT,
    slots: slotsOf(accessesOf(execution, activation).filter(isWrite)),
  }
}

/** Entries of mappings under keys the caller chose, other than its own. */
function foreignWrite(writes: readonly StorageAccess[]): Effect | null {
  const foreign = writes.filter(({ slotOrigin, value, previous }) => {
    const taint = slotOrigin?.taint ?? 0
    return value !== previous && taint & Taint.calldata && (taint & ASKS_CALLER) === 0
  })
  return foreign.length > 0
    ? { what: 'changed accounts its caller named', weight: 0.5, slots: slotsOf(foreign) }
    : null
}

/** Input of the caller went where no entry of its own is kept: a price, a parameter, a list everybody reads. */
function sharedInput(writes: readonly StorageAccess[]): Effect | null {
  const shared = writes.filter(({ slotOrigin, valueOrigin, value, previous }) => {
    const given = (valueOrigin?.taint ?? 0) & Taint.calldata
    return value !== previous && given && ((slotOrigin?.taint ?? 0) & ASKS_CALLER) === 0
  })
  return shared.length > 0
    ? { what: 'stored its caller’s input for everybody', weight: 0.5, slots: slotsOf(shared) }
    : null
}

const isWrite = ({ kind }: StorageAccess): boolean => kind === 'write'

const slotsOf = (accesses: readonly StorageAccess[]): bigint[] => [
  ...new Set(accesses.map(({ slot }) => slot)),
]

function toDiagnosis(evidence: Evidence, { execution, entry, effect }: Unguarded): Diagnosis {
  const fn = functionOf(execution, entry)
  const benign = callsInHistory(evidence, fn.target, fn.selector)
  const callers = [...new Set(benign.map(({ frame }) => frame.caller))]
  // A function that many have used before is open by design; one that few used often has keepers, and this caller is none of them. Weak
  // effects count only where history shows keepers: without them an open function cannot be told from one left open.
  const keepers =
    callers.length > 0 &&
    !callers.includes(entry.caller) &&
    benign.length >= CALLS_PER_KEEPER * callers.length
  const confidence =
    effect.weight * shareOf({ keepers, unknown: callers.length === 0, weight: effect.weight })
  return {
    class: 'access-control',
    target: fn.target,
    code: fn.code,
    selector: fn.selector,
    pc: firstWritePc(execution, entry),
    slots: effect.slots.slice(0, 16).map(toWord),
    confidence,
    mechanism: {
      class: 'access-control',
      entry: fn,
      roles: findRoles(evidence, fn.target).map(({ slot, shift, holder }) => ({
        slot,
        shift,
        holder,
      })),
      knownCallers: callers,
      onlyOrigins: benign.every(({ frame, origin }) => frame.caller === origin),
      throughContract: entry.caller !== execution.transaction.from,
    },
    summary: `${fn.selector} of ${fn.target} ${effect.what} and did not ask who was calling`,
    evidence: { effect: effect.what, historyCallers: callers.length },
  }
}

/** What a payment by a function nobody is known to have used says of it: users are paid as well as keepers. */
const UNKNOWN_PAYEE = 0.55
const OPEN = 1 / 3

/** How much of an effect's weight counts, by what is known of the function's callers. */
function shareOf(known: {
  readonly keepers: boolean
  readonly unknown: boolean
  readonly weight: number
}): number {
  if (known.keepers) return 1
  if (!known.unknown || known.weight <= WEAK) return OPEN
  return known.weight <= PAYOUT ? UNKNOWN_PAYEE : 1
}

function callsInHistory(
  { history }: Evidence,
  target: Address,
  selector: string,
): { frame: Frame; origin: Address }[] {
  return history.flatMap((execution) =>
    execution.frames
      .filter((frame) => frame.context === target && frame.code === target && frame.selector === selector)
      .map((frame) => ({ frame, origin: execution.transaction.from })),
  )
}

function firstWritePc(execution: ObservedExecution, entry: Frame): number {
  const writes = accessesOf(execution, activationOf(execution, entry)).filter(isWrite)
  if (writes[0]) return writes[0].pc
  const worker = workerOf(execution, entry)
  return execution.observation.calls.find(({ frame }) => frame === worker.index)?.pc ?? 0
}
