import { SutureError } from '../../core/errors.ts'
import type { CodeSite } from '../../diagnosis/types.ts'
import { OP } from '../../evm/opcodes.ts'
import { guardCallAnswer, guardCallSuccess, guardPull } from '../guards.ts'
import {
  atSites,
  type Candidate,
  candidate,
  type MechanismOf,
  type Placement,
  type PlanContext,
} from './candidate.ts'

const UNCHECKED = { failed: guardCallSuccess, 'returned-false': guardCallAnswer }

export function uncheckedCallCandidates({ calls }: MechanismOf<'unchecked-call'>): Candidate[] {
  return [candidate('call-succeeded', () => atSites(calls, ({ pc, how }) => [UNCHECKED[how](pc)]))]
}

export function arbitraryCallCandidates({ calls }: MechanismOf<'arbitrary-call'>): Candidate[] {
  return [candidate('pull-from-caller', (context) => pulls(calls, context))]
}

function pulls(calls: readonly CodeSite[], context: PlanContext): Placement {
  return atSites(calls, ({ code, pc }) => {
    const opcode = context.targetOf(code).code[pc]
    if (opcode === OP.CALL || opcode === OP.CALLCODE) return [guardPull(pc)]
    throw new SutureError('PATCH_IMPOSSIBLE', 'The guard reads the stack of CALL, and there is no CALL.', {
      meta: [`pc: ${pc}`, `opcode: ${opcode ?? 'none'}`, 'fix: guard the function instead'],
    })
  })
}
