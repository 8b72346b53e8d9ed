import type { Address } from '../../core/hex.ts'
import { guardCaller, guardCallerInSlot, guardOrigin } from '../guards.ts'
import type { PlacedGuard } from '../types.ts'
import { atEntries, type Candidate, candidate, type MechanismOf, type PlanContext } from './candidate.ts'

export function accessControlCandidates(mechanism: MechanismOf<'access-control'>): Candidate[] {
  const { entry, knownCallers } = mechanism
  const admits = (holder: Address) => knownCallers.length === 0 || knownCallers.includes(holder)
  const roles = mechanism.roles.toSorted((a, b) => Number(admits(b.holder)) - Number(admits(a.holder)))
  const at = (guard: (pc: number) => PlacedGuard) => (context: PlanContext) =>
    atEntries([entry], context, (pc) => [guard(pc)])
  const candidates = roles.map((role) =>
    candidate(
      'caller-in-slot',
      at((pc) => guardCallerInSlot(pc, role)),
      [`the slot holds ${role.holder} now`],
    ),
  )
  const [only, ...others] = knownCallers
  if (only !== undefined && others.length === 0) {
    candidates.push(
      candidate(
        'caller-is',
        at((pc) => guardCaller(pc, only)),
      ),
    )
  }
  if (mechanism.onlyOrigins && mechanism.throughContract) {
    candidates.push(candidate('caller-is-origin', at(guardOrigin)))
  }
  return candidates
}
