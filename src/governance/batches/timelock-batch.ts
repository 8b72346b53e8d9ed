import { encodeAbiParameters, encodeFunctionData, keccak256, parseAbi } from 'viem'
import { type Hex, toWord } from '../../core/hex.ts'
import type { Batch } from './types.ts'

const TIMELOCK_ABI = parseAbi([
  'function scheduleBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt, uint256 delay)',
  'function executeBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt)',
])

const BATCH_TYPES = [
  { type: 'address[]' },
  { type: 'uint256[]' },
  { type: 'bytes[]' },
  { type: 'bytes32' },
  { type: 'bytes32' },
] as const

/** A batch as two calls of an OpenZeppelin TimelockController. */
export interface TimelockBatch {
  readonly timelock: Hex
  /** `hashOperationBatch`: by it the timelock knows the operation. */
  readonly operation: Hex
  readonly predecessor: Hex
  readonly salt: Hex
  /** Seconds. */
  readonly delay: bigint
  /** For a proposer. */
  readonly schedule: Hex
  /** For an executor, once the delay is over. */
  readonly execute: Hex
}

export interface TimelockOptions {
  /** Tells this operation from another with the same calls: a timelock executes each only once. */
  readonly salt: Hex
  /** The operation that must have been executed before; none when absent. */
  readonly predecessor?: Hex
  /** Seconds; at least the timelock's minimum. */
  readonly delay: bigint
}

export function toTimelockBatch({ sender, calls }: Batch, options: TimelockOptions): TimelockBatch {
  const { salt, predecessor = toWord(0n), delay } = options
  const operation = [
    calls.map(({ to }) => to),
    calls.map(() => 0n),
    calls.map(({ data }) => data),
    predecessor,
    salt,
  ] as const
  return {
    timelock: sender.address,
    operation: keccak256(encodeAbiParameters(BATCH_TYPES, operation)),
    predecessor,
    salt,
    delay,
    schedule: encodeFunctionData({
      abi: TIMELOCK_ABI,
      functionName: 'scheduleBatch',
      args: [...operation, delay],
    }),
    execute: encodeFunctionData({ abi: TIMELOCK_ABI, functionName: 'executeBatch', args: operation }),
  }
}
