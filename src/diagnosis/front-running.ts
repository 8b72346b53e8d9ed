import { type Origin, type StorageAccess, Taint } from '../chain/types.ts'
import { toWord } from '../core/hex.ts'
import { OP } from '../evm/opcodes.ts'
import { type Diagnoser, distinct, type Evidence, ofFrames } from './evidence.ts'
import {
  and,
  blockNumber,
  constant,
  equal,
  greater,
  load,
  multiply,
  not,
  origin,
  recall,
  selectorIs,
  stack,
} from './expressions.ts'
import { type FreshUse, freshUses, type Side, settledBeforeUse, valuesUsed } from './freshness.ts'
import { type Call, type CalledFunction, calledFunctions, writesOf } from './learn/calls.ts'
import { visitOrigin } from './origins.ts'
import type { Diagnosis, Invariant, Place } from './types.ts'

/** An allowance one sender spent and its owner then set anew. */
interface Race {
  readonly first: CalledFunction
  readonly change: StorageAccess
  readonly changer: Call
  readonly second: CalledFunction
  readonly victim: Call
  readonly met: StorageAccess
}

const SLOT = stack(0)
const VALUE = stack(1)
const MARK = 0
const COMPARES: ReadonlySet<number> = new Set([OP.EQ, OP.SUB, OP.XOR])

/**
 * Front-running: a transaction was put before somebody else's and changed what that one was sent for. Either an allowance was spent right
 * before its owner set it anew, so that both were spent; or a value that the later transaction pays or decides by was changed in its block.
 *
 * Failure modes: it needs both transactions among those of the attack; two users who meet in a block by chance look the same, which
 * is why nothing is diagnosed that history shows, and why the second form comes with little confidence.
 */
export const diagnoseFrontRunning: Diagnoser = (evidence) => {
  const functions = calledFunctions(evidence)
  const races = allowanceRaces(functions)
  if (races.length > 0) return distinct(races, keyOf).map(raceDiagnosis)
  const opened = unusual(functions, commitments)
  if (opened.length > 0) return opened.map((use) => commitmentDiagnosis(evidence, use))
  return unusual(functions, overtakings).map((use) => orderDiagnosis(evidence, use))
}

function unusual(
  functions: readonly CalledFunction[],
  find: (functions: readonly CalledFunction[], side: Side) => FreshUse[],
): FreshUse[] {
  const usual = new Set(find(functions, 'benign').map(keyOf))
  return distinct(
    find(functions, 'hostile').filter((found) => !usual.has(keyOf(found))),
    keyOf,
  )
}

const keyOf = ({ first, second }: Pick<FreshUse, 'first' | 'second'>): string =>
  `${first.ref.target}:${first.ref.selector}:${second.ref.target}:${second.ref.selector}`

// ---- an allowance is set anew after it was spent ----

/** Slots keyed by an account under an account: `allowance[owner][spender]`. */
function allowanceRaces(functions: readonly CalledFunction[]): Race[] {
  return pairs(functions, 'hostile').flatMap(({ first, changer, second, victim }) => {
    const spent = writesOf(changer).filter(
      (access) => access.value < access.previous && isNested(access.slotOrigin) && isKeyedByCaller(access),
    )
    return writesOf(victim).flatMap((met): Race[] => {
      const change = spent.find(({ slot, address }) => slot === met.slot && address === met.address)
      const set = met.value !== 0n && isGiven(met.valueOrigin)
      return change?.value === met.previous && set && isKeyedByCaller(met)
        ? [{ first, changer, change, second, victim, met }]
        : []
    })
  })
}

const isKeyedByCaller = ({ slotOrigin }: StorageAccess): boolean =>
  ((slotOrigin?.taint ?? 0) & (Taint.caller | Taint.callerKeyed)) !== 0

/** The new amount is the argument itself, not a sum with the old one. */
const isGiven = (value: Origin | undefined): boolean => value?.taint === Taint.calldata

/** keccak256(key ‖ keccak256(key ‖ base)), in either order. */
function isNested(slot: Origin | undefined): boolean {
  const isHash = (node: Origin): boolean => node.op === 'compute' && node.opcode === OP.KECCAK256
  return slot?.op === 'compute' && isHash(slot) && slot.inputs.some(isHash)
}

function raceDiagnosis({ first, changer, change, second, victim, met }: Race): Diagnosis {
  const spend = siteOf(changer, change)
  const set = siteOf(victim, met)
  const setting = selectorIs(second.ref.selector)
  const spentNow = equal(recall(SLOT, MARK), blockNumber)
  const isSet = greater(VALUE, constant(0n))
  // The SSTORE may be shared by both functions: setting an allowance is no spending.
  const note = { value: multiply(not(setting), blockNumber), key: SLOT, mark: MARK }
  const notInOneBlock: Invariant = {
    name: 'allowance-settled',
    rules: [
      { place: set, refuse: and(and(setting, isSet), spentNow) },
      { place: spend, note },
    ],
    notes: ['an allowance that was spent in a block cannot be set anew in the same block, except to zero'],
  }
  const throughZero: Invariant = {
    name: 'allowance-through-zero',
    rules: [{ place: set, refuse: and(setting, and(isSet, greater(load(SLOT), constant(0n)))) }],
    notes: ['an allowance must be set to zero before it is set to another amount'],
  }
  return {
    class: 'front-running',
    target: second.ref.target,
    code: second.ref.code,
    selector: second.ref.selector,
    pc: met.pc,
    slots: [toWord(met.slot)],
    confidence: 0.9,
    mechanism: { class: 'front-running', invariants: [notInOneBlock, throughZero] },
    summary: `${second.ref.selector} of ${second.ref.target} set an allowance anew that ${first.ref.selector} had spent right before`,
    evidence: { spender: changer.caller, owner: victim.caller },
  }
}

// ---- a value is changed right before it is used ----

/** Each call of the first function, with each later call of another sender in the same block. */
function pairs(functions: readonly CalledFunction[], of: Side) {
  return functions.flatMap((first) =>
    functions
      .filter(({ ref }) => ref.target === first.ref.target)
      .flatMap((second) =>
        first[of].flatMap((changer) =>
          second[of]
            .filter((victim) => victim.origin !== changer.origin && victim.block === changer.block)
            .map((victim) => ({ first, changer, second, victim })),
        ),
      ),
  )
}

/** What another sender wrote in the block, and the later call stored, paid or handed on something made of. */
function overtakings(functions: readonly CalledFunction[], side: Side): FreshUse[] {
  return freshUses(functions, side).filter(({ writer, user, write }) => {
    if (writer.origin === user.origin) return false
    // What somebody else adds to an entry (a balance) is nothing that was put before anybody.
    if (write.slotOrigin?.op !== 'constant' && addsToItself(write)) return false
    return valuesUsed(user, { decisions: false }).has(`${write.address}:${write.slot}`)
  })
}

/** The value is what stood there before with something added or taken away. */
function addsToItself({ valueOrigin: value, slot }: StorageAccess): boolean {
  if (value?.op !== 'compute' || (value.opcode !== OP.ADD && value.opcode !== OP.SUB)) return false
  return value.inputs.some((input) => input.op === 'storage' && input.slot === slot)
}

/** A total that everybody moves is met by chance more often than a price that somebody set. */
const CONFIDENCE = { chosen: 0.45, moved: 0.3 } as const

function orderDiagnosis(evidence: Evidence, use: FreshUse): Diagnosis {
  const { first, second, write, read, writer, user } = use
  return {
    ...subjectOf(use),
    confidence: addsToItself(write) ? CONFIDENCE.moved : CONFIDENCE.chosen,
    mechanism: { class: 'front-running', invariants: settledBeforeUse(evidence, use, { byAnother: true }) },
    pc: read.pc,
    summary: `${second.ref.selector} of ${second.ref.target} used a value that ${first.ref.selector} had changed right before it for another sender`,
    evidence: { changedBy: writer.origin, usedBy: user.origin },
  }
}

function subjectOf({ second, read }: Pick<FreshUse, 'second' | 'read'>) {
  const { target, code, selector } = second.ref
  return { class: 'front-running' as const, target, code, selector, slots: [toWord(read.slot)] }
}

// ---- a commitment is made and opened at once ----

/** A hash of what the caller gave was compared with what was stored in the same block: nothing had been committed to when it became known. */
function commitments(functions: readonly CalledFunction[], side: Side): FreshUse[] {
  return freshUses(functions, side).filter(({ writer, user, write }) => {
    if (writer.origin !== user.origin) return false
    return ofFrames(user.execution.observation.branches, user.activation).some(({ condition }) =>
      comparesHashWith(condition, write),
    )
  })
}

function comparesHashWith(condition: Origin, { slot, address }: StorageAccess): boolean {
  let found = false
  visitOrigin(condition, new Set(), (node) => {
    if (node.op !== 'compute' || !COMPARES.has(node.opcode)) return
    const stored = node.inputs.find((input) => input.op === 'storage')
    const given = node.inputs.find(
      (input) => input.op === 'compute' && input.opcode === OP.KECCAK256 && input.taint & Taint.calldata,
    )
    if (stored?.op === 'storage' && stored.slot === slot && stored.address === address && given) found = true
  })
  return found
}

function commitmentDiagnosis(evidence: Evidence, use: FreshUse): Diagnosis {
  const { first, second, read } = use
  return {
    ...subjectOf(use),
    confidence: 0.75,
    mechanism: { class: 'front-running', invariants: settledBeforeUse(evidence, use, { byAnother: false }) },
    pc: read.pc,
    summary: `${second.ref.selector} of ${second.ref.target} accepted what ${first.ref.selector} had committed to in the same block, when it was known already`,
    evidence: { committedBy: first.ref.selector },
  }
}

function siteOf({ execution }: Call, { frame, pc }: StorageAccess): Extract<Place, { at: 'instruction' }> {
  return { at: 'instruction', code: execution.frames[frame]!.code, pc }
}
