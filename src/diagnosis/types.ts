import type { Address, Hex } from '../core/hex.ts'
import type { Json } from '../core/json.ts'
import type { FunctionRef } from '../detectors/types.ts'

export type RootCause =
  | 'reentrancy'
  | 'access-control'
  | 'arithmetic'
  | 'unchecked-call'
  | 'arbitrary-call'
  | InvariantClass
  | 'unknown'

/** Root causes that are told as invariants which the attack broke. `logic`: none of the named classes fits, but an invariant does. */
export type InvariantClass =
  | 'input-validation'
  | 're-initialisation'
  | 'price-manipulation'
  | 'rounding'
  | 'denial-of-service'
  | 'weak-randomness'
  | 'timestamp-dependence'
  | 'front-running'
  | 'logic'

/** A place in code: the account that holds it, and the program counter of the instruction. */
export interface CodeSite {
  readonly code: Address
  readonly pc: number
}

/**
 * A condition over what code can read where a guard stands, as words; comparisons give 0 or 1. `argument` is the word of the frame's own
 * calldata at a byte offset, `stack` the word at a depth of the original's stack (0 on top), `entry` keccak256(a ‖ b), `recall` what was
 * last noted for a key under a mark (0 to 255), `returned` a word of the last answer, which must have it. Division by zero gives zero.
 * What is noted or recalled `now` is forgotten when the transaction ends; where a fork has no transient storage it is kept for good.
 */
export type Expression =
  | { readonly op: 'caller' | 'origin' | 'self' | 'value' | 'timestamp' | 'block-number' | 'calldata-size' }
  | { readonly op: 'argument'; readonly offset: number }
  | { readonly op: 'constant'; readonly value: bigint }
  | { readonly op: 'stack'; readonly depth: number }
  | { readonly op: 'storage'; readonly slot: bigint }
  | { readonly op: UnaryOperator; readonly a: Expression }
  | { readonly op: 'field'; readonly a: Expression; readonly shift: number; readonly bits: number }
  | { readonly op: 'recall'; readonly key: Expression; readonly mark: number; readonly now?: true }
  | { readonly op: 'returned'; readonly offset: number }
  | { readonly op: BinaryOperator; readonly a: Expression; readonly b: Expression }

export type UnaryOperator = 'is-zero' | 'load' | 'memory' | 'balance' | 'code-size'
export type BinaryOperator =
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'modulo'
  | 'and'
  | 'or'
  | 'xor'
  | 'less'
  | 'greater'
  | 'signed-less'
  | 'equal'
  | 'entry'

/**
 * Where a guard stands: where a function is entered, right before an instruction, or before every instruction with an opcode; with a slot, only
 * those that may write it and that no check of the caller protects. Where `every` finds no room for a guard there is none.
 */
export type Place =
  | (FunctionRef & { readonly at: 'entry'; readonly code: Address })
  | (CodeSite & { readonly at: 'instruction' })
  | { readonly at: 'every'; readonly code: Address; readonly opcode: number; readonly slot?: bigint }

/** What is done at one place: first refused, then noted. */
export interface Rule {
  readonly place: Place
  /** Refused when not zero. */
  readonly refuse?: Expression
  readonly note?: {
    readonly value: Expression
    readonly key: Expression
    readonly mark: number
    readonly now?: true
  }
}

/** Something that held whenever the contract was used as meant, and that the attack broke. Its rules are applied together. */
export interface Invariant {
  /** Stable name of the kind, e.g. `argument-is-caller`. */
  readonly name: string
  readonly rules: readonly Rule[]
  /** What a guardian should know: in particular what it also refuses. */
  readonly notes: readonly string[]
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
  /** Invariants the attack broke, the most specific first: each alone may stop it. */
  | { readonly class: InvariantClass; readonly invariants: readonly Invariant[] }
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
