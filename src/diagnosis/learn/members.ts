import { type CallSite, Taint } from '../../chain/types.ts'
import { addressOfWord } from '../../core/hex.ts'
import {
  accessesOf,
  codeSite,
  distinct,
  type Evidence,
  entries,
  type ObservedExecution,
  observed,
  ofFrames,
} from '../evidence.ts'
import { addressOf, caller, load, not, stack } from '../expressions.ts'
import type { Expression, Rule } from '../types.ts'
import { allCalls, type Call, type Calls, type Finding, refOf } from './calls.ts'
import { entryFor, type MappingEntry, mappingEntry } from './entries.ts'

/** Callers of a function who must have been on a list before it is taken for theirs. */
const ACCOUNTS = 2
/** Lists tried for one thing. */
const LISTS = 3
/** More than this in an entry is an amount or an address; a list of members says yes, or keeps a small number or packed flags. */
const FLAGS = 1n << 16n

/** A mapping of a contract, with the accounts it was seen to say something about. */
interface List {
  readonly mapping: MappingEntry
  readonly members: ReadonlySet<bigint>
  readonly strangers: ReadonlySet<bigint>
}

/**
 * A contract keeps a list of whom it deals with, and a function takes any: the venue, pool or token that an argument names, or the caller
 * of a callback. Everybody benign calls dealt with there is on the list, and who came with the attack is not known to be.
 *
 * Failure mode: what a mapping says can be seen only where some call read or wrote it; one that happens to hold something for all accounts
 * of history (a balance kept in small numbers) looks like a list.
 */
export function members(evidence: Evidence): Finding[] {
  const calls = allCalls(evidence)
  return [...calledMembers(evidence, calls), ...callingMembers(evidence, calls)]
}

// ---- whom the contract calls ----

interface Chosen {
  readonly call: Call
  readonly site: CallSite
  readonly account: bigint
}

function calledMembers(evidence: Evidence, calls: Calls): Finding[] {
  const usual = bySite(calls.benign.flatMap(chosenBy))
  const foreign = calls.hostile
    .flatMap(chosenBy)
    .filter((one) => usual.has(siteKey(one)))
    .filter((one) => !usual.get(siteKey(one))!.some(({ account }) => account === one.account))
  const [first] = foreign
  if (!first) return []
  const known = usual.get(siteKey(first))!.map(({ account }) => account)
  return listsFor(evidence, first.call, { known, foreign: [first.account] }).map((list) => ({
    ref: refOf(first.call),
    invariant: {
      name: 'called-is-member',
      rules: [
        {
          place: { at: 'instruction', ...codeSite(first.call.execution, first.site) },
          refuse: isNoMember(addressOf(stack(1)), list),
        },
      ],
      notes: [`who is called there must have an entry in the mapping at slot ${list.mapping.base}`],
    },
    support: known.length,
  }))
}

/** Accounts a call made the contract call, by addresses in its arguments. Who is only paid need not be known. */
function chosenBy(call: Call): Chosen[] {
  const { execution, activation } = call
  return ofFrames(execution.observation.calls, activation)
    .filter(({ targetOrigin }) => ((targetOrigin?.taint ?? 0) & Taint.calldata) !== 0)
    .filter(({ child }) => child !== null && execution.frames[child]!.input !== '0x')
    .map((site) => ({ call, site, account: BigInt(execution.frames[site.child!]!.code) }))
    .sort((a, b) => a.site.order - b.site.order)
}

const siteKey = ({ call, site }: Chosen): string => {
  const { code, pc } = codeSite(call.execution, site)
  return `${code}:${pc}`
}

function bySite(chosen: readonly Chosen[]): Map<string, Chosen[]> {
  const sites = new Map<string, Chosen[]>()
  for (const one of chosen) sites.set(siteKey(one), [...(sites.get(siteKey(one)) ?? []), one])
  return sites
}

// ---- who calls the contract ----

function callingMembers(evidence: Evidence, calls: Calls): Finding[] {
  const functions = distinct(calls.hostile, (call) => call.entry.context + call.entry.selector)
  return functions.flatMap((first) => {
    const known = benignCallers(calls, first)
    const foreign = calls.hostile.filter(
      (call) => isSameFunction(call, first) && !known.includes(BigInt(call.caller)),
    )
    if (new Set(known).size < ACCOUNTS || foreign.length === 0) return []
    const accounts = { known, foreign: foreign.map((call) => BigInt(call.caller)) }
    return listsFor(evidence, first, accounts)
      .filter(({ members: listed }) => known.every((account) => listed.has(account)))
      .map((list) => callerIsMember(calls, first, { list, support: known.length }))
  })
}

function callerIsMember(
  calls: Calls,
  first: Call,
  { list, support }: { readonly list: List; readonly support: number },
): Finding {
  const alike = isCallback(calls, first) ? otherCallbacks(calls, first, list) : []
  const rules = [first, ...alike].map(
    (call): Rule => ({ place: { at: 'entry', ...refOf(call) }, refuse: isNoMember(caller, list) }),
  )
  const notes = [`only callers that have an entry in the mapping at slot ${list.mapping.base} are served`]
  return { ref: refOf(first), invariant: { name: 'caller-is-member', rules, notes }, support }
}

/** Other functions that were called only while the contract itself was calling, and by members only. */
function otherCallbacks(calls: Calls, first: Call, list: List): Call[] {
  const others = calls.benign.filter(
    (call) => call.entry.context === first.entry.context && !isSameFunction(call, first),
  )
  return distinct(others, ({ entry }) => entry.selector).filter(
    (call) =>
      isCallback(calls, call) && benignCallers(calls, call).every((account) => list.members.has(account)),
  )
}

/** Whether all benign calls of a function came while the contract itself was making a call. */
function isCallback({ benign }: Calls, fn: Call): boolean {
  return benign
    .filter((call) => isSameFunction(call, fn))
    .every(({ execution: { frames }, entry }) => {
      let { parent } = entry
      while (parent !== null && frames[parent]!.context !== entry.context) parent = frames[parent]!.parent
      return parent !== null
    })
}

const isSameFunction = (a: Call, b: Call): boolean =>
  a.entry.context === b.entry.context && a.entry.selector === b.entry.selector

const benignCallers = ({ benign }: Calls, fn: Call): bigint[] =>
  benign.filter((call) => isSameFunction(call, fn)).map((call) => BigInt(call.caller))

// ---- lists ----

const isNoMember = (account: Expression, { mapping }: List): Expression =>
  not(load(entryFor(account, mapping)))

interface Accounts {
  readonly known: readonly bigint[]
  readonly foreign: readonly bigint[]
}

/** Lists that say something about accounts that are known, nothing about those that came with the attack; the fullest first. */
function listsFor(evidence: Evidence, call: Call, { known, foreign }: Accounts): List[] {
  const count = ({ members: listed }: List) => known.filter((account) => listed.has(account)).length
  return listsOf(evidence, call)
    .filter((list) => count(list) > 0 && !foreign.some((account) => list.members.has(account)))
    .filter((list) => known.every((account) => !list.strangers.has(account) || list.members.has(account)))
    .sort((a, b) => count(b) - count(a))
    .slice(0, LISTS)
}

function listsOf(evidence: Evidence, { entry: { context } }: Call): List[] {
  const lists = new Map<bigint, { mapping: MappingEntry; members: Set<bigint>; strangers: Set<bigint> }>()
  const look = (execution: ObservedExecution) => {
    const own = execution.frames.filter((frame) => frame.context === context).map(({ index }) => index)
    for (const { slotOrigin, value, transient } of accessesOf(execution, own)) {
      const mapping = mappingEntry(slotOrigin)
      if (!mapping || transient || value >= FLAGS) continue
      const list = lists.get(mapping.base) ?? { mapping, members: new Set(), strangers: new Set() }
      lists.set(mapping.base, list)
      const side = value === 0n ? list.strangers : list.members
      side.add(BigInt(addressOfWord(mapping.key.value)))
    }
  }
  for (const execution of observed([...evidence.history, ...evidence.attack, ...evidence.probes])) {
    if (entries(execution, evidence.protection).some((entry) => entry.context === context)) look(execution)
  }
  return [...lists.values()]
}
