import { hashTypedData } from 'viem'
import type { Hex } from '../core/hex.ts'
import type { GateRef, Restriction } from './types.ts'

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

/** What a guardian's wallet is shown and signs (EIP-712). It counts at this gate on this chain only. */
export function restrictionTypedData({ gate, chainId }: GateRef, restriction: Restriction) {
  return {
    domain: { name: 'Suture PatchGate', version: '1', chainId, verifyingContract: gate },
    types: RESTRICTION_TYPES,
    primaryType: 'Restriction',
    message: restriction,
  } as const
}

/** The EIP-712 digest of a restriction, as `PatchGate.hashRestriction` computes it. */
export function hashRestriction(gate: GateRef, restriction: Restriction): Hex {
  return hashTypedData(restrictionTypedData(gate, restriction))
}
