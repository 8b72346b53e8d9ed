import type { StorageAccess } from '../../chain/types.ts'
import { OP } from '../../evm/opcodes.ts'
import { accessesOf, codeSite, distinct, type Evidence } from '../evidence.ts'
import { constant, equal, recallNow, stack } from '../expressions.ts'
import { slotFamily } from '../slots.ts'
import type { CodeSite, Rule } from '../types.ts'
import { allCalls, type Call, type Finding, refOf } from './calls.ts'
import { storageRead } from './provenance.ts'

const MARK = 250
const SLOT = stack(0)
const LAST = constant(0n)

/** Two writes to entries of one mapping, the second computed from what was read before the first. */
interface Pair {
  readonly call: Call
  readonly first: CodeSite
  readonly second: CodeSite
  readonly family: bigint
  /** Whether both were the same entry, so that the first write is lost. */
  readonly isLost: boolean
}

/**
 * A function reads the entries of two accounts, then writes both; named twice, an account keeps the second write only, and what was taken
 * from it is given back (a transfer to oneself doubles). Refused is the second write where the first was to the same entry, in every function
 * that is known to write so.
 *
 * Failure mode: where a first write is shared with functions that make no second one, a second write that follows in the same transaction
 * is taken for its partner.
 */
export function lostWrites(evidence: Evidence): Finding[] {
  const calls = allCalls(evidence)
  const hostile = calls.hostile.flatMap(pairsOf)
  const usual = calls.benign.flatMap(pairsOf)
  const lost = hostile.filter(({ isLost }) => isLost)
  const [broken] = lost
  if (!broken || usual.some(({ isLost }) => isLost)) return []
  const families = new Set(lost.map(({ family }) => family))
  const alike = [...hostile, ...usual].filter(
    ({ call, family }) => call.entry.context === broken.call.entry.context && families.has(family),
  )
  return [
    {
      ref: refOf(broken.call),
      invariant: {
        name: 'no-lost-write',
        rules: rulesFor(alike),
        notes: [
          'an entry cannot be written twice from values read before the first write, as by a transfer to oneself',
        ],
      },
      support: alike.filter(({ isLost }) => !isLost).length,
    },
  ]
}

const keyOf = ({ code, pc }: CodeSite): string => `${code}:${pc}`

function rulesFor(pairs: readonly Pair[]): Rule[] {
  const at = (site: CodeSite) => ({ at: 'instruction' as const, ...site })
  const notes = distinct(
    pairs.map(({ first }) => first),
    keyOf,
  ).map((site): Rule => ({ place: at(site), note: { value: SLOT, key: LAST, mark: MARK, now: true } }))
  const refusals = distinct(
    pairs.map(({ second }) => second),
    keyOf,
  ).map((site): Rule => ({ place: at(site), refuse: equal(recallNow(LAST, MARK), SLOT) }))
  return [...notes, ...refusals]
}

function pairsOf(call: Call): Pair[] {
  const accesses = accessesOf(call.execution, call.activation).filter(({ transient }) => !transient)
  const writes = accesses.filter(({ kind, slotOrigin }) => kind === 'write' && isEntry(slotOrigin))
  return writes.flatMap((second) => {
    const read = readBefore(accesses, second)
    if (!read) return []
    const first = writes.findLast(
      ({ order, pc, slotOrigin, ...write }) =>
        order > read.order &&
        order < second.order &&
        pc !== second.pc &&
        slotFamily({ order, pc, ...write, ...(slotOrigin && { slotOrigin }) }) === slotFamily(second),
    )
    if (!first) return []
    return {
      call,
      first: codeSite(call.execution, first),
      second: codeSite(call.execution, second),
      family: slotFamily(second),
      isLost: first.slot === second.slot && first.value !== first.previous,
    }
  })
}

const isEntry = (origin: StorageAccess['slotOrigin']): boolean =>
  origin?.op === 'compute' && (origin.opcode === OP.KECCAK256 || origin.opcode === OP.ADD)

/** Where the value of a write had what stood in its own slot from. */
function readBefore(accesses: readonly StorageAccess[], write: StorageAccess): StorageAccess | undefined {
  const own = write.valueOrigin && storageRead(write.valueOrigin, write.slot)
  if (!own) return undefined
  return accesses.findLast(
    ({ kind, slot, pc, order }) =>
      kind === 'read' && slot === write.slot && pc === own.pc && order < write.order,
  )
}
