import { type Origin, Taint } from '../chain/types.ts'
import { OP } from '../evm/opcodes.ts'
import { accessesOf, type Diagnoser, distinct, type Evidence, functionOf, ofFrames } from './evidence.ts'
import { greater, stack, timestamp } from './expressions.ts'
import { type Ran, whereActing } from './functions-running.ts'
import { type Call, calledFunctions } from './learn/calls.ts'
import { visitOrigin } from './origins.ts'
import type { Diagnosis, Invariant } from './types.ts'

/** A time the caller gave, where it was compared or subtracted. */
interface GivenTime {
  readonly ran: Ran
  readonly code: `0x${string}`
  readonly depth: number
  readonly value: bigint
  readonly now: bigint
}

const USES: ReadonlySet<number> = new Set([OP.LT, OP.GT, OP.SUB])
/** Seconds since 1970 that are a date of these centuries; amounts are seldom so near to now. */
const EARLIEST = 1_000_000_000n
const CENTURY = 3_155_760_000n
/** Benign calls that must have kept to the past before it means something. */
const ALWAYS = 2

/**
 * A caller that says what time it is: a function computed with an argument that lies in the future, where benign calls only ever gave times
 * that had passed. Its remedy is the comparison with the block's own time.
 *
 * Failure mode: a deadline is a time in the future as well; it is told by history, so a function whose only benign calls gave none or
 * past ones is misjudged.
 */
export const diagnoseGivenTime: Diagnoser = (evidence) =>
  calledFunctions(evidence).flatMap((fn) => {
    const benign = fn.benign.flatMap(timesIn)
    const hostile = distinct(fn.hostile.flatMap(timesIn).filter(isFuture), keyOf)
    const found = hostile.filter((time) => {
      const usual = benign.filter((other) => keyOf(other) === keyOf(time))
      return usual.length >= ALWAYS && !usual.some(isFuture)
    })
    return found.length > 0 ? [toDiagnosis(evidence, found)] : []
  })

const keyOf = ({ code, ran, depth }: GivenTime): string => `${code}:${ran.pc}:${depth}`
const isFuture = ({ value, now }: GivenTime): boolean => value > now

function timesIn({ execution, activation }: Call): GivenTime[] {
  const times: GivenTime[] = []
  const seen = new Set<Origin>()
  const now = execution.block.timestamp
  const collect = (value: Origin | undefined, frame: number) =>
    value &&
    visitOrigin(value, seen, (node) => {
      if (node.op !== 'compute' || !USES.has(node.opcode)) return
      for (const [depth, input] of node.inputs.entries()) {
        if (!isGiven(input) || input.value < EARLIEST || input.value > now + CENTURY) continue
        const { code } = execution.frames[frame]!
        times.push({ ran: { execution, frame, pc: node.pc }, code, depth, value: input.value, now })
      }
    })
  for (const { condition, frame } of ofFrames(execution.observation.branches, activation))
    collect(condition, frame)
  for (const { kind, valueOrigin, frame } of accessesOf(execution, activation))
    if (kind === 'write') collect(valueOrigin, frame)
  return times
}

const isGiven = ({ op, taint }: Origin): boolean => op === 'calldata' && taint === Taint.calldata

function toDiagnosis(evidence: Evidence, times: readonly GivenTime[]): Diagnosis {
  const [{ ran, value, now }] = times as [GivenTime, ...GivenTime[]]
  const { target, code, selector } = functionOf(ran.execution, ran.execution.frames[ran.frame]!)
  const invariant = (chosen: readonly GivenTime[]): Invariant => ({
    name: 'time-has-passed',
    rules: chosen.map((time) => ({
      place: { at: 'instruction', code: time.code, pc: time.ran.pc },
      refuse: whereActing(evidence, time.ran, greater(stack(time.depth), timestamp)),
    })),
    notes: ['times that the caller gives must have passed'],
  })
  // One place may have no room for a guard; each alone may do.
  const single = times.length > 1 ? times.slice(0, 3) : []
  return {
    class: 'timestamp-dependence',
    target,
    code,
    selector,
    pc: ran.pc,
    slots: [],
    confidence: 0.75,
    mechanism: {
      class: 'timestamp-dependence',
      invariants: [invariant(times), ...single.map((time) => invariant([time]))],
    },
    summary: `${selector} of ${target} computed with a time its caller gave, ${value - now} seconds ahead`,
    evidence: { sites: times.map((time) => time.ran.pc), secondsAhead: Number(value - now) },
  }
}
