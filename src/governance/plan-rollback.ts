import { encodeFunctionData } from 'viem'
import type { Address } from '../core/hex.ts'
import { patchGateAbi } from '../generated/contracts.ts'
import type { PlannedCall, RollbackApproval } from './types.ts'

interface GateTargetRef {
  readonly gate: Address
  readonly target: Address
}

/** The call that puts the original back: the owner's at any time, anyone's once a restriction's time is over. */
export function planRollback({ gate, target }: GateTargetRef): PlannedCall {
  return {
    to: gate,
    data: encodeFunctionData({ abi: patchGateAbi, functionName: 'rollback', args: [target] }),
  }
}

/** The call that puts the original back because guardians want it. Anyone may send it. */
export function planApprovedRollback(
  { gate, rollback, signatures }: RollbackApproval,
  { committed = false }: { readonly committed?: boolean } = {},
): PlannedCall {
  const args = [rollback, committed ? [] : signatures] as const
  return { to: gate, data: encodeFunctionData({ abi: patchGateAbi, functionName: 'rollbackApproved', args }) }
}

/** The call that takes an idle shim away, or puts one in place for a freeze made at the Breaker. Anyone may send it. */
export function planSettle({ gate, target }: GateTargetRef): PlannedCall {
  return { to: gate, data: encodeFunctionData({ abi: patchGateAbi, functionName: 'settle', args: [target] }) }
}
