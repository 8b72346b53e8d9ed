import type { Origin } from '../chain/types.ts'
import { OP } from '../evm/opcodes.ts'
import {
  type Diagnoser,
  distinct,
  type Evidence,
  functionOf,
  type ObservedExecution,
  observed,
} from './evidence.ts'
import {
  add,
  constant,
  differ,
  divide,
  greater,
  less,
  modulo,
  multiply,
  recallNow,
  stack,
} from './expressions.ts'
import { runsInViews } from './functions-running.ts'
import type { CodeSite, Diagnosis, Expression, Rule } from './types.ts'

type Computed = Extract<Origin, { op: 'compute' }>

/** A comparison one side of which is `dividend / divisor * factor`. */
interface Compared extends CodeSite {
  readonly execution: ObservedExecution
  readonly frame: number
  readonly comparison: Computed
  /** Which operand of the comparison the product is, and which of the product the quotient. */
  readonly side: 0 | 1
  readonly product: Computed
  readonly place: 0 | 1
  readonly quotient: Computed
}

const COMPARISONS: ReadonlySet<number> = new Set([OP.LT, OP.GT])
const KEY = constant(0n)
const REMAINDER = 0
const DIVISOR = 1
const LACKING = 2
/** Comparisons by the same quotient that are guarded together at most. */
const SITES = 6

/**
 * A division in front of a multiplication that decided a comparison: what was lost by dividing first, multiplied, would have turned it, and it never
 * would have in a benign call. What is lacking is carried along and the comparison asked with it. So amounts that do not divide evenly can go on being
 * used by whoever would pass either way.
 *
 * Failure modes: a product that is worked on before it is compared is not found, nor one that a view computes by the same code; a function that rounds in the user's favour on purpose
 * looks the same until history shows it.
 */
export const diagnoseLostInComparison: Diagnoser = (evidence) => {
  const { attack, history } = evidence
  const benign = observed(history).flatMap(comparisonsOf)
  const usual = new Set(benign.filter(wouldTurn).map(divisionOf))
  const compared = observed(attack).flatMap(comparisonsOf)
  const turned = distinct(
    compared.filter((one) => wouldTurn(one) && !usual.has(divisionOf(one)) && !isAsked(evidence, one)),
    divisionOf,
  )
  return turned.map((first) =>
    toDiagnosis(
      distinct(
        [first, ...compared, ...benign].filter((one) => divisionOf(one) === divisionOf(first)),
        ({ pc, side }) => `${pc}:${side}`,
      ).slice(0, SITES),
    ),
  )
}

/** Whether a view shares any of the places where something would be noted. */
const isAsked = (evidence: Evidence, { execution, frame, pc, quotient, product }: Compared): boolean =>
  [quotient.pc, product.pc, pc].some((place) => runsInViews(evidence, { execution, frame, pc: place }))

const divisionOf = ({ code, quotient, product }: Compared): string => `${code}:${quotient.pc}:${product.pc}`

function comparisonsOf(execution: ObservedExecution): Compared[] {
  return execution.observation.branches.flatMap(({ frame, condition }) => {
    const { code, reverted } = execution.frames[frame]!
    const comparison = comparisonIn(condition)
    if (reverted || !comparison) return []
    return ([0, 1] as const).flatMap((side) => {
      const product = comparison.inputs[side]!
      if (product.op !== 'compute' || product.opcode !== OP.MUL || product.taint === 0) return []
      return ([0, 1] as const).flatMap((place): Compared[] => {
        const quotient = product.inputs[place]!
        if (quotient.op !== 'compute' || quotient.opcode !== OP.DIV) return []
        return [{ execution, frame, code, pc: comparison.pc, comparison, side, product, place, quotient }]
      })
    })
  })
}

/** The comparison a condition is made of, negated or not. */
function comparisonIn(condition: Origin): Computed | null {
  let node = condition
  while (node.op === 'compute' && node.opcode === OP.ISZERO) node = node.inputs[0]!
  return node.op === 'compute' && COMPARISONS.has(node.opcode) ? node : null
}

function wouldTurn({ comparison, side, product, place, quotient }: Compared): boolean {
  const [dividend, divisor] = quotient.inputs.map(({ value }) => value) as [bigint, bigint]
  if (divisor === 0n) return false
  const lacking = ((dividend % divisor) * product.inputs[1 - place]!.value) / divisor
  const [a, b] = comparison.inputs.map(({ value }, index) => (index === side ? value + lacking : value)) as [
    bigint,
    bigint,
  ]
  return (comparison.opcode === OP.LT ? a < b : a > b) !== (comparison.value === 1n)
}

function toDiagnosis(all: readonly Compared[]): Diagnosis {
  const [{ execution, frame, code, pc, product, place, quotient }] = all as readonly [Compared]
  const { target, selector } = functionOf(execution, execution.frames[frame]!)
  const at = (offset: number) => ({ at: 'instruction' as const, code, pc: offset })
  const note = (mark: number, value: Expression) => ({ value, key: KEY, mark, now: true as const })
  const carried = multiply(recallNow(KEY, REMAINDER), stack(1 - place))
  const rules: Rule[] = [
    { place: at(quotient.pc), note: note(REMAINDER, modulo(stack(0), stack(1))) },
    { place: at(quotient.pc), note: note(DIVISOR, stack(1)) },
    { place: at(product.pc), note: note(LACKING, divide(carried, recallNow(KEY, DIVISOR))) },
    ...all.map(
      (one): Rule => ({ place: at(one.pc), refuse: turnedBy(one), note: note(LACKING, constant(0n)) }),
    ),
  ]
  return {
    class: 'rounding',
    target,
    code,
    selector,
    pc: quotient.pc,
    slots: [],
    confidence: 0.8,
    mechanism: {
      class: 'rounding',
      invariants: [
        {
          name: 'comparison-as-if-exact',
          rules,
          notes: ['what passes only because of what a division lost before it was multiplied is refused'],
        },
      ],
    },
    summary: `${selector} of ${target} passed a comparison at pc ${pc} only by what a division at pc ${quotient.pc} had lost`,
    evidence: { division: quotient.pc, product: product.pc, comparisons: all.map((one) => one.pc) },
  }
}

/** Whether the comparison comes out otherwise when what is lacking is added to the product. */
function turnedBy({ comparison, side }: Compared): Expression {
  const compare = comparison.opcode === OP.LT ? less : greater
  const words = [stack(0), stack(1)] as const
  const [a, b] = words.map((word, index) => (index === side ? add(word, recallNow(KEY, LACKING)) : word)) as [
    Expression,
    Expression,
  ]
  return differ(compare(...words), compare(a, b))
}
