import { encodeFunctionData } from 'viem'
import type { Address, Hex } from '../core/hex.ts'
import { patchGateAbi } from '../generated/contracts.ts'
import type { PlannedCall } from './types.ts'

interface PlanFreezeOptions {
  readonly gate: Address
  /** The proxy, or the beacon. */
  readonly target: Address
  readonly selectors: readonly Hex[]
  /** Seconds. */
  readonly duration: bigint
  /** 32 bytes that name the incident in the log. */
  readonly incident: Hex
}

/** The call that freezes functions of a target and puts the shim in place. Only a pauser of the target may send it. */
export function planFreeze({ gate, target, selectors, duration, incident }: PlanFreezeOptions): PlannedCall {
  const data = encodeFunctionData({
    abi: patchGateAbi,
    functionName: 'freeze',
    args: [target, selectors, duration, incident],
  })
  return { to: gate, data }
}
