import { type StorageAccess, Taint } from '../../chain/types.ts'
import { accessesOf, codeSite, distinct, type Evidence } from '../evidence.ts'
import { add, constant, equal, recallNow, stack } from '../expressions.ts'
import { slotFamily } from '../slots.ts'
import type { CodeSite, Rule } from '../types.ts'
import { allCalls, type Call, type Finding, refOf } from './calls.ts'
import { accumulates } from './provenance.ts'

const CALLS_MADE = 251
const WRITTEN_IN = 252
const SLOT = stack(0)
const COUNTER = constant(0n)
const thisCall = recallNow(COUNTER, CALLS_MADE)

/** What one call replaced at one instruction: entries that arguments name. */
interface Replacement {
  readonly call: Call
  readonly site: CodeSite
  readonly family: bigint
  readonly slots: readonly bigint[]
}

const repeats = ({ slots }: Replacement): boolean => new Set(slots).size < slots.length
const loops = ({ slots }: Replacement): boolean => new Set(slots).size > 1

/**
 * A list of things to settle names one of them twice: what is read of each before any is marked as settled counts twice. Nobody else's
 * list made a function replace the same entry twice in one call; refused is the second time, in the attacked function and in those that
 * were seen to go through lists of the same entries. Entries that are added to are left alone, they may be named as often as one likes.
 *
 * Failure mode: a function nobody was seen to use with a list of two is not covered. A call that the function makes to itself begins a new
 * count.
 */
export function repeatedEntries(evidence: Evidence): Finding[] {
  const calls = allCalls(evidence)
  const hostile = calls.hostile.flatMap(replacementsOf)
  const usual = calls.benign.flatMap(replacementsOf)
  const forgiven = new Set(usual.filter(repeats).map(keyOf))
  const broken = hostile.filter((one) => repeats(one) && !forgiven.has(keyOf(one)))
  const [first] = broken
  if (!first) return []
  const families = new Set(broken.map(({ family }) => family))
  const siblings = usual.filter(
    (one) =>
      loops(one) &&
      families.has(one.family) &&
      one.call.entry.context === first.call.entry.context &&
      !forgiven.has(keyOf(one)),
  )
  return [
    {
      ref: refOf(first.call),
      invariant: {
        name: 'no-entry-twice',
        rules: rulesFor([...broken, ...siblings]),
        notes: ['one call cannot name the same entry twice'],
      },
      support: siblings.length,
    },
  ]
}

/** One instruction of each function is enough: who names an entry twice comes by it twice. */
function rulesFor(replacements: readonly Replacement[]): Rule[] {
  const entries = distinct(
    replacements.map(({ call }) => refOf(call)),
    ({ code, selector }) => `${code}${selector}`,
  )
  const count = (ref: (typeof entries)[number]): Rule => ({
    place: { at: 'entry', ...ref },
    note: { value: add(thisCall, constant(1n)), key: COUNTER, mark: CALLS_MADE, now: true },
  })
  const perFunction = distinct(replacements, ({ call }) => refOf(call).selector)
  const sites = distinct(perFunction, keyOf).map(
    ({ site }): Rule => ({
      place: { at: 'instruction', ...site },
      refuse: equal(recallNow(SLOT, WRITTEN_IN), thisCall),
      note: { value: thisCall, key: SLOT, mark: WRITTEN_IN, now: true },
    }),
  )
  return [...entries.map(count), ...sites]
}

const keyOf = ({ site: { code, pc } }: Replacement): string => `${code}:${pc}`

function replacementsOf(call: Call): Replacement[] {
  const sites = new Map<string, { readonly access: StorageAccess; readonly slots: bigint[] }>()
  for (const access of accessesOf(call.execution, call.activation)) {
    if (access.kind !== 'write' || access.transient || !isNamed(access)) continue
    const key = `${access.frame}:${access.pc}`
    const known = sites.get(key) ?? { access, slots: [] }
    known.slots.push(access.slot)
    sites.set(key, known)
  }
  return [...sites.values()].map(({ access, slots }) => ({
    call,
    site: codeSite(call.execution, access),
    family: slotFamily(access),
    slots,
  }))
}

/** Whether an argument names the entry, and what is written replaces what stood there. */
function isNamed({ slot, slotOrigin, valueOrigin }: StorageAccess): boolean {
  const named = slotOrigin !== undefined && (slotOrigin.taint & Taint.calldata) !== 0
  return named && !(valueOrigin && accumulates(valueOrigin, slot))
}
