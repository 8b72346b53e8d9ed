import { hashTypedData } from 'viem'
import type { Hex } from '../core/hex.ts'
import type { GateRef, Proposal, Restriction, Rollback } from './types.ts'

const RESTRICTION_TYPES = {
  Restriction: [
    { name: 'target', type: 'address' },
    { name: 'originalCodeHash', type: 'bytes32' },
    { name: 'patchedCodeHash', type: 'bytes32' },
    { name: 'certificateHash', type: 'bytes32' },
    { name: 'bundleHash', type: 'bytes32' },
    { name: 'salt', type: 'bytes32' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const

const ROLLBACK_TYPES = {
  Rollback: [
    { name: 'target', type: 'address' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const

/** It counts at this gate on this chain only. */
const domainOf = ({ gate, chainId }: GateRef) =>
  ({ name: 'Suture PatchGate', version: '1', chainId, verifyingContract: gate }) as const

/** What a guardian's wallet is shown and signs (EIP-712). */
export function restrictionTypedData(gate: GateRef, restriction: Restriction) {
  return {
    domain: domainOf(gate),
    types: RESTRICTION_TYPES,
    primaryType: 'Restriction',
    message: restriction,
  } as const
}

/** What a guardian's wallet is shown and signs (EIP-712). */
export function rollbackTypedData(gate: GateRef, rollback: Rollback) {
  return {
    domain: domainOf(gate),
    types: ROLLBACK_TYPES,
    primaryType: 'Rollback',
    message: rollback,
  } as const
}

/** The typed data of either. */
export function proposalTypedData(gate: GateRef, proposal: Proposal) {
  return proposal.kind === 'restriction'
    ? restrictionTypedData(gate, proposal.restriction)
    : rollbackTypedData(gate, proposal.rollback)
}

/** The EIP-712 digest of a restriction, as `PatchGate.hashRestriction` computes it. */
export function hashRestriction(gate: GateRef, restriction: Restriction): Hex {
  return hashTypedData(restrictionTypedData(gate, restriction))
}

/** The EIP-712 digest of a rollback, as `PatchGate.hashRollback` computes it. */
export function hashRollback(gate: GateRef, rollback: Rollback): Hex {
  return hashTypedData(rollbackTypedData(gate, rollback))
}

/** The EIP-712 digest of either. */
export function hashProposal(gate: GateRef, proposal: Proposal): Hex {
  return proposal.kind === 'restriction'
    ? hashRestriction(gate, proposal.restriction)
    : hashRollback(gate, proposal.rollback)
}
