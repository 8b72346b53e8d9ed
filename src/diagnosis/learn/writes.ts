import type { StorageAccess } from '../../chain/types.ts'
import type { Address, Hex } from '../../core/hex.ts'
import {
  addressOf,
  and,
  argument,
  caller,
  equal,
  greater,
  less,
  load,
  not,
  or,
  selectorIs,
  stack,
  subtract,
} from '../expressions.ts'
import type { Expression } from '../types.ts'
import {
  type Call,
  type CalledFunction,
  isAddressLike,
  isAmountLike,
  type Learned,
  writesOf,
} from './calls.ts'
import { entryFor, type MappingEntry, mappingEntry } from './entries.ts'
import { dependsOnArgument, isAllowed, isArgument } from './provenance.ts'

/** A write to an entry of a mapping. */
interface Write {
  readonly call: Call
  readonly access: StorageAccess
  readonly entry: MappingEntry
}

/** The SSTORE finds the slot on top of the stack and the value below. */
const SLOT = stack(0)
const VALUE = stack(1)
const PREVIOUS = load(SLOT)

/**
 * Functions by which standards let one account act for another: transferFrom, burnFrom, both safeTransferFrom of ERC-721, withdraw and redeem of
 * ERC-4626, safeTransferFrom of ERC-1155. What holds for all others need not hold for them.
 */
const DELEGATED: readonly Hex[] = [
  '0x23b872dd',
  '0x79cc6790',
  '0x42842e0e',
  '0xb88d4fde',
  '0xb460af94',
  '0xba087652',
  '0xf242432a',
]

/**
 * What a function's writes to balances, ownerships and the like had in common, at each SSTORE, until the attack. Where all functions that
 * share the instruction keep it, it is asked of all of them; otherwise of the attacked one.
 *
 * Failure mode: a function that nobody has used may share the instruction and act for others by means of its own.
 */
export function writeInvariants(fn: CalledFunction, everyone: readonly Call[]): Learned[] {
  const hostile = bySite(fn.hostile)
  const benign = bySite(fn.benign)
  const shared = bySite(everyone)
  return [...hostile].flatMap(([site, writes]) => {
    const usual = benign.get(site) ?? []
    const makeOf =
      (functions: Expression, wide: boolean, known: readonly Write[]): Make =>
      ({ name, note, refuse, keeps }) => ({
        invariant: {
          name: wide ? `${name}-anywhere` : name,
          rules: [{ place: placeOf(writes[0]!), refuse: and(functions, refuse) }],
          notes: [note],
        },
        support: (wide ? known : [...writes, ...known]).filter(keeps).length,
      })
    const make = makeOf(selectorIs(fn.ref.selector), false, usual)
    const all = shared.get(site) ?? []
    const makeWide = makeOf(notDelegated(fn), true, all)
    const wide = [
      ...debitOwn(writes, all, { make: makeWide, anywhere: true }),
      ...replaceOwn(writes, all, makeWide),
    ]
    return [
      ...wide.filter(({ support }) => support > 0),
      ...debitOwn(writes, usual, { make }),
      ...creditAtMost(fn, { writes, usual }, make),
      ...replaceOwn(writes, usual, make),
    ]
  })
}

/** Whether the function that runs is none of those that act for others by a standard, unless it was one of them that was attacked. */
function notDelegated({ ref }: CalledFunction): Expression {
  const others = DELEGATED.filter((selector) => selector !== ref.selector)
  return not(others.map(selectorIs).reduce(or))
}

type Make = (kind: {
  readonly name: string
  readonly note: string
  readonly refuse: Expression
  /** Whether a write is one the invariant is about, and keeps it. */
  readonly keeps: (write: Write) => boolean
}) => Learned

/** Whom a function takes from: its caller, and accounts arguments name, as far as benign calls did. */
function debitOwn(
  writes: readonly Write[],
  usual: readonly Write[],
  { make, anywhere = false }: { readonly make: Make; readonly anywhere?: boolean },
): Learned[] {
  const isDebit = ({ access }: Write) => access.value < access.previous
  const debits = usual.filter(isDebit)
  const ofCaller = ({ call, entry }: Write) => entry.key.value === BigInt(call.caller)
  const ofArgument =
    (i: number) =>
    ({ call, entry }: Write) =>
      entry.key.value === call.words[i]
  const others = debits.filter((write) => !ofCaller(write))
  const named = [...Array(4).keys()].filter((i) => others.length > 0 && others.every(ofArgument(i)))
  const index = named[0]
  // Arguments are one function's own.
  if (others.length > 0 && (anywhere || index === undefined)) return []
  const allowed = (write: Write) => ofCaller(write) || (index !== undefined && ofArgument(index)(write))
  const broken = writes.find((write) => isDebit(write) && !allowed(write) && isForeign(write))
  if (!broken) return []
  const own = equal(SLOT, entryFor(caller, broken.entry))
  const either =
    index === undefined ? own : or(own, equal(SLOT, entryFor(addressOf(argument(index)), broken.entry)))
  const whose = index === undefined ? 'the caller' : `the caller or argument ${index}`
  return [
    make({
      name: 'debit-own',
      note: `entries of others than ${whose} cannot be made smaller`,
      refuse: and(less(VALUE, PREVIOUS), not(either)),
      keeps: (write) => isDebit(write) && allowed(write),
    }),
  ]
}

/** An account's entry, not the contract's own, and not that of an account which allowed the caller to. */
function isForeign({ call, entry: { key } }: Write): boolean {
  if (!isAddressLike(key.value) || key.value === BigInt(call.entry.context)) return false
  const index = call.words.findIndex((_, i) => isArgument(call, key, i))
  return index < 0 || !isAllowed(call, index)
}

/** How much a function adds to an entry: at most the amount it was called with. */
function creditAtMost(
  fn: CalledFunction,
  { writes, usual }: { readonly writes: readonly Write[]; readonly usual: readonly Write[] },
  make: Make,
): Learned[] {
  const exceeds =
    (i: number) =>
    ({ call, access }: Write) =>
      access.value > access.previous && access.value - access.previous > (call.words[i] ?? 0n)
  const width = Math.max(...fn.hostile.map(({ words }) => words.length))
  return (
    [...Array(width).keys()]
      .filter((i) => fn.hostile.every(({ words }) => isAmountLike(words[i] ?? 0n)))
      .filter((i) => writes.some(exceeds(i)) && !usual.some(exceeds(i)))
      // Only what was computed from an argument can be measured by it.
      .filter((i) =>
        writes.some(
          ({ call, access }) => access.valueOrigin && dependsOnArgument(call, access.valueOrigin, i),
        ),
      )
      .map((i) =>
        make({
          name: 'credit-at-most',
          note: `no entry can grow by more than argument ${i}`,
          refuse: and(greater(VALUE, PREVIOUS), greater(subtract(VALUE, PREVIOUS), argument(i))),
          keeps: (write) => write.access.value > write.access.previous && !exceeds(i)(write),
        }),
      )
  )
}

/** An entry that names somebody else is not the caller's to rewrite. */
function replaceOwn(writes: readonly Write[], usual: readonly Write[], make: Make): Learned[] {
  const isNamed = ({ access }: Write) => isAddressLike(access.previous)
  const ofAnother = (write: Write) =>
    isNamed(write) && write.access.previous !== BigInt(write.call.caller as Address)
  if (!writes.some(ofAnother) || usual.some(ofAnother)) return []
  const another = and(not(equal(PREVIOUS, caller)), greater(PREVIOUS, { op: 'constant', value: 0n }))
  return [
    make({
      name: 'replace-own',
      note: 'an entry that names another account than the caller cannot be replaced',
      refuse: another,
      keeps: (write) => isNamed(write) && !ofAnother(write),
    }),
  ]
}

function bySite(calls: readonly Call[]): Map<string, Write[]> {
  const sites = new Map<string, Write[]>()
  for (const call of calls) {
    for (const access of writesOf(call)) {
      const entry = mappingEntry(access.slotOrigin)
      if (!entry) continue
      const write = { call, access, entry }
      const { code, pc } = placeOf(write)
      sites.set(`${code}:${pc}`, [...(sites.get(`${code}:${pc}`) ?? []), write])
    }
  }
  return sites
}

function placeOf({ call, access }: Write) {
  const { code } = call.execution.frames[access.frame]!
  return { at: 'instruction' as const, code, pc: access.pc }
}
