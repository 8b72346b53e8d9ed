import { type Origin, type StorageAccess, Taint } from '../chain/types.ts'
import { toWord } from '../core/hex.ts'
import { OP } from '../evm/opcodes.ts'
import {
  type Diagnoser,
  distinct,
  type Evidence,
  type ObservedExecution,
  observed,
  ofFrames,
} from './evidence.ts'
import {
  and,
  blockNumber,
  constant,
  equal,
  greater,
  load,
  multiply,
  not,
  or,
  recall,
  selectorIs,
  stack,
} from './expressions.ts'
import { type FreshUse, freshUses, isEarlier, type Side, settledBeforeUse, valuesUsed } from './freshness.ts'
import { type Call, type CalledFunction, calledFunctions, writesOf } from './learn/calls.ts'
import { visitOrigin } from './origins.ts'
import type { CodeSite, Diagnosis, Expression, Invariant, Place } from './types.ts'

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
  const races = allowanceRaces(evidence, functions)
  if (races.length > 0) return distinct(races, keyOf).map((race) => raceDiagnosis(evidence, race, 0.9))
  const overwritten = overwrittenAllowances(evidence, functions)
  if (overwritten.length > 0)
    return distinct(overwritten, keyOf).map((race) => raceDiagnosis(evidence, race, 0.6))
  const opened = unusual(evidence, functions, commitments)
  if (opened.length > 0) return opened.map((use) => commitmentDiagnosis(evidence, use))
  return unusual(evidence, functions, overtakings).map((use) => orderDiagnosis(evidence, use))
}

function unusual(
  evidence: Evidence,
  functions: readonly CalledFunction[],
  find: (evidence: Evidence, functions: readonly CalledFunction[], side: Side) => FreshUse[],
): FreshUse[] {
  const usual = new Set(find(evidence, functions, 'benign').map(keyOf))
  return distinct(
    find(evidence, functions, 'hostile').filter((found) => !usual.has(keyOf(found))),
    keyOf,
  )
}

const keyOf = ({ first, second }: Pick<FreshUse, 'first' | 'second'>): string =>
  `${first.ref.target}:${first.ref.selector}:${second.ref.target}:${second.ref.selector}`

// ---- an allowance is set anew after it was spent ----

/** Slots keyed by an account under an account: `allowance[owner][spender]`. */
function allowanceRaces(evidence: Evidence, functions: readonly CalledFunction[]): Race[] {
  return pairs(evidence, functions).flatMap(({ first, changer, second, victim }) => {
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

/** Each call of the attack, with each later call of another sender to the same contract in the same block. */
function pairs(evidence: Evidence, functions: readonly CalledFunction[]) {
  return functions.flatMap((first) =>
    functions
      .filter(({ ref }) => ref.target === first.ref.target)
      .flatMap((second) =>
        first.hostile.flatMap((changer) =>
          second.hostile
            .filter((victim) => victim.origin !== changer.origin && isEarlier(evidence, changer, victim))
            .map((victim) => ({ first, changer, second, victim })),
        ),
      ),
  )
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

/** An allowance of which something was left is set to another amount, which is spent as well; nobody benign ever did that. */
function overwrittenAllowances(evidence: Evidence, functions: readonly CalledFunction[]): Race[] {
  const usual = evidence.history.flatMap((execution) => observed([execution])).some(overwritesAllowance)
  if (usual) return []
  const calls = functions.flatMap((fn) => fn.hostile.map((call) => ({ fn, call })))
  return calls.flatMap(({ fn: second, call: victim }) =>
    writesOf(victim)
      .filter(isOverwritten)
      .flatMap((met) =>
        calls.flatMap(({ fn: first, call: changer }): Race[] => {
          const change = writesOf(changer).find(
            ({ address, slot, value, previous }) =>
              address === met.address && slot === met.slot && value < previous && previous === met.value,
          )
          return change && changer.origin !== victim.origin
            ? [{ first, changer, change, second, victim, met }]
            : []
        }),
      ),
  )
}

const overwritesAllowance = ({ observation }: ObservedExecution): boolean =>
  observation.accesses.some((access) => access.kind === 'write' && isOverwritten(access))

function isOverwritten(access: StorageAccess): boolean {
  const { value, previous, valueOrigin, slotOrigin } = access
  const changed = value !== 0n && previous !== 0n && value !== previous
  return changed && isGiven(valueOrigin) && isNested(slotOrigin) && isKeyedByCaller(access)
}

/** Functions that were seen to set what they were given at a place; others that share it may compute what they write. */
function settersAt(evidence: Evidence, { code, pc }: CodeSite): Expression {
  const selectors = observed([...evidence.attack, ...evidence.history]).flatMap(({ observation, frames }) =>
    observation.accesses
      .filter(
        ({ kind, frame, valueOrigin }) =>
          kind === 'write' && frames[frame]!.code === code && isGiven(valueOrigin),
      )
      .filter((access) => access.pc === pc)
      .map(({ frame }) => frames[frame]!.selector),
  )
  return [...new Set(selectors)].map(selectorIs).reduce((a, b) => or(a, b))
}

function raceDiagnosis(evidence: Evidence, race: Race, confidence: number): Diagnosis {
  const { first, changer, change, second, victim, met } = race
  const spend = siteOf(changer, change)
  const set = siteOf(victim, met)
  const setting = settersAt(evidence, set)
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
  const inOneBlock = changer.block === victim.block && change.value === met.previous
  return {
    class: 'front-running',
    target: second.ref.target,
    code: second.ref.code,
    selector: second.ref.selector,
    pc: met.pc,
    slots: [toWord(met.slot)],
    confidence,
    mechanism: {
      class: 'front-running',
      invariants: inOneBlock ? [notInOneBlock, throughZero] : [throughZero],
    },
    summary: `${second.ref.selector} of ${second.ref.target} set an allowance anew which ${first.ref.selector} spends as well as the one before`,
    evidence: { spender: changer.caller, owner: victim.caller },
  }
}

// ---- a value is changed right before it is used ----

/** What another sender wrote in the block, and the later call stored, paid or handed on something made of. */
function overtakings(evidence: Evidence, functions: readonly CalledFunction[], side: Side): FreshUse[] {
  return freshUses(evidence, functions, side).filter(({ writer, user, write }) => {
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
function commitments(evidence: Evidence, functions: readonly CalledFunction[], side: Side): FreshUse[] {
  return freshUses(evidence, functions, side).filter(({ writer, user, write }) => {
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
