import type { Genesis } from '../../src/chain/types.ts'
import type { Address, Hex } from '../../src/core/hex.ts'

/** A call to start from. */
export interface SubjectCall {
  readonly from: Address
  readonly to: Address
  readonly value: bigint
  readonly data: Hex
}

/** A contract in its world, to be patched at random and called. */
export interface Subject {
  readonly name: string
  readonly source: 'incident' | 'block' | 'package' | 'case'
  readonly address: Address
  readonly chainId: number
  readonly number: bigint
  readonly timestamp: bigint
  readonly alloc: Genesis
  /** Real transactions that reach it, and well-formed calls of its functions. */
  readonly calls: readonly SubjectCall[]
}

/** Longer code has no room for guards. */
export const LONGEST_CODE = 22_000
