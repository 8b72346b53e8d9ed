import { encodeFunctionData } from 'viem'
import type { Address } from '../core/hex.ts'
import { breakerAbi } from '../generated/contracts.ts'
import type { PlannedCall } from './types.ts'

interface HeartbeatRef {
  readonly breaker: Address
  readonly targets: readonly Address[]
}

/** The call by which a pauser shows that its key is in use. It must be a pauser of every target, and not silent for too long already. */
export function planHeartbeat({ breaker, targets }: HeartbeatRef): PlannedCall {
  const data = encodeFunctionData({ abi: breakerAbi, functionName: 'heartbeat', args: [targets] })
  return { to: breaker, data }
}
