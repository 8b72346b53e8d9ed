import { guardArithmetic } from '../guards.ts'
import { atSites, type Candidate, candidate, type MechanismOf, type PlanContext } from './candidate.ts'

export function arithmeticCandidates({ sites }: MechanismOf<'arithmetic'>): Candidate[] {
  const at = (chosen: typeof sites) => (context: PlanContext) =>
    atSites(chosen, ({ code, pc, opcode }) =>
      context
        .targetOf(code)
        .operandSites(pc)
        .map((place) => guardArithmetic({ pc: place, opcode })),
    )
  // A contract may wrap on purpose at one of the places; each alone is tried after all together.
  const single = sites.length > 1 ? sites : []
  return [candidate('checked', at(sites)), ...single.map((site) => candidate('checked-one', at([site])))]
}
