import { encodeFunctionData } from 'viem'
import type { Address, Hex } from '../core/hex.ts'
import { patchGateAbi } from '../generated/contracts.ts'
import type { PlannedCall, Signature } from './types.ts'

interface Commitment {
  readonly gate: Address
  /** Of what was approved; it says nothing of what that is. */
  readonly digest: Hex
  readonly signatures: readonly Signature[]
}

/** The call that puts an approval on chain without saying what it is for. Anyone may send it. */
export function planCommit({ gate, digest, signatures }: Commitment): PlannedCall {
  const data = encodeFunctionData({ abi: patchGateAbi, functionName: 'commit', args: [digest, signatures] })
  return { to: gate, data }
}
