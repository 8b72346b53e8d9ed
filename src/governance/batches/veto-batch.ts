import {
  decodeFunctionData,
  encodeAbiParameters,
  encodeFunctionData,
  keccak256,
  parseAbi,
  toFunctionSelector,
} from 'viem'
import { SutureError } from '../../core/errors.ts'
import type { Address, Hex } from '../../core/hex.ts'
import type { PlannedCall } from '../types.ts'
import { type GovernorBatch, toGovernorBatch } from './governor-batch.ts'
import type { BatchCall } from './types.ts'

const SCHEDULES = parseAbi([
  'function schedule(address target, uint256 value, bytes data, bytes32 predecessor, bytes32 salt, uint256 delay)',
  'function scheduleBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt, uint256 delay)',
])
const SELECTORS = SCHEDULES.map((item) => toFunctionSelector(item))
const VETO_ABI = parseAbi([
  'function cancel(bytes32 id)',
  'function castVote(uint256 proposalId, uint8 support)',
])

/** Of `GovernorCountingSimple`: for the veto. */
const FOR = 1

/** By which id a timelock would know what these calls schedule at it; calls of other functions are left out. */
export function scheduledBy(calls: readonly PlannedCall[]): { timelock: Address; operation: Hex }[] {
  return calls
    .filter(({ data }) => SELECTORS.includes(data.slice(0, 10) as Hex))
    .map(({ to, data }) => ({ timelock: to, operation: operationOf(data) }))
}

/** `hashOperation` and `hashOperationBatch` of a TimelockController. */
function operationOf(schedule: Hex): Hex {
  try {
    const { functionName, args } = decodeFunctionData({ abi: SCHEDULES, data: schedule })
    const { inputs } = SCHEDULES.find(({ name }) => name === functionName)!
    // All but the delay, which is no part of what the operation is.
    return keccak256(encodeAbiParameters(inputs.slice(0, -1), args.slice(0, -1) as never))
  } catch (cause) {
    throw new SutureError('CONFIG_INVALID', 'The calldata does not schedule what its selector says.', {
      meta: [
        'field: schedule',
        `value: ${schedule.slice(0, 80)}`,
        'fix: take the file as it was written, or give the id of the operation',
      ],
      cause,
    })
  }
}

/** A veto as a VetoGovernor takes it: it has no timelock, so nothing is queued. */
export interface VetoBatch extends Omit<GovernorBatch, 'queue'> {
  readonly castVoteFor: Hex
}

export interface VetoOptions {
  readonly governor: Address
  readonly timelock: Address
  readonly operations: readonly Hex[]
  readonly description: string
}

/** The calls that cancel operations of a timelock, in the name of a governor. */
export function cancelCalls({ governor, timelock, operations }: VetoOptions): BatchCall[] {
  return operations.map((id) => ({
    from: governor,
    to: timelock,
    data: encodeFunctionData({ abi: VETO_ABI, functionName: 'cancel', args: [id] }),
    what: `TimelockController.cancel(${id})`,
  }))
}

export function toVetoBatch(options: VetoOptions): VetoBatch {
  const { governor, description } = options
  const sender = { kind: 'governor', address: governor, name: '' } as const
  const { queue: _, ...batch } = toGovernorBatch(
    { sender, calls: cancelCalls(options) },
    { governor, description },
  )
  const args = [BigInt(batch.proposalId), FOR] as const
  return { ...batch, castVoteFor: encodeFunctionData({ abi: VETO_ABI, functionName: 'castVote', args }) }
}
