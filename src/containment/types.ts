import type { Address, Hex } from '../core/hex.ts'
import type { FunctionRef } from '../detectors/types.ts'

/** How functions are stopped: the protocol's own brake, a Breaker it already asks, or a shim put before an untouched proxy. */
export type ContainmentMeans =
  | { readonly kind: 'pause'; readonly target: Address; readonly calldata: Hex }
  | {
      readonly kind: 'breaker'
      readonly breaker: Address
      readonly target: Address
      readonly selectors: readonly Hex[]
    }
  | {
      readonly kind: 'shim'
      readonly gate: Address
      readonly target: Address
      readonly selectors: readonly Hex[]
    }

/** The smallest set of functions that stops the attack, and how to stop them. Expires by itself. */
export interface Containment {
  readonly functions: readonly FunctionRef[]
  readonly means: readonly ContainmentMeans[]
  /** Functions of the attack's call tree deliberately left open, and why. */
  readonly leftOpen: readonly (FunctionRef & { readonly why: string })[]
  /** Seconds. */
  readonly duration: bigint
}
