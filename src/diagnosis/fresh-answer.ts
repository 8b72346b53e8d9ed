import type { CallSite } from '../chain/types.ts'
import { bytesOf } from '../core/hex.ts'
import { OP } from '../evm/opcodes.ts'
import { wordAt } from '../evm/words.ts'
import { codeSite, type Diagnoser, distinct, ofFrames } from './evidence.ts'
import { blockNumber, equal, returned, timestamp } from './expressions.ts'
import { whereActing } from './functions-running.ts'
import { type Call, type CalledFunction, calledFunctions } from './learn/calls.ts'
import type { Diagnosis, Invariant } from './types.ts'

/** A word of an answer that was the block's own time or number: what was asked about had changed in this very block. */
interface Fresh {
  readonly call: Call
  readonly site: CallSite
  readonly index: number
  readonly clock: 'time' | 'number'
}

/** Words of an answer that are looked at. */
const WORDS = 8
/** Whether history asked the same question and never got an answer of its own block. */
const ASKED = 0.82
const NOT_ASKED = 0.42

/**
 * Prices of the same block: sources that say when they last changed (pairs, oracles, accumulators) said that they had changed in the block of the
 * attack, and no benign call ever relied on such an answer. Pools can be pushed and pulled back within one block only at nobody's risk.
 *
 * Failure mode: a source that does not tell its last change is not covered; another number that equals the clock by chance looks the same once.
 */
export const diagnoseFreshAnswer: Diagnoser = (evidence) =>
  calledFunctions(evidence).flatMap((fn) => {
    const usual = new Set(fn.benign.flatMap(freshAnswers).map(keyOf))
    const fresh = distinct(fn.hostile.flatMap(freshAnswers), keyOf).filter((one) => !usual.has(keyOf(one)))
    if (fresh.length === 0) return []
    const sites = new Set(fn.benign.flatMap(questions).map(siteOf))
    const invariants = fresh.map(({ call, site, index, clock }): Invariant => {
      const { code, pc } = codeSite(call.execution, site)
      const now = equal(returned(32 * index), clock === 'time' ? timestamp : blockNumber)
      return {
        name: 'answer-of-earlier-block',
        rules: [
          {
            place: { at: 'instruction', code, pc: pc + 1 },
            refuse: whereActing(evidence, { execution: call.execution, frame: site.frame, pc }, now),
          },
        ],
        notes: [`${fn.ref.selector} is refused in the block in which what it asks for has changed`],
      }
    })
    return [toDiagnosis(fn, { fresh, invariants, asked: fresh.some((one) => sites.has(siteOf(one))) })]
  })

function questions(call: Call): { readonly call: Call; readonly site: CallSite }[] {
  return ofFrames(call.execution.observation.calls, call.activation)
    .filter(({ opcode, child, succeeded }) => opcode === OP.STATICCALL && child !== null && succeeded)
    .map((site) => ({ call, site }))
}

function freshAnswers(call: Call): Fresh[] {
  const { timestamp: time, number } = call.execution.block
  return questions(call).flatMap(({ site }) => {
    const answer = bytesOf(call.execution.frames[site.child!]!.output)
    const words = Array.from({ length: Math.min(WORDS, Math.floor(answer.length / 32)) }, (_, i) =>
      wordAt(answer, 32 * i),
    )
    return words.flatMap((word, index): Fresh[] => {
      if (word === time) return [{ call, site, index, clock: 'time' }]
      return word === number ? [{ call, site, index, clock: 'number' }] : []
    })
  })
}

const siteOf = ({ call, site }: Pick<Fresh, 'call' | 'site'>): string => {
  const { code, pc } = codeSite(call.execution, site)
  return `${code}:${pc}`
}
const keyOf = (fresh: Fresh): string => `${siteOf(fresh)}:${fresh.index}:${fresh.clock}`

function toDiagnosis(
  { ref }: CalledFunction,
  found: {
    readonly fresh: readonly Fresh[]
    readonly invariants: readonly Invariant[]
    readonly asked: boolean
  },
): Diagnosis {
  const { target, code, selector } = ref
  const [first] = found.fresh
  return {
    class: 'price-manipulation',
    target,
    code,
    selector,
    pc: first!.site.pc,
    slots: [],
    confidence: found.asked ? ASKED : NOT_ASKED,
    mechanism: { class: 'price-manipulation', invariants: found.invariants },
    summary: `${selector} of ${target} relied on an answer at pc ${first!.site.pc} that had changed in the same block`,
    evidence: { answers: found.fresh.length, clock: first!.clock },
  }
}
