import type { Loss, Origin } from '../chain/types.ts'
import type { Address } from '../core/hex.ts'
import { OP } from '../evm/opcodes.ts'
import { reachSinks } from './arithmetic.ts'
import {
  type Diagnoser,
  distinct,
  type Evidence,
  functionOf,
  type ObservedExecution,
  observed,
} from './evidence.ts'
import { add, and, constant, differ, field, greater, stack, subtract } from './expressions.ts'
import { whereActing } from './functions-running.ts'
import { stepsAround } from './same-expression.ts'
import type { CodeSite, Diagnosis, Expression, Invariant, Rule } from './types.ts'

interface Site extends CodeSite {
  readonly execution: ObservedExecution
  readonly loss: Loss
  readonly refuse: Expression
}

const TOP_BIT = { shift: 255, bits: 1 } as const

/**
 * Numbers cut short: a cast, or arithmetic in a type narrower than a word, dropped bits that were set, or a number left the signed range,
 * and the function relied on what remained. History must not have lost anything there.
 *
 * Failure modes: code that takes words apart on purpose is excused by history only; a signed number that history never saw negative
 * looks like an amount that was too large.
 */
export const diagnoseTruncation: Diagnoser = (evidence) => {
  // What was lost in a call that failed then is no use anybody relied on.
  const usual = new Set(
    observed(evidence.history).flatMap((execution) =>
      execution.observation.losses
        .filter(({ frame }) => !execution.frames[frame]!.reverted)
        .map((loss) => keyOf(siteOf(execution, loss))),
    ),
  )
  const sites = observed(evidence.attack)
    .flatMap(harmfulSites)
    .filter((site) => !usual.has(keyOf(site)))
  const byCode = new Map<Address, Site[]>()
  for (const site of distinct(sites, keyOf)) byCode.set(site.code, [...(byCode.get(site.code) ?? []), site])
  return [...byCode.values()].map((group) => toDiagnosis(evidence, group))
}

const keyOf = ({ code, pc }: CodeSite): string => `${code}:${pc}`

const siteOf = ({ frames }: ObservedExecution, { frame, pc }: Loss): CodeSite => ({
  code: frames[frame]!.code,
  pc,
})

function harmfulSites(execution: ObservedExecution): Site[] {
  const losses = execution.observation.losses.filter(
    ({ how, frame }) => (how === 'bits' || how === 'sign') && !execution.frames[frame]!.reverted,
  )
  if (losses.length === 0) return []
  const { used, signed } = reachSinks(execution)
  return losses.flatMap((loss): Site[] => {
    const { origin } = loss
    if (!used.has(origin)) return []
    // Leaving the signed range matters to numbers that are used as signed only.
    if ((loss.opcode === OP.ADD || loss.opcode === OP.SUB) && !signed.has(origin)) return []
    const refuse = losesAgain(loss)
    return refuse ? [{ ...siteOf(execution, loss), execution, loss, refuse }] : []
  })
}

/** What is true in front of the instruction when it is about to lose something. */
function losesAgain({ opcode, operands, origin }: Loss): Expression | null {
  const inputs: readonly Origin[] = origin.op === 'compute' ? origin.inputs : []
  const fixed = inputs.findIndex(({ op }) => op === 'constant')
  const [a, b] = [stack(0), stack(1)]
  switch (opcode) {
    case OP.AND:
      return fixed < 0 ? null : greater(stack(1 - fixed), constant(filled(operands[fixed]!)))
    case OP.SHL:
      return fixed === 0 ? field(b, highBits(Number(operands[0]))) : null
    case OP.SIGNEXTEND:
      return fixed === 0 ? exceedsSigned(b, 8 * Number(operands[0]) + 8) : null
    default: {
      const negative = operands.findIndex((word, i) => word >= 1n << 255n && inputs[i]?.op !== 'constant')
      if (negative >= 0 && isGiven(inputs[negative])) return field(stack(negative), TOP_BIT)
      if (opcode === OP.ADD) return field(and(differ(a, add(a, b)), differ(b, add(a, b))), TOP_BIT)
      if (opcode === OP.SUB) return field(and(differ(a, b), differ(a, subtract(a, b))), TOP_BIT)
      return negative < 0 ? null : field(stack(negative), TOP_BIT)
    }
  }
}

const isGiven = (input: Origin | undefined): boolean => input?.op === 'calldata'

/** With all bits below its highest: a mask may leave out low bits that a shift has made zero. */
const filled = (mask: bigint): bigint => (1n << BigInt(mask.toString(2).length)) - 1n
const highBits = (count: number) => ({ shift: 256 - count, bits: count })

/** Whether a word is no signed number of so many bits: moved up by half the range, it has bits above it. */
const exceedsSigned = (word: Expression, bits: number): Expression =>
  field(add(word, constant(1n << BigInt(bits - 1))), highBits(256 - bits))

const WHAT: Readonly<Record<number, string>> = {
  [OP.AND]: 'the bits above a mask',
  [OP.SHL]: 'its highest bits',
  [OP.SIGNEXTEND]: 'the bits above its type',
}
/** Steps of the same calculations that are guarded together at most. */
const AROUND = 6

/** Where the same calculations would lose bits of other numbers, as no benign call has done there. */
function rulesAround(evidence: Evidence, sites: readonly Site[]): Rule[] {
  const lossy = new Set(
    observed(evidence.history).flatMap((execution) =>
      [...execution.observation.losses, ...execution.observation.wraps].map(({ frame, pc }) =>
        keyOf({ code: execution.frames[frame]!.code, pc }),
      ),
    ),
  )
  const own = new Set(sites.map(keyOf))
  const steps = sites
    .filter(({ loss }) => loss.how === 'bits')
    .flatMap(({ execution, loss, code }) =>
      stepsAround(execution, loss.frame, loss.origin).map((step) => ({ ...step, execution, code, loss })),
    )
    .filter((step) => !own.has(keyOf(step)) && !lossy.has(keyOf(step)))
  return distinct(steps, keyOf)
    .slice(0, AROUND)
    .map(({ execution, loss, code, pc, refuse }) => ({
      place: { at: 'instruction', code, pc },
      refuse: whereActing(evidence, { execution, frame: loss.frame, pc }, refuse),
    }))
}

/** Masks in more places than this look like code that takes words apart. */
const FEW = 4

function toDiagnosis(evidence: Evidence, sites: readonly Site[]): Diagnosis {
  const [first] = sites as [Site, ...Site[]]
  const { execution, loss, code, pc } = first
  const { target, selector } = functionOf(execution, execution.frames[loss.frame]!)
  const ofSign = loss.how === 'sign'
  const lost = WHAT[loss.opcode] ?? 'its sign'
  const confidence = sites.length > FEW ? 0.4 : ofSign ? 0.6 : 0.85
  const rules = sites.map(
    (site): Rule => ({
      place: { at: 'instruction', code: site.code, pc: site.pc },
      refuse: whereActing(evidence, { ...site, frame: site.loss.frame }, site.refuse),
    }),
  )
  const around = rulesAround(evidence, sites)
  const invariant = (chosen: readonly Rule[]): Invariant => ({
    name: 'number-fits',
    rules: chosen,
    notes: ['numbers that do not fit the type they are put into are refused'],
  })
  const single = rules.length > 1 ? rules.slice(0, FEW) : []
  return {
    class: 'arithmetic',
    target,
    code,
    selector,
    pc,
    slots: [],
    confidence,
    mechanism: {
      class: 'logic',
      invariants: [
        ...(around.length > 0 ? [invariant([...rules, ...around])] : []),
        invariant(rules),
        ...single.map((rule) => invariant([rule])),
      ],
    },
    summary: `${selector} of ${target} relied on a number that had lost ${lost} at pc ${pc}`,
    evidence: {
      sites: sites.map((site) => site.pc),
      operands: loss.operands.map((operand) => `0x${operand.toString(16)}`),
    },
  }
}
