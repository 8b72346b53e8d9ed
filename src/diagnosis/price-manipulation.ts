import type { Frame, Origin } from '../chain/types.ts'
import { type Address, addressOfWord, bytesOf } from '../core/hex.ts'
import { OP } from '../evm/opcodes.ts'
import { wordAt } from '../evm/words.ts'
import {
  accessesOf,
  type Diagnoser,
  distinct,
  type Evidence,
  isBelow,
  lastBelow,
  type ObservedExecution,
  ofFrames,
} from './evidence.ts'
import { blockNumber, equal, origin, recall } from './expressions.ts'
import { type Call, type CalledFunction, calledFunctions } from './learn/calls.ts'
import { visitOrigin } from './origins.ts'
import { OUTSIDE, priceBands, SCALES } from './price-band.ts'
import type { Diagnosis, Invariant } from './types.ts'

/** A call whose outcome was made of an answer that the transaction, or another of the same block, had moved before. */
interface Misled {
  readonly call: Call
  /** The accounts whose holdings the answer told, and which had been traded with. */
  readonly moved: ReadonlySet<Address>
  /** Whether the same question had been answered differently in the block. */
  readonly answeredDifferently: boolean
  /** Who was asked. */
  readonly asked: readonly Address[]
  /** What moved them, as far as it is a function of a protected contract. */
  readonly movers: readonly Call[]
}

const MARK = 0
/** A protected contract that was made to answer wrongly has the flaw itself. */
const OWN_ANSWER = 0.45
const BALANCES: ReadonlySet<number> = new Set([OP.BALANCE, OP.SELFBALANCE])

/**
 * Price manipulation: what a protected function paid or booked was computed from another contract's answer, or from a balance, that the
 * attack had moved before it in the same block.
 *
 * Failure modes: who trades and then uses the protocol in one transaction for honest reasons looks the same, and is told apart by history
 * only; a price that was moved in an earlier block is not seen; transfers by tokens that log nothing are not seen.
 */
export const diagnosePriceManipulation: Diagnoser = (evidence) => {
  const functions = calledFunctions(evidence)
  return functions.flatMap((fn) => {
    const misled = fn.hostile.flatMap((call) => misledCall(evidence.attack, functions, call))
    if (misled.length === 0 || fn.benign.some((call) => misledCall(evidence.history, [], call).length > 0))
      return []
    return [toDiagnosis({ evidence, functions, fn }, misled)]
  })
}

function misledCall(all: Evidence['attack'], functions: readonly CalledFunction[], call: Call): Misled[] {
  const { frames, held } = answersUsed(call)
  const told = new Set([...held, ...frames.flatMap((frame) => accountsTold(call.execution, frame))])
  if (told.size === 0) return []
  const before = earlierInBlock(all, call)
  const moved = new Set(
    before.flatMap(({ execution, until }) =>
      execution.transfers
        .filter(({ frame }) => frame < until)
        .flatMap(({ from, to }) => [from, to].filter((account) => told.has(account))),
    ),
  )
  const answeredDifferently = frames.some((frame) => before.some((earlier) => hasOtherAnswer(earlier, frame)))
  if (moved.size === 0 && !answeredDifferently) return []
  return [
    {
      call,
      moved,
      answeredDifferently,
      asked: frames.map(({ context }) => context),
      movers: moversOf(functions, call, moved),
    },
  ]
}

/** The frames whose answers, and the accounts whose ether, went into what a call wrote, paid or handed on. */
function answersUsed({ execution, activation, entry }: Call): { frames: Frame[]; held: Address[] } {
  const seen = new Set<Origin>()
  const used = (value: Origin | undefined) => value && visitOrigin(value, seen, () => undefined)
  for (const { kind, valueOrigin } of accessesOf(execution, activation))
    if (kind === 'write') used(valueOrigin)
  for (const { opcode, valueOrigin, inputOrigins } of ofFrames(execution.observation.calls, activation)) {
    if (opcode === OP.STATICCALL) continue
    used(valueOrigin)
    for (const input of inputOrigins?.slice(1) ?? []) used(input)
  }
  // A comparison that an amount was scaled for: what may be borrowed, rather than whether a transfer went through.
  for (const { condition } of ofFrames(execution.observation.branches, activation))
    if (isScaled(condition)) used(condition)
  const frames = new Map<number, Frame>()
  const held: Address[] = []
  for (const node of seen) {
    if (node.op === 'result' && node.what === 'returndata' && node.child !== null)
      frames.set(node.child, execution.frames[node.child]!)
    if (node.op !== 'environment' || !BALANCES.has(node.opcode)) continue
    held.push(node.opcode === OP.SELFBALANCE || !node.input ? entry.context : addressOfWord(node.input.value))
  }
  return { frames: [...frames.values()].filter(isQuestion), held }
}

function isScaled(condition: Origin): boolean {
  let scaled = false
  visitOrigin(condition, new Set(), (node) => {
    if (node.op === 'compute' && SCALES.has(node.opcode) && node.taint & OUTSIDE) scaled = true
  })
  return scaled
}

/** A call that only asks; what moved value itself answers with what it moved. */
const isQuestion = ({ type }: Frame): boolean => type === 'STATICCALL'

/** Accounts a question was about: those that were asked, on the way down too, and those named in a question for a balance. */
function accountsTold(execution: ObservedExecution, frame: Frame): Address[] {
  const asked = execution.frames.slice(frame.index, lastBelow(execution, frame) + 1)
  return asked.flatMap(({ context, input }) => [context, ...accountsNamed(input)])
}

function accountsNamed(input: Frame['input']): Address[] {
  const bytes = bytesOf(input)
  if (bytes.length !== 36) return []
  const word = wordAt(bytes, 4)
  return word >= 1n << 64n && word < 1n << 160n ? [addressOfWord(word)] : []
}

interface Earlier {
  readonly execution: Evidence['attack'][number]
  /** Index of the first frame that does not count any more. */
  readonly until: number
}

function earlierInBlock(all: Evidence['attack'], { execution, entry, block }: Call): Earlier[] {
  const index = all.indexOf(execution)
  const before = all.slice(0, index).filter((one) => one.block.number === block)
  return [
    ...before.map((one) => ({ execution: one, until: Number.POSITIVE_INFINITY })),
    { execution, until: entry.index },
  ]
}

function hasOtherAnswer({ execution, until }: Earlier, question: Frame): boolean {
  return execution.frames.some(
    ({ index, code, context, input, status, output }) =>
      index < until &&
      status === 'success' &&
      code === question.code &&
      context === question.context &&
      input === question.input &&
      output !== question.output,
  )
}

/** Calls of the same contract by the same sender, earlier in the block, that moved what the answer was about. */
function moversOf(functions: readonly CalledFunction[], call: Call, moved: ReadonlySet<Address>): Call[] {
  return functions
    .flatMap(({ hostile }) => hostile)
    .filter(
      (other) =>
        other.entry.context === call.entry.context &&
        other.origin === call.origin &&
        other.block === call.block &&
        (other.execution !== call.execution || other.entry.index < call.entry.index) &&
        other.execution.transfers.some(
          ({ from, to, frame }) =>
            (moved.has(from) || moved.has(to)) &&
            isBelow(other.execution, other.execution.frames[frame]!, other.entry),
        ),
    )
}

interface Subject {
  readonly evidence: Evidence
  readonly functions: readonly CalledFunction[]
  readonly fn: CalledFunction
}

function toDiagnosis({ evidence, functions, fn }: Subject, misled: readonly Misled[]): Diagnosis {
  const { target, code, selector } = fn.ref
  const movers = distinct(
    misled.flatMap((one) => one.movers),
    ({ entry }) => entry.selector,
  )
  const bands = priceBands(evidence, fn)
  const invariants = [...movers.flatMap((mover) => notAfter(functions, fn, mover)), ...bands]
  const moved = [...new Set(misled.flatMap((one) => [...one.moved]))]
  const answeredDifferently = misled.some((one) => one.answeredDifferently)
  const shaped = bands.length > 0
  const confidence = answeredDifferently ? (shaped ? 0.8 : 0.6) : shaped ? 0.55 : OWN_ANSWER
  const isOwn = misled.some(({ asked }) =>
    asked.some((account) => evidence.protection.contracts.has(account)),
  )
  return {
    class: 'price-manipulation',
    target,
    code,
    selector,
    pc: bandPc(bands) ?? 0,
    slots: [],
    confidence: isOwn ? Math.min(confidence, OWN_ANSWER) : confidence,
    mechanism: { class: 'price-manipulation', invariants },
    summary: `${selector} of ${target} computed what it gave from holdings that had been moved right before`,
    evidence: { moved: moved.slice(0, 16), answeredDifferently, calls: misled.length },
  }
}

function bandPc([first]: readonly Invariant[]): number | undefined {
  const place = first?.rules[0]?.place
  return place?.at === 'instruction' ? place.pc : undefined
}

/** Who moved the holdings of a contract by one function cannot use the other in the same block. */
function notAfter(functions: readonly CalledFunction[], fn: CalledFunction, mover: Call): Invariant[] {
  const { selector, context } = mover.entry
  if (selector === fn.ref.selector) return []
  const other = functions.find(({ ref }) => ref.selector === selector && ref.target === context)
  if (!other) return []
  const together = other.benign.some((one) =>
    fn.benign.some((two) => two.block === one.block && two.origin === one.origin),
  )
  if (together) return []
  return [
    {
      name: 'not-in-one-block',
      rules: [
        { place: { at: 'entry', ...other.ref }, note: { value: blockNumber, key: origin, mark: MARK } },
        { place: { at: 'entry', ...fn.ref }, refuse: equal(recall(origin, MARK), blockNumber) },
      ],
      notes: [`${fn.ref.selector} is refused in the block in which the same sender used ${selector}`],
    },
  ]
}
