import type { Diagnoser, Evidence } from '../evidence.ts'
import type { Diagnosis, InvariantClass } from '../types.ts'
import { argumentAtMostOwn, argumentBounded, argumentIsCaller, argumentsDiffer } from './arguments.ts'
import { callerHoldsRole, callerIsOrigin } from './callers.ts'
import {
  allCalls,
  type Call,
  type CalledFunction,
  calledFunctions,
  type Finding,
  type Learned,
} from './calls.ts'
import { members } from './members.ts'
import { notInOneBlock, oncePerBlock } from './order.ts'
import { unusualPaths } from './paths.ts'
import { partsOfWhole } from './ratios.ts'
import { repeatedEntries } from './repeats.ts'
import { signatures } from './signatures.ts'
import { lostWrites } from './stale.ts'
import { writeInvariants } from './writes.ts'

/** How sure an invariant of a kind is to be the one that was meant: when other calls kept it, and when nothing but the attack is known. */
interface Kind {
  readonly class: InvariantClass
  readonly supported: number
  readonly alone: number
}

/**
 * The more of a function's meaning a kind rests on, the surer it is; those that would refuse most come last. What is not supported by any
 * call that kept it may refuse every use of the function.
 */
const KINDS: Readonly<Record<string, Kind>> = {
  'somebody-signed': { class: 'input-validation', supported: 0.88, alone: 0.86 },
  'no-lost-write': { class: 'input-validation', supported: 0.85, alone: 0.8 },
  'no-entry-twice': { class: 'input-validation', supported: 0.7, alone: 0.65 },
  'signature-once': { class: 'input-validation', supported: 0.69, alone: 0.5 },
  'part-of-whole': { class: 'input-validation', supported: 0.68, alone: 0.6 },
  'called-is-member': { class: 'input-validation', supported: 0.66, alone: 0.3 },
  'caller-is-member': { class: 'input-validation', supported: 0.64, alone: 0.3 },
  'debit-own-anywhere': { class: 'logic', supported: 0.6, alone: 0 },
  'replace-own-anywhere': { class: 'logic', supported: 0.58, alone: 0 },
  'argument-is-caller-anywhere': { class: 'input-validation', supported: 0.56, alone: 0.52 },
  'argument-is-caller': { class: 'input-validation', supported: 0.55, alone: 0.5 },
  'debit-own': { class: 'logic', supported: 0.5, alone: 0.3 },
  'replace-own': { class: 'logic', supported: 0.5, alone: 0.32 },
  'credit-at-most': { class: 'logic', supported: 0.48, alone: 0.12 },
  'argument-is-not-self': { class: 'input-validation', supported: 0.47, alone: 0.34 },
  'argument-is-not-caller': { class: 'input-validation', supported: 0.47, alone: 0.33 },
  'arguments-differ': { class: 'input-validation', supported: 0.47, alone: 0.3 },
  'argument-at-most-own': { class: 'input-validation', supported: 0.45, alone: 0 },
  'caller-is-origin': { class: 'logic', supported: 0.4, alone: 0.36 },
  'once-per-block': { class: 'logic', supported: 0.29, alone: 0.27 },
  'not-in-one-block': { class: 'price-manipulation', supported: 0.28, alone: 0.26 },
  'unusual-path': { class: 'logic', supported: 0.25, alone: 0.25 },
  'argument-bounded': { class: 'input-validation', supported: 0.24, alone: 0.24 },
  'caller-holds-role': { class: 'logic', supported: 0.2, alone: 0 },
}

/**
 * Invariants learned from what calls had in common until the attack: who called with what, what was written where, in which order. The attack
 * broke each of them and no benign call did; whether refusing what breaks it stops the attack, and what else it refuses, is for verification
 * to find.
 *
 * Failure mode: without history every regularity of the attack looks like its cause; what then separates is the kind's own plausibility only.
 */
export const learnInvariants: Diagnoser = (evidence) => {
  const functions = calledFunctions(evidence)
  const everyone = allCalls(evidence).benign
  const diagnoses = functions.flatMap((fn, index) => {
    const byKind = new Map<string, Learned[]>()
    for (const learned of learnFrom(evidence, { fn, functions, everyone, mark: index % 128 })) {
      const key = `${learned.invariant.name}/${learned.support > 0}`
      byKind.set(key, [...(byKind.get(key) ?? []), learned])
    }
    return [...byKind.values()].map((learned) => toDiagnosis(fn, learned))
  })
  const ordered = notInOneBlock(functions)
  const last = functions.at(-1)
  const all = [
    ...SHARED.flatMap((find) => toDiagnoses(functions, find(evidence))),
    ...diagnoses,
    ...(ordered.length > 0 && last ? [toDiagnosis(last, ordered)] : []),
  ]
  // A kind that says nothing without support is not tried without it: it would refuse uses as readily as abuse.
  return all.filter(({ confidence }) => confidence > 0)
}

/** What is about more than one function. */
const SHARED = [signatures, lostWrites, repeatedEntries, partsOfWhole, members] as const

function toDiagnoses(functions: readonly CalledFunction[], findings: readonly Finding[]): Diagnosis[] {
  const alike = new Map<string, Finding[]>()
  for (const finding of findings) {
    const { name } = finding.invariant
    alike.set(name, [...(alike.get(name) ?? []), finding])
  }
  return [...alike.values()].map((found) => {
    const [{ ref }] = found as [Finding]
    const known = functions.find((fn) => fn.ref.target === ref.target && fn.ref.selector === ref.selector)
    return toDiagnosis(known ?? { ref, hostile: [], benign: [] }, found)
  })
}

interface Lesson {
  readonly fn: CalledFunction
  readonly functions: readonly CalledFunction[]
  /** Benign calls of all functions. */
  readonly everyone: readonly Call[]
  readonly mark: number
}

function learnFrom(evidence: Evidence, { fn, functions, everyone, mark }: Lesson): Learned[] {
  return [
    ...argumentIsCaller(fn, everyone),
    ...writeInvariants(fn, everyone),
    ...argumentsDiffer(fn),
    ...argumentAtMostOwn(fn, functions),
    ...callerIsOrigin(evidence, fn),
    ...oncePerBlock(fn, mark),
    ...unusualPaths(evidence, fn),
    ...argumentBounded(fn),
    ...callerHoldsRole(evidence, fn),
  ]
}

function toDiagnosis({ ref, hostile, benign }: CalledFunction, learned: readonly Learned[]): Diagnosis {
  const { target, code, selector } = ref
  const [{ invariant, support }] = learned as readonly [Learned]
  const kind = KINDS[invariant.name]!
  const { place } = invariant.rules[0]!
  return {
    class: kind.class,
    target,
    code,
    selector,
    pc: place.at === 'instruction' ? place.pc : 0,
    slots: [],
    confidence: support > 0 ? kind.supported : kind.alone,
    mechanism: { class: kind.class, invariants: learned.map((one) => one.invariant) },
    summary: `${selector} of ${target} broke ${invariant.name}, which ${support} other call(s) kept: ${invariant.notes.join('; ')}`,
    evidence: {
      invariant: invariant.name,
      support,
      hostileCalls: hostile.length,
      benignCalls: benign.length,
    },
  }
}
