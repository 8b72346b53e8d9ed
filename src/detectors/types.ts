import type { Execution } from '../chain/types.ts'
import type { Address, Hex } from '../core/hex.ts'
import type { Json } from '../core/json.ts'

/** How bad, and therefore what policy may do: `critical` is the only one that freezes by default. */
export type Severity = 'info' | 'low' | 'medium' | 'high' | 'critical'

/** A function of a protected contract, by the address users call (the proxy where there is one). */
export interface FunctionRef {
  readonly target: Address
  readonly selector: Hex
}

/** Something a detector saw in one execution. */
export interface Finding {
  readonly detector: string
  readonly severity: Severity
  /** The protected contract concerned. */
  readonly subject: Address
  /** The functions of protected contracts that took part, innermost first. */
  readonly functions: readonly FunctionRef[]
  /** One sentence a guardian can read. */
  readonly summary: string
  readonly evidence: { readonly [key: string]: Json }
  /** What makes two findings the same attack: never the attacker's address. */
  readonly fingerprint: Hex
}

/** "Could not check" is a result. */
export type Inspection =
  | { readonly checked: true; readonly findings: readonly Finding[] }
  | { readonly checked: false; readonly findings: readonly Finding[]; readonly reasons: readonly string[] }

/** What a detector knows besides the execution. */
export interface Protection {
  /** Contracts the operator owns, by the address users call. */
  readonly contracts: ReadonlySet<Address>
  /** Implementation (or facet) addresses, to the protected address they stand behind. */
  readonly implementations: ReadonlyMap<Address, Address>
}

/**
 * A detector is a pure function of an execution and of what it learned. `learn` folds a benign execution into the state;
 * `detect` never changes it. State is JSON-serialisable so that it can be stored and reviewed.
 */
export interface Detector<State = unknown> {
  readonly name: string
  /** One sentence: what it sees, and how it fails. */
  readonly description: string
  readonly initial: State
  readonly learn: (state: State, execution: Execution, protection: Protection) => State
  readonly detect: (state: State, execution: Execution, protection: Protection) => Inspection
}
