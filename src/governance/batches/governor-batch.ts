import { encodeAbiParameters, encodeFunctionData, keccak256, parseAbi, stringToHex } from 'viem'
import type { Address, Hex } from '../../core/hex.ts'
import type { Batch } from './types.ts'

const GOVERNOR_ABI = parseAbi([
  'function propose(address[] targets, uint256[] values, bytes[] calldatas, string description)',
  'function queue(address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash)',
  'function execute(address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash)',
])

const PROPOSAL_TYPES = [
  { type: 'address[]' },
  { type: 'uint256[]' },
  { type: 'bytes[]' },
  { type: 'bytes32' },
] as const

/** A batch as a proposal of an OpenZeppelin Governor, whose executor (itself or its timelock) is the batch's sender. */
export interface GovernorBatch {
  readonly governor: Address
  /** Of Governors that number their proposals by hash; one with `GovernorSequentialProposalId` says it when the proposal is made. */
  readonly proposalId: Hex
  readonly description: string
  readonly descriptionHash: Hex
  readonly propose: Hex
  /** Only for a Governor with a timelock. */
  readonly queue: Hex
  readonly execute: Hex
}

export function toGovernorBatch(
  { calls }: Batch,
  { governor, description }: { readonly governor: Address; readonly description: string },
): GovernorBatch {
  const descriptionHash = keccak256(stringToHex(description))
  const actions = [calls.map(({ to }) => to), calls.map(() => 0n), calls.map(({ data }) => data)] as const
  const decided = [...actions, descriptionHash] as const
  return {
    governor,
    proposalId: keccak256(encodeAbiParameters(PROPOSAL_TYPES, decided)),
    description,
    descriptionHash,
    propose: encodeFunctionData({
      abi: GOVERNOR_ABI,
      functionName: 'propose',
      args: [...actions, description],
    }),
    queue: encodeFunctionData({ abi: GOVERNOR_ABI, functionName: 'queue', args: decided }),
    execute: encodeFunctionData({ abi: GOVERNOR_ABI, functionName: 'execute', args: decided }),
  }
}
