import { type Branch, type Origin, Taint } from '../chain/types.ts'
import { OP } from '../evm/opcodes.ts'
import { accessesOf, type Diagnoser, distinct, type Evidence, isBelow, ofFrames } from './evidence.ts'
import {
  and,
  blockNumber,
  caller,
  constant,
  differ,
  equal,
  greater,
  not,
  origin,
  recall,
  stack,
} from './expressions.ts'
import { type FreshUse, freshUses, settledBeforeUse, valuesUsed } from './freshness.ts'
import { allCalls, type Call, type CalledFunction, calledFunctions, writesOf } from './learn/calls.ts'
import { visitOrigin } from './origins.ts'
import { variableKey } from './slots.ts'
import type { CodeSite, Diagnosis, Expression, Invariant } from './types.ts'

/** `draw`: block values were hashed or reduced, as dice are made of. `time`: the time itself, or the block's number, was reduced. */
type Chance = 'draw' | 'time'

/** A jump that a block value made to look like chance decided. */
interface Decision extends CodeSite {
  readonly taken: boolean
  readonly chance: Chance
}

const CONDITION = stack(1)
const REDUCES: ReadonlySet<number> = new Set([OP.MOD, OP.SMOD])
const CLOCK: ReadonlySet<number> = new Set([OP.TIMESTAMP, OP.NUMBER])
/** What callers can foresee is no chance; these come from outside the transaction's reach. */
const UNFORESEEN = Taint.returnData
const MARK = 0
/** Functions of the attack that a draw is kept apart from at most. */
const EARLIER = 2
/** Variables that must be settled before a draw at most, each tried by itself. */
const STAKES = 2

/**
 * Weak randomness: what a function paid was decided by block values, which its caller knows as well, in the transaction that asked for it. Time
 * dependence is the same with nothing but the time or number of the block.
 *
 * Failure modes: numbers drawn in an earlier transaction and kept in storage are not recognised; a caller who has no contract and
 * sees the block's values beforehand is stopped only by refusing the outcome altogether, which comes last.
 */
export const diagnoseWeakRandomness: Diagnoser = (evidence) => {
  const functions = calledFunctions(evidence)
  const usual = new Set(freshUses(evidence, functions, 'benign').map(variableOf))
  const fresh = freshUses(evidence, functions, 'hostile').filter((use) => !usual.has(variableOf(use)))
  return functions.flatMap((fn, index) => {
    const gained = fn.hostile.filter(gives)
    const calls = gained.length > 0 ? gained : fn.hostile
    const decisions = distinct(calls.flatMap(decisionsOf), keyOf)
    const amounts = calls.flatMap(chancesInAmounts)
    const chance = decisions[0]?.chance ?? amounts[0]
    if (!chance) return []
    const earlier = functions.slice(0, index)
    const stakes = stakesOf(fn, fresh)
    const decided = winning(fn, decisions)
    const found = { chance, decisions: decided, gained: gained.length > 0, earlier, stakes }
    return [toDiagnosis(evidence, fn, { ...found, drawnByContracts: drewThroughContract(evidence, decided) })]
  })
}

const variableOf = ({ second, write }: FreshUse): string => `${second.ref.selector}:${variableKey(write)}`

/**
 * What was staked in the block in which it was settled: single variables before lists, each of whose entries would have to be noted; then
 * what a caller chose before sums.
 */
function stakesOf(fn: CalledFunction, fresh: readonly FreshUse[]): FreshUse[] {
  const own = fresh.filter(
    ({ second, user, write }) =>
      second === fn && valuesUsed(user, { decisions: true }).has(`${write.address}:${write.slot}`),
  )
  const rank = ({ write, writer }: FreshUse) => {
    const variable = variableKey(write)
    const entries = new Set(
      writesOf(writer).flatMap((other) => (variableKey(other) === variable ? [other.slot] : [])),
    ).size
    return 2 * entries + Number(((write.valueOrigin?.taint ?? 0) & Taint.storage) !== 0)
  }
  return distinct(own, variableOf)
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, STAKES)
}

const keyOf = ({ code, pc, taken }: Decision): string => `${code}:${pc}:${taken}`

/** Whether value, or a new token, came out of the call. */
function gives({ execution, entry }: Call): boolean {
  return execution.transfers.some(
    ({ from, token, frame }) =>
      isBelow(execution, execution.frames[frame]!, entry) &&
      (from === entry.context || (token === entry.context && BigInt(from) === 0n)),
  )
}

function decisionsOf({ execution, activation }: Call): Decision[] {
  return ofFrames(execution.observation.branches, activation).flatMap(
    ({ frame, pc, taken, condition }: Branch) => {
      const chance = chanceIn(condition)
      return chance ? [{ code: execution.frames[frame]!.code, pc, taken, chance }] : []
    },
  )
}

/** What was paid or booked depends on chance by its amount. */
function chancesInAmounts({ execution, activation }: Call): Chance[] {
  const { calls } = execution.observation
  const origins = [
    ...accessesOf(execution, activation).flatMap(({ kind, valueOrigin }) =>
      kind === 'write' ? [valueOrigin] : [],
    ),
    ...ofFrames(calls, activation).flatMap(({ valueOrigin, inputOrigins }) => [
      valueOrigin,
      ...(inputOrigins?.slice(1) ?? []),
    ]),
  ]
  return origins.flatMap((source) => {
    // An identifier made of the time is hashed, too; only what was reduced to a number after that is an amount.
    const chance = source && source.op !== 'cut' && isReduced(source) ? chanceIn(source) : null
    return chance ? [chance] : []
  })
}

function isReduced(source: Origin): boolean {
  let reduced = false
  visitOrigin(source, new Set(), (node) => {
    if (node.op === 'compute' && REDUCES.has(node.opcode) && node.taint & Taint.block) reduced = true
  })
  return reduced
}

function chanceIn(source: Origin): Chance | null {
  if ((source.taint & Taint.block) === 0 || source.taint & UNFORESEEN) return null
  let drawn = false
  let reduced = false
  let onlyClock = true
  visitOrigin(source, new Set(), (node) => {
    if (node.op === 'environment' && node.taint & Taint.block && !CLOCK.has(node.opcode)) onlyClock = false
    if (node.op !== 'compute' || (node.taint & Taint.block) === 0) return
    if (node.opcode === OP.KECCAK256) drawn = true
    if (REDUCES.has(node.opcode)) reduced = true
  })
  if (drawn || (reduced && !onlyClock)) return 'draw'
  return reduced ? 'time' : null
}

/** The outcomes benign callers were not all given: those first that none was, then those that went both ways. */
function winning(
  fn: CalledFunction,
  decisions: readonly Decision[],
): (Decision & { readonly everSeen: boolean })[] {
  const usual = new Set(fn.benign.flatMap(decisionsOf).map(keyOf))
  return decisions
    .filter(
      (decision) => !usual.has(keyOf(decision)) || usual.has(keyOf({ ...decision, taken: !decision.taken })),
    )
    .map((decision) => ({ ...decision, everSeen: usual.has(keyOf(decision)) }))
    .sort((a, b) => Number(a.everSeen) - Number(b.everSeen))
}

/** Whether a contract ever came to the decision in a benign call, by whatever function. */
function drewThroughContract(evidence: Evidence, [first]: readonly Decision[]): boolean {
  return allCalls(evidence)
    .benign.filter(throughContract)
    .flatMap(decisionsOf)
    .some(({ code, pc }) => code === first?.code && pc === first.pc)
}

interface Found {
  readonly chance: Chance
  readonly decisions: readonly (Decision & { readonly everSeen: boolean })[]
  readonly gained: boolean
  readonly earlier: readonly CalledFunction[]
  readonly stakes: readonly FreshUse[]
  readonly drawnByContracts: boolean
}

function toDiagnosis(evidence: Evidence, fn: CalledFunction, found: Found): Diagnosis {
  const { chance, decisions, gained, earlier, stakes, drawnByContracts } = found
  const { target, code, selector } = fn.ref
  const cause = chance === 'draw' ? 'weak-randomness' : 'timestamp-dependence'
  const first = decisions[0]
  // An outcome that benign callers had as well is a flaw of the contract, and no sign of an attack.
  const isUnusual = stakes.length > 0 || first?.everSeen === false
  const invariants = [
    ...stakes.flatMap((use) => settledBeforeUse(evidence, use, { byAnother: false })),
    ...earlier
      .toReversed()
      .slice(0, EARLIER)
      .flatMap((other) => notInOneBlock(fn, other)),
    ...(first ? outcomeNotForContracts(fn, first) : []),
    ...notForContracts(fn),
    ...(first && !first.everSeen ? outcomeRefused(first, drawnByContracts) : []),
  ]
  const what = chance === 'draw' ? 'numbers its caller could compute beforehand' : 'the time of the block'
  return {
    class: cause,
    target,
    code,
    selector,
    pc: first?.pc ?? 0,
    slots: [],
    confidence: gained ? (isUnusual ? 0.8 : 0.59) : 0.4,
    mechanism: { class: cause, invariants },
    summary: `${selector} of ${target} let ${what} decide what it gives`,
    evidence: { decisions: decisions.map(({ pc, taken }) => ({ pc, taken })), benignCalls: fn.benign.length },
  }
}

const isContract = differ(caller, origin)
const throughContract = ({ caller: by, origin: from }: Call): boolean => by !== from

const outcome = ({ taken }: Decision): Expression =>
  taken ? greater(CONDITION, constant(0n)) : not(CONDITION)

/** Contracts can look at the outcome and take back what they did; who sends a transaction itself cannot. */
function outcomeNotForContracts(fn: CalledFunction, decision: Decision): Invariant[] {
  const given = fn.benign.filter(throughContract).flatMap(decisionsOf)
  if (!fn.hostile.some(throughContract) || given.some((known) => keyOf(known) === keyOf(decision))) return []
  return [
    {
      name: 'outcome-for-senders',
      rules: [
        {
          place: { at: 'instruction', code: decision.code, pc: decision.pc },
          refuse: and(outcome(decision), greater(isContract, constant(0n))),
        },
      ],
      notes: ['contracts that call, smart wallets among them, are refused the outcome the attack took'],
    },
  ]
}

function notForContracts(fn: CalledFunction): Invariant[] {
  if (!fn.hostile.some(throughContract) || fn.benign.some(throughContract)) return []
  return [
    {
      name: 'caller-is-origin',
      rules: [{ place: { at: 'entry', ...fn.ref }, refuse: isContract }],
      notes: [`contracts, smart wallets among them, cannot use ${fn.ref.selector}`],
    },
  ]
}

/** A stake placed in a block is not settled in it: its values were known when it was placed. */
function notInOneBlock(fn: CalledFunction, other: CalledFunction): Invariant[] {
  const meets = (settled: readonly Call[], placed: readonly Call[]) =>
    settled.some((one) => placed.some((two) => one.block === two.block && one.origin === two.origin))
  if (other.ref.target !== fn.ref.target) return []
  if (!meets(fn.hostile, other.hostile) || meets(fn.benign, other.benign)) return []
  return [
    {
      name: 'not-in-one-block',
      rules: [
        { place: { at: 'entry', ...other.ref }, note: { value: blockNumber, key: origin, mark: MARK } },
        { place: { at: 'entry', ...fn.ref }, refuse: equal(recall(origin, MARK), blockNumber) },
      ],
      notes: [
        `${fn.ref.selector} is refused in the block in which the same sender used ${other.ref.selector}`,
      ],
    },
  ]
}

/**
 * Refused to everybody; where no contract ever drew, contracts do not draw at all in any function: they can repeat a draw until another outcome
 * pleases them.
 */
function outcomeRefused(decision: Decision, drawnByContracts: boolean): Invariant[] {
  const place = { at: 'instruction' as const, code: decision.code, pc: decision.pc }
  const notes = ['the outcome the attack took, which nobody had before, is refused to everybody']
  const alone: Invariant = {
    name: 'outcome-refused',
    rules: [{ place, refuse: outcome(decision) }],
    notes,
  }
  if (drawnByContracts) return [alone]
  const either: Invariant = {
    name: 'outcome-refused-and-contracts',
    rules: [{ place, refuse: { op: 'or', a: outcome(decision), b: greater(isContract, constant(0n)) } }],
    notes: [...notes, 'contracts that call, smart wallets among them, are refused every outcome'],
  }
  return [either, alone]
}
