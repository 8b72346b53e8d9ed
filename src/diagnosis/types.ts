import type { Address, Hex } from '../core/hex.ts'
import type { Json } from '../core/json.ts'
import type { FunctionRef } from '../detectors/types.ts'

export type RootCause =
  | 'reentrancy'
  | 'access-control'
  | 'arithmetic'
  | 'unchecked-call'
  | 'arbitrary-call'
  | 'unknown'

/** A place in code: the account that holds it, and the program counter of the instruction. */
export interface CodeSite {
  readonly code: Address
  readonly pc: number
}

/** What the patcher needs to know, by class. Everything in it was read from an execution or from bytecode. */
export type Mechanism =
  | {
      readonly class: 'reentrancy'
      readonly form: 'same-function' | 'cross-function' | 'cross-contract' | 'read-only'
      /** The external calls through which control left. */
      readonly calls: readonly CodeSite[]
      /** Functions that must not run while control is out: those re-entered, and those that share the stale slots. */
      readonly entries: readonly (FunctionRef & { readonly code: Address })[]
    }
  | {
      readonly class: 'access-control'
      readonly entry: FunctionRef & { readonly code: Address }
      /** Where the contract keeps addresses it compares the caller with, best first. */
      readonly roles: readonly { readonly slot: bigint; readonly shift: number; readonly holder: Address }[]
      /** Callers history has seen on this function. */
      readonly knownCallers: readonly Address[]
      /** Whether every call of history came straight from an externally owned account. */
      readonly onlyOrigins: boolean
      /** Whether the attack came through a contract (caller differs from origin). */
      readonly throughContract: boolean
    }
  | {
      readonly class: 'arithmetic'
      readonly sites: readonly (CodeSite & { readonly opcode: number })[]
    }
  | {
      readonly class: 'unchecked-call'
      /** Calls that failed, or token transfers that answered false, without the function asking. */
      readonly calls: readonly (CodeSite & { readonly how: 'failed' | 'returned-false' })[]
    }
  | { readonly class: 'arbitrary-call'; readonly calls: readonly CodeSite[] }
  | { readonly class: 'unknown' }

/** The root cause of an attack, from its executions alone. */
export interface Diagnosis {
  readonly class: RootCause
  /** The protected contract, by the address users call. */
  readonly target: Address
  /** The account whose bytecode has the flaw (the implementation behind a proxy). */
  readonly code: Address
  readonly selector: Hex
  /** The instruction at fault. */
  readonly pc: number
  /** Storage slots involved. */
  readonly slots: readonly Hex[]
  /** 0 to 1. */
  readonly confidence: number
  readonly mechanism: Mechanism
  /** One sentence a guardian can read. */
  readonly summary: string
  readonly evidence: { readonly [key: string]: Json }
}
