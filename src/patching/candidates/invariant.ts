import type { Invariant, InvariantClass, Rule } from '../../diagnosis/types.ts'
import { OP } from '../../evm/opcodes.ts'
import { compileRule } from '../compile-expression.ts'
import {
  atEntries,
  atSites,
  type Candidate,
  candidate,
  type MechanismOf,
  merge,
  type Placement,
  type PlanContext,
} from './candidate.ts'

/** One candidate for each invariant the attack broke. */
export function invariantCandidates({ invariants }: MechanismOf<InvariantClass>): Candidate[] {
  return invariants.map(({ name, rules, notes }: Invariant) =>
    candidate(name, (context) => merge(...rules.map((rule) => placeRule(rule, context))), notes),
  )
}

function placeRule(rule: Rule, context: PlanContext): Placement {
  const { place } = rule
  if (place.at === 'entry') return atEntries([place], context, (pc) => compileRule(rule, pc))
  return atSites([place], ({ code, pc }) => {
    const target = context.targetOf(code)
    // Where a block begins nothing has happened behind its JUMPDEST yet.
    const first = target.code[pc] === OP.JUMPDEST ? pc + 1 : pc
    return target.operandSites(first).flatMap((site) => compileRule(rule, site))
  })
}
