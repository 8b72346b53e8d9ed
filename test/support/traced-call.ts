import type { Rpc } from '../../src/chain/types.ts'
import type { Address, Hex } from '../../src/core/hex.ts'

export interface TracedCall {
  readonly from?: Address
  readonly to: Address
  readonly data: Hex
  readonly value?: Hex
}

interface Step {
  readonly pc: number
  readonly op: string
  readonly depth: number
  readonly stack: readonly string[]
}

export interface CallTrace {
  readonly failed: boolean
  readonly gas: number
  readonly output: Hex
  readonly steps: readonly Step[]
}

export type CodeOverride = Readonly<
  Record<Address, { readonly code?: Hex; readonly balance?: Hex; readonly stateDiff?: Record<Hex, Hex> }>
>

/** Every instruction of a call, as the node executed it. */
export async function traceCall(
  rpc: Rpc,
  call: TracedCall,
  overrides: CodeOverride = {},
): Promise<CallTrace> {
  const answer = await rpc.request<{ failed: boolean; gas: number; returnValue: string; structLogs: Step[] }>(
    'debug_traceCall',
    [call, 'latest', { stateOverrides: overrides, disableStorage: true }],
  )
  const output = answer.returnValue.startsWith('0x') ? answer.returnValue : `0x${answer.returnValue}`
  return { failed: answer.failed, gas: Number(answer.gas), output: output as Hex, steps: answer.structLogs }
}

/** Offsets at which the outermost frame executed `opcode` with these two operands on top (any, when absent). */
export function findSteps(trace: CallTrace, opcode: string, operands?: readonly [bigint, bigint]): number[] {
  const found = trace.steps.filter(({ op, depth, stack }) => {
    if (op !== opcode || depth !== 1) return false
    const top = [stack.at(-1)!, stack.at(-2)!].map((item) => BigInt(item))
    return !operands || operands.every((operand) => top.includes(operand))
  })
  return [...new Set(found.map(({ pc }) => pc))]
}
