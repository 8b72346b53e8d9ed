import { type Origin, Taint } from '../../chain/types.ts'
import { OP } from '../../evm/opcodes.ts'
import { ofFrames } from '../evidence.ts'
import { visitOrigin } from '../origins.ts'
import type { Call } from './calls.ts'

const offsetOf = (index: number): bigint => BigInt(4 + 32 * index)

/** Whether a value is an argument of the call as it came, but for masks. */
export function isArgument(call: Call, origin: Origin, index: number): boolean {
  if (origin.op === 'calldata') return call.activation.has(origin.frame) && origin.offset === offsetOf(index)
  return (
    origin.op === 'compute' &&
    origin.value === call.words[index] &&
    origin.inputs.some((input) => isArgument(call, input, index))
  )
}

/** Whether a value was computed from an argument of the call, however. */
export function dependsOnArgument(call: Call, origin: Origin, index: number): boolean {
  let found = false
  visitOrigin(origin, new Set(), (node) => {
    found ||= node.op === 'calldata' && isArgument(call, node, index)
  })
  return found
}

/** Whether something was looked up under the account in an argument and the caller together, as an allowance or an approval is. */
export function isAllowed(call: Call, index: number): boolean {
  return ofFrames(call.execution.observation.accesses, call.activation).some(
    ({ slotOrigin }) =>
      slotOrigin !== undefined &&
      (slotOrigin.taint & (Taint.caller | Taint.callerKeyed)) !== 0 &&
      dependsOnArgument(call, slotOrigin, index),
  )
}

/** The read of a slot that a value was computed from. */
export function storageRead(value: Origin, slot: bigint): Extract<Origin, { op: 'storage' }> | null {
  let found: Extract<Origin, { op: 'storage' }> | null = null
  visitOrigin(value, new Set(), (node) => {
    if (node.op === 'storage' && node.slot === slot) found ??= node
  })
  return found
}

const ARITHMETIC: ReadonlySet<number> = new Set([OP.ADD, OP.SUB, OP.MUL])

/** Whether a value adds to (or takes from) what stood in a slot, rather than replacing it or a packed part of it. */
export function accumulates(value: Origin, slot: bigint): boolean {
  let found = false
  visitOrigin(value, new Set(), (node) => {
    if (node.op !== 'compute' || !ARITHMETIC.has(node.opcode)) return
    found ||= storageRead(node, slot) !== null
  })
  return found
}
