import type { Address, Hex } from '../core/hex.ts'

/** What guardians sign for the restrict path of a PatchGate. Field order is the EIP-712 type's. */
export interface Restriction {
  /** The proxy, or the beacon of many. */
  readonly target: Address
  readonly originalCodeHash: Hex
  readonly patchedCodeHash: Hex
  /** keccak256 of the ABI-encoded certificate. */
  readonly certificateHash: Hex
  /** Evidence bundle. */
  readonly bundleHash: Hex
  /** 32 random bytes: names the address of the patched code, and keeps a public digest from telling what it stands for. */
  readonly salt: Hex
  readonly nonce: bigint
  /** Seconds since the epoch. */
  readonly deadline: bigint
}

/** What guardians sign to take a restriction back. Field order is the EIP-712 type's. */
export interface Rollback {
  readonly target: Address
  readonly nonce: bigint
  /** Seconds since the epoch. */
  readonly deadline: bigint
}

/** What guardians of a PatchGate can be asked to sign. */
export type Proposal =
  | { readonly kind: 'restriction'; readonly restriction: Restriction }
  | { readonly kind: 'rollback'; readonly rollback: Rollback }

export interface Signature {
  readonly signer: Address
  readonly signature: Hex
}

/** Where a signature counts: one PatchGate on one chain. */
export interface GateRef {
  readonly gate: Address
  readonly chainId: number
}

/** Who may approve, and how many of them it takes. */
export interface Quorum {
  readonly guardians: readonly Address[]
  readonly threshold: number
}

/** What a PatchGate knows of a target, as far as a restriction needs it. */
export interface GateTarget extends Quorum {
  /** The registered implementation. */
  readonly original: Address
  readonly originalCodeHash: Hex
  readonly siteMapRoot: Hex
  /** What users are meant to reach: the original, or a provisional restriction of it. */
  readonly current: Address
  /** What the target runs: `current` or a shim before it. */
  readonly live: Address
  readonly nonce: bigint
  /** Seconds since the epoch; 0 while guardians have restricted nothing. From then on anyone may roll back. */
  readonly provisionalUntil: bigint
}

/** A call to be sent by whoever may. */
export interface PlannedCall {
  readonly to: Address
  readonly data: Hex
}

/** The parameter names of a template in the order of its arguments; undefined for a template that is not on the list. */
export type ParametersOf = (template: string) => readonly string[] | undefined

/** A restriction with enough signatures behind it. */
export interface Approval extends GateRef {
  readonly restriction: Restriction
  /** Ascending by signer, each from a guardian, at least the threshold. */
  readonly signatures: readonly Signature[]
}

/** A rollback with enough signatures behind it. */
export interface RollbackApproval extends GateRef {
  readonly rollback: Rollback
  /** Ascending by signer, each from a guardian, at least the threshold. */
  readonly signatures: readonly Signature[]
}

/** A rollback guardians are asked to sign, with what they need to check it themselves. */
export interface RollbackRequest extends GateRef, Quorum {
  readonly rollback: Rollback
  /** EIP-712. */
  readonly digest: Hex
  readonly signatures: readonly Signature[]
}
