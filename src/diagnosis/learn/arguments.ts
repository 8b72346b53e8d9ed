import type { Transfer } from '../../chain/types.ts'
import { type Address, addressOfWord } from '../../core/hex.ts'
import { isBelow } from '../evidence.ts'
import { addressOf, argument, caller, constant, differ, equal, greater, load, self } from '../expressions.ts'
import type { Expression, Invariant } from '../types.ts'
import {
  type Call,
  type CalledFunction,
  countCalls,
  isAddressLike,
  isAmountLike,
  type Learned,
  refOf,
  writesOf,
} from './calls.ts'
import { entryFor, type MappingEntry, mappingEntry, slotFor } from './entries.ts'
import { isAllowed, isArgument } from './provenance.ts'

/** Calls from which a bound may be learned. */
const ENOUGH = 5
/** How far beyond what was ever seen a bound is set. */
const SLACK = 4n
/** Mappings keyed by the caller that are tried as bounds. */
const BASES = 4

const word = ({ words }: Call, index: number): bigint => words[index] ?? 0n
const address = (account: Address): bigint => BigInt(account)

function atEntry(fn: CalledFunction, refuse: Expression): Invariant['rules'] {
  return [{ place: { at: 'entry', ...fn.ref }, refuse }]
}

/** Indices of the argument words any hostile call has. */
function indices({ hostile }: CalledFunction): number[] {
  return [...Array(Math.max(...hostile.map(({ words }) => words.length))).keys()]
}

/**
 * A function that takes from the account an argument names is that account's alone to call: in every benign call it was the caller, and in
 * the attack somebody else lost who had not allowed it.
 */
export function argumentIsCaller(fn: CalledFunction, everyone: readonly Call[]): Learned[] {
  const broken = indices(fn).filter(
    (i) =>
      fn.benign.every((call) => word(call, i) === address(call.caller)) &&
      fn.hostile.some(
        (call) => word(call, i) !== address(call.caller) && takesFrom(call, i) && !givesTo(call, i),
      ),
  )
  const learned = (i: number, siblings: readonly Sibling[]): Learned => ({
    invariant: {
      name: siblings.length > 0 ? 'argument-is-caller-anywhere' : 'argument-is-caller',
      rules: [{ ref: fn.ref, index: i }, ...siblings].map(({ ref, index }) => ({
        place: { at: 'entry' as const, ...ref },
        refuse: differ(addressOf(argument(index)), caller),
      })),
      notes: [`argument ${i} must be the caller: nobody can act for another account there any more`],
    },
    support: countCalls(fn, (call) => word(call, i) === address(call.caller)),
  })
  const siblings = broken.length > 0 ? siblingsOf(fn, everyone) : []
  return broken.flatMap((i) => [...(siblings.length > 0 ? [learned(i, siblings)] : []), learned(i, [])])
}

/** A function that takes from an account an argument names, and so far always its caller named itself. */
interface Sibling {
  readonly ref: CalledFunction['ref']
  readonly index: number
}

function siblingsOf({ ref }: CalledFunction, everyone: readonly Call[]): Sibling[] {
  const functions = new Map<string, Call[]>()
  for (const call of everyone) {
    const { context, selector } = call.entry
    if (context !== ref.target || selector === ref.selector || selector.length !== 10) continue
    functions.set(selector, [...(functions.get(selector) ?? []), call])
  }
  return [...functions.values()].flatMap((calls) => {
    const [first] = calls as [Call]
    return first.words
      .map((_, index) => index)
      .filter((index) => calls.every((call) => word(call, index) === address(call.caller)))
      .filter((index) => calls.some((call) => takesFrom(call, index)))
      .map((index) => ({ ref: refOf(first), index }))
  })
}

/** Whether a call took something from the account in an argument, and looked nothing up under it and the caller (an allowance). */
function takesFrom(call: Call, index: number): boolean {
  const account = word(call, index)
  if (!isAddressLike(account) || isAllowed(call, index)) return false
  const lessened = writesOf(call).some(({ value, previous, slotOrigin }) => {
    const key = mappingEntry(slotOrigin)?.key
    return value < previous && key !== undefined && isArgument(call, key, index)
  })
  return lessened || transfersIn(call).some(({ from }) => address(from) === account)
}

/** Whether something was paid to the account in an argument: what was taken from it may have been for that. */
function givesTo(call: Call, index: number): boolean {
  return transfersIn(call).some(({ to }) => address(to) === word(call, index))
}

function transfersIn({ execution, entry }: Call): Transfer[] {
  return execution.transfers.filter(
    ({ frame, amount }) => amount > 0n && isBelow(execution, execution.frames[frame]!, entry),
  )
}

/** Arguments that name an account which must not be named there: the contract itself, the caller, or one already named. */
export function argumentsDiffer(fn: CalledFunction): Learned[] {
  const { target } = fn.ref
  const found: Learned[] = []
  const never = (isSame: (call: Call) => boolean, name: string, refuse: Expression, note: string) => {
    if (!fn.hostile.some(isSame) || fn.benign.some(isSame)) return
    found.push({
      invariant: { name, rules: atEntry(fn, refuse), notes: [note] },
      support: countCalls(fn, (call) => !isSame(call)),
    })
  }
  for (const i of indices(fn)) {
    const given = addressOf(argument(i))
    never(
      (call) => word(call, i) === address(target),
      'argument-is-not-self',
      equal(given, self),
      `argument ${i} must not be the contract itself`,
    )
    never(
      (call) => word(call, i) === address(call.caller) && rewritesEntry(call, call.caller),
      'argument-is-not-caller',
      equal(given, caller),
      `argument ${i} must not be the caller`,
    )
    for (let j = 0; j < i; j++) {
      never(
        (call) => word(call, i) === word(call, j) && rewritesEntry(call, addressOfWord(word(call, i))),
        'arguments-differ',
        equal(given, addressOf(argument(j))),
        `arguments ${j} and ${i} must not be the same`,
      )
    }
  }
  return found
}

/** Whether a call wrote the same entry of an account twice, as giver and as receiver: what the second write knew may be stale. */
function rewritesEntry(call: Call, account: Address): boolean {
  if (!isAddressLike(address(account))) return false
  const own = writesOf(call).filter(
    ({ slotOrigin }) => mappingEntry(slotOrigin)?.key.value === address(account),
  )
  return new Set(own.map(({ slot }) => slot)).size < own.length
}

/** Nobody may name more than the contract keeps for the caller, in a mapping it keeps by caller. */
export function argumentAtMostOwn(fn: CalledFunction, all: readonly CalledFunction[]): Learned[] {
  const bases = callerMappings(fn, all).slice(0, BASES)
  return indices(fn).flatMap((i) => {
    if (!fn.hostile.some((call) => isAmountLike(word(call, i)))) return []
    return bases.flatMap((base) => {
      const keeps = (call: Call) => {
        const own = knownValue(call, slotFor(address(call.caller), base))
        return own === null ? null : word(call, i) <= own
      }
      if (fn.benign.some((call) => keeps(call) === false) || fn.hostile.every(keeps)) return []
      const invariant = {
        name: 'argument-at-most-own',
        rules: atEntry(fn, greater(argument(i), load(entryFor(caller, base)))),
        notes: [`argument ${i} must not exceed what the mapping at slot ${base.base} keeps for the caller`],
      }
      // Within the attack every call may be part of the flaw.
      const support = fn.benign.filter((call) => word(call, i) > 0n && keeps(call) === true).length
      return [{ invariant, support }]
    })
  })
}

function callerMappings({ ref }: CalledFunction, all: readonly CalledFunction[]): MappingEntry[] {
  const found = new Map<bigint, MappingEntry>()
  for (const other of all) {
    if (other.ref.target !== ref.target) continue
    for (const call of [...other.benign, ...other.hostile]) {
      for (const { frame, slotOrigin } of call.execution.observation.accesses) {
        if (!call.activation.has(frame)) continue
        const known = mappingEntry(slotOrigin)
        if (known && known.key.value === address(call.caller)) found.set(known.base, known)
      }
    }
  }
  return [...found.values()]
}

/** What a slot held when a call began, as far as its execution shows. */
function knownValue({ execution, entry, activation }: Call, slot: bigint): bigint | null {
  const touched = execution.observation.accesses.filter(
    (access) => access.slot === slot && access.address === entry.context && !access.transient,
  )
  const inside = touched.find(({ frame }) => activation.has(frame))
  return inside?.previous ?? null
}

/** An amount far beyond all that was ever asked for. */
export function argumentBounded(fn: CalledFunction): Learned[] {
  if (fn.benign.length < ENOUGH) return []
  return indices(fn).flatMap((i) => {
    const most = fn.benign.map((call) => word(call, i)).sort((a, b) => (a < b ? 1 : -1))[0]!
    const bound = most * SLACK
    const beyond = fn.hostile.some((call) => word(call, i) > bound)
    // Addresses and hashes have no order worth bounding.
    if (most === 0n || fn.benign.some((call) => isAddressLike(word(call, i))) || !beyond) return []
    const refuse = greater(argument(i), constant(bound))
    const invariant = {
      name: 'argument-bounded',
      rules: atEntry(fn, refuse),
      notes: [`argument ${i} is held to ${SLACK} times the most ever seen (${bound})`],
    }
    return [{ invariant, support: fn.benign.length }]
  })
}
