import { hashTypedData } from 'viem'
import type { Address, Hex } from '../core/hex.ts'
import type { Signature } from './types.ts'

/** What watchers of a SentinelQuorum sign: this incident calls for this freeze. Field order is the EIP-712 type's. */
export interface Attestation {
  /** What gate and Breaker know it by. */
  readonly target: Address
  readonly selectors: readonly Hex[]
  /** Seconds. */
  readonly duration: bigint
  /** 32 bytes that name the incident; a target is frozen once for it. */
  readonly incident: Hex
  /** 32 bytes: hash of what was seen, by which the owner judges afterwards. */
  readonly evidence: Hex
  /** Seconds since the epoch. */
  readonly deadline: bigint
}

/** Where an attestation counts: one SentinelQuorum on one chain. */
export interface QuorumRef {
  readonly quorum: Address
  readonly chainId: number
}

/** An attestation with what was signed so far, good or bad. */
export interface SignedAttestation extends QuorumRef {
  readonly attestation: Attestation
  readonly signatures: readonly Signature[]
}

const TYPES = {
  Attestation: [
    { name: 'target', type: 'address' },
    { name: 'selectors', type: 'bytes4[]' },
    { name: 'duration', type: 'uint64' },
    { name: 'incident', type: 'bytes32' },
    { name: 'evidence', type: 'bytes32' },
    { name: 'deadline', type: 'uint64' },
  ],
} as const

/** What a watcher's wallet is shown and signs (EIP-712). */
export function attestationTypedData({ quorum, chainId }: QuorumRef, attestation: Attestation) {
  return {
    domain: { name: 'Suture SentinelQuorum', version: '1', chainId, verifyingContract: quorum },
    types: TYPES,
    primaryType: 'Attestation',
    message: attestation,
  } as const
}

/** The EIP-712 digest, as `SentinelQuorum.hashAttestation` computes it. */
export function hashAttestation(ref: QuorumRef, attestation: Attestation): Hex {
  return hashTypedData(attestationTypedData(ref, attestation))
}
