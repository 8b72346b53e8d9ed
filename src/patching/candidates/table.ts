import type { Diagnosis } from '../../diagnosis/types.ts'
import { disable } from '../guards.ts'
import { accessControlCandidates } from './access-control.ts'
import { arithmeticCandidates } from './arithmetic.ts'
import { arbitraryCallCandidates, uncheckedCallCandidates } from './calls.ts'
import { atEntries, type Candidate, candidate, merge } from './candidate.ts'
import { invariantCandidates } from './invariant.ts'
import { reentrancyCandidates } from './reentrancy.ts'

/**
 * The ways to stop what several diagnoses of one class name: the same guard in all of them at once, in order of the first's preference; then
 * each by itself.
 */
export function combinedCandidates(diagnoses: readonly Diagnosis[]): Candidate[] {
  const each = diagnoses.map(candidatesFor)
  const [first = [], ...others] = each
  if (others.length === 0) return first
  const together = first.flatMap((one, index) => {
    const same = others.map((candidates) => candidates[index])
    if (!same.every((other): other is Candidate => other?.name === one.name)) return []
    const all = [one, ...same]
    return candidate(one.name, (context) => merge(...all.map(({ place }) => place(context))), [
      ...new Set(all.flatMap(({ notes }) => notes)),
    ])
  })
  return [...together, ...each.flat()]
}

/** The ways to stop what was diagnosed, most specific first. */
function candidatesFor(diagnosis: Diagnosis): Candidate[] {
  return [...specific(diagnosis), ...(mayRefuse(diagnosis) ? [refuseFunction(diagnosis)] : [])]
}

/** Surer than this that a function should have been somebody's alone. */
const SURE = 0.9

/**
 * Refusing a function altogether is a freeze without an end. It is a remedy only for one that surely should have been somebody's and
 * that nobody is known to have used; anything else stays with containment, which expires.
 */
function mayRefuse({ mechanism, confidence }: Diagnosis): boolean {
  return mechanism.class === 'access-control' && mechanism.knownCallers.length === 0 && confidence >= SURE
}

function specific({ mechanism, ...diagnosis }: Diagnosis): Candidate[] {
  switch (mechanism.class) {
    case 'reentrancy':
      return reentrancyCandidates(mechanism, diagnosis.target)
    case 'access-control':
      return accessControlCandidates(mechanism)
    case 'arithmetic':
      return arithmeticCandidates(mechanism)
    case 'unchecked-call':
      return uncheckedCallCandidates(mechanism)
    case 'arbitrary-call':
      return arbitraryCallCandidates(mechanism)
    case 'unknown':
      return []
    default:
      return invariantCandidates(mechanism)
  }
}

function refuseFunction({ code, selector }: Diagnosis): Candidate {
  const notes = ['the attacked function is refused to everybody until something better is found']
  return candidate(
    'not-callable',
    (context) => atEntries([{ code, selector }], context, (pc) => [disable(pc)]),
    notes,
  )
}
