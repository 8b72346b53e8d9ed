import type { Address } from '../../core/hex.ts'

/** Why (part of) an execution could not be observed. Never silence. */
export interface Unobserved {
  /** null: the execution as a whole. */
  readonly frame: number | null
  readonly reason: 'diverged' | 'step-limit' | 'state-missing' | 'unsupported'
  readonly detail: string
}

/** An access to storage (or transient storage) of a watched context, in order of execution across all frames. */
export interface StorageAccess {
  readonly kind: 'read' | 'write'
  readonly transient: boolean
  readonly address: Address
  readonly slot: bigint
  /** Read: what was read. Write: what was written. */
  readonly value: bigint
  /** Write: what stood there. Read: the same as `value`. */
  readonly previous: bigint
  readonly frame: number
  readonly pc: number
  /** Position among all observed events of the execution: orders accesses, calls and logs. */
  readonly order: number
  /** Where the slot came from, e.g. a mapping's key; present when provenance was asked for. */
  readonly slotOrigin?: Origin
  readonly valueOrigin?: Origin
}

/** A call instruction of a watched frame. */
export interface CallSite {
  readonly frame: number
  readonly pc: number
  readonly opcode: number
  /** The frame it opened; null where no frame followed (depth or balance too small). */
  readonly child: number | null
  readonly succeeded: boolean
  /** `order` when the call was made and when it came back. */
  readonly order: number
  readonly returned: number
  /** Whether a later jump of the same frame depended on the success flag. */
  readonly successChecked: boolean
  readonly targetOrigin?: Origin
  readonly valueOrigin?: Origin
  /** Origins of the words of the call's input: the selector word's first, then each argument word. */
  readonly inputOrigins?: readonly Origin[]
}

/** An arithmetic instruction whose mathematical result did not fit in 256 bits (unsigned). */
export interface Wrap {
  readonly frame: number
  readonly pc: number
  readonly opcode: number
  readonly operands: readonly [bigint, bigint]
  readonly origin?: Origin
}

/**
 * An instruction that lost a part of a number depending on input, kept when provenance was asked for. `remainder`: DIV or SDIV left one.
 * `excess`: DIV rounded up. `bits`: AND with a mask, SHL or SIGNEXTEND dropped bits that were set. `sign`: ADD or SUB left the signed range or
 * took an argument that is negative as a signed number, or SLT or SGT had such an operand.
 */
export interface Loss {
  readonly frame: number
  readonly pc: number
  readonly opcode: number
  readonly how: 'remainder' | 'excess' | 'bits' | 'sign'
  /** Top of the stack first. */
  readonly operands: readonly [bigint, bigint]
  /** Of the result. */
  readonly origin: Origin
}

/** A conditional jump of a watched frame, kept when provenance was asked for. */
export interface Branch {
  readonly frame: number
  readonly pc: number
  readonly taken: boolean
  readonly order: number
  readonly condition: Origin
}

export interface Observation {
  /** Indices of the frames that were observed at opcode level. */
  readonly frames: readonly number[]
  readonly accesses: readonly StorageAccess[]
  readonly calls: readonly CallSite[]
  readonly wraps: readonly Wrap[]
  readonly losses: readonly Loss[]
  readonly branches: readonly Branch[]
  /** Program counters executed, by frame, each block's first instruction only, in order of first execution. */
  readonly blocks: ReadonlyMap<number, readonly number[]>
  readonly unobserved: readonly Unobserved[]
}

/** What kinds of input a value depends on: a bit set, kept exactly even where an origin is cut. */
export const Taint = {
  calldata: 1,
  caller: 2,
  origin: 4,
  callValue: 8,
  storage: 16,
  /** Storage read under a key that depends on the caller, e.g. `balances[msg.sender]` or `hasRole[role][msg.sender]`. */
  callerKeyed: 32,
  returnData: 64,
  callSuccess: 128,
  balance: 256,
  /** What the block says: time, number, randomness, fees, and hashes of earlier blocks. */
  block: 512,
  gas: 1024,
  /** Size or hash of an account's code. */
  code: 2048,
} as const

/**
 * Where a value on the stack came from: an expression over what the transaction and the chain put in. Shared sub-expressions are
 * shared objects; depth is bounded, and what lies deeper is `{ op: 'cut' }` with its taint kept.
 */
export type Origin = { readonly value: bigint; readonly taint: number } & (
  | { readonly op: 'constant' }
  /** 32 bytes of the calldata of `frame` at `offset`; `source` is where the caller (a watched frame too) had them from. */
  | { readonly op: 'calldata'; readonly offset: bigint; readonly frame: number; readonly source?: Origin }
  /** CALLER, ORIGIN, CALLVALUE, TIMESTAMP, SELFBALANCE …: the opcode that read it. */
  | { readonly op: 'environment'; readonly opcode: number; readonly input?: Origin }
  | {
      readonly op: 'storage'
      readonly address: Address
      readonly slot: bigint
      readonly slotOrigin: Origin
      readonly pc: number
    }
  | { readonly op: 'result'; readonly child: number | null; readonly what: 'success' | 'returndata' }
  | {
      readonly op: 'compute'
      readonly opcode: number
      readonly pc: number
      readonly inputs: readonly Origin[]
    }
  | { readonly op: 'cut' }
)
