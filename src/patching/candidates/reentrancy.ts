import type { Address } from '../../core/hex.ts'
import { guardCall, guardEntry, guardOrigin } from '../guards.ts'
import {
  atEntries,
  atSites,
  type Candidate,
  candidate,
  type MechanismOf,
  merge,
  type PlanContext,
} from './candidate.ts'

/**
 * A transient slot belongs to the account whose storage the code works on, so one lock serves calls and entries only in the same context.
 * Entries of another protected contract cannot see it; what is left for them is to refuse calls that come through a contract.
 */
export function reentrancyCandidates(
  { calls, entries }: MechanismOf<'reentrancy'>,
  target: Address,
): Candidate[] {
  const callers = new Set(calls.map(({ code }) => code))
  const near = entries.filter((entry) => entry.target === target || callers.has(entry.code))
  const far = entries.filter((entry) => !near.includes(entry))
  const notes =
    far.length > 0
      ? ['the lock cannot be seen by another contract: its functions refuse calls through contracts instead']
      : []
  const locked = (context: PlanContext) =>
    atSites(calls, ({ pc }) => guardCall({ pc, hardfork: context.hardfork }))
  const checked = (context: PlanContext) =>
    atEntries(near, context, (pc) => [guardEntry({ pc, hardfork: context.hardfork })])
  const foreign = (context: PlanContext) => atEntries(far, context, (pc) => [guardOrigin(pc)])
  return [
    candidate('lock', (context) => merge(locked(context), checked(context), foreign(context)), notes),
    candidate('lock-calls', (context) => merge(locked(context), foreign(context)), notes),
    candidate('caller-is-origin', (context) => atEntries(entries, context, (pc) => [guardOrigin(pc)])),
  ]
}
