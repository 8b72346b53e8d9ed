import type { SutureError } from '../core/errors.ts'
import type { Address, Hex } from '../core/hex.ts'
import type { Observation } from './observe/types.ts'

export type {
  Branch,
  CallSite,
  Loss,
  Observation,
  Origin,
  StorageAccess,
  Unobserved,
  Wrap,
} from './observe/types.ts'
export { Taint } from './observe/types.ts'

// ---- the node ----

export interface RpcCall {
  readonly method: string
  readonly params?: readonly unknown[]
}

export interface RpcOptions {
  /** Milliseconds one node is given to answer; after that the next one is asked. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** The answer to one call of a batch. */
export type RpcOutcome =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: SutureError }

export interface RpcListener {
  /** One notification's `result`, unvalidated. */
  next(result: unknown): void
  /** The subscription is over: its connection broke or the node dropped it. Called once, and last. */
  lost(error: SutureError): void
}

/**
 * JSON-RPC to one chain over one or several nodes. Results are as the node gave them: who asks validates.
 * An error the node gave is an `RpcError` (`core/rpc-error.ts`), which keeps the node's code and the revert data.
 */
export interface Rpc {
  readonly chainId: number
  request<T = unknown>(method: string, params?: readonly unknown[], options?: RpcOptions): Promise<T>
  /** One round trip; answers in the order of the calls. Throws only where no answer to the whole came. */
  batch(calls: readonly RpcCall[], options?: RpcOptions): Promise<readonly RpcOutcome[]>
  /** Absent where no endpoint can push (HTTP only). Resolves to the function that ends the subscription. */
  subscribe?(params: readonly unknown[], listener: RpcListener, options?: RpcOptions): Promise<() => void>
  close(): void
}

// ---- the stream ----

export interface BlockRef {
  readonly number: bigint
  readonly hash: Hex
  readonly parentHash: Hex
}

export interface Block extends BlockRef {
  /** Seconds since the epoch. */
  readonly timestamp: bigint
  readonly baseFeePerGas: bigint
  readonly gasLimit: bigint
  readonly coinbase: Address
  readonly prevRandao: Hex
  readonly transactions: readonly ChainTransaction[]
}

export interface ChainTransaction extends TransactionRequest {
  readonly hash: Hex
  readonly nonce: bigint
  /** Wei per gas the sender offers at most. */
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

/**
 * What the chain did. Every block arrives exactly once per canonical position, in order of number; a block that stops being
 * canonical is retracted before its replacement arrives.
 */
export type ChainEvent =
  | { readonly type: 'block'; readonly block: Block }
  | { readonly type: 'pending'; readonly transaction: ChainTransaction }
  /**
   * `retracted` newest first; `ancestor` is the last block both branches share. `truncated`: the branches part below what the
   * stream remembers, so that blocks older than the last of `retracted` were replaced as well; `ancestor` is then the block of
   * the new branch the replacements build on.
   */
  | {
      readonly type: 'reorg'
      readonly retracted: readonly BlockRef[]
      readonly ancestor: BlockRef
      readonly truncated?: true
    }

// ---- executing ----

/** A transaction as far as its execution is concerned. `to: null` creates a contract. */
export interface TransactionRequest {
  readonly from: Address
  readonly to: Address | null
  readonly data: Hex
  readonly value: bigint
  readonly gas: bigint
}

/** The block an execution sees. */
export interface BlockContext {
  readonly number: bigint
  readonly timestamp: bigint
  readonly baseFeePerGas: bigint
  readonly gasLimit: bigint
  readonly coinbase: Address
  readonly prevRandao: Hex
}

/** State laid over what the node holds. Slots and values are 32-byte words. */
export interface AccountOverride {
  readonly balance?: bigint
  readonly nonce?: bigint
  readonly code?: Hex
  readonly storage?: Readonly<Record<Hex, Hex>>
}
export type StateOverride = Readonly<Record<Address, AccountOverride>>

export type CallType =
  | 'CALL'
  | 'STATICCALL'
  | 'DELEGATECALL'
  | 'CALLCODE'
  | 'CREATE'
  | 'CREATE2'
  | 'SELFDESTRUCT'

/** `revert`: REVERT was executed. `halt`: any exceptional stop (out of gas, invalid opcode, stack). */
export type CallStatus = 'success' | 'revert' | 'halt'

/** One call of the call tree. Frames are kept in pre-order; `index` is the position there. */
export interface Frame {
  readonly index: number
  readonly parent: number | null
  readonly depth: number
  readonly type: CallType
  /** `msg.sender` as the code sees it (under DELEGATECALL that of the parent frame). */
  readonly caller: Address
  /** The account whose storage, balance and address the code works on. */
  readonly context: Address
  /** The account whose code runs; equals `context` except under DELEGATECALL and CALLCODE. */
  readonly code: Address
  /** Calldata, or init code of a creation. */
  readonly input: Hex
  readonly selector: Hex
  readonly output: Hex
  /** Wei moved with the call; 0 where nothing moves (DELEGATECALL, STATICCALL). */
  readonly value: bigint
  /** Gas given to the call. */
  readonly gas: bigint
  readonly gasUsed: bigint
  readonly status: CallStatus
  /** The node's own word for why it failed. Never branched on. */
  readonly error: string | null
  /** Whether the effects of this frame were undone: it or a frame around it failed. */
  readonly reverted: boolean
  readonly children: readonly number[]
}

export interface ExecutionLog {
  readonly address: Address
  readonly topics: readonly Hex[]
  readonly data: Hex
  /** The frame that emitted it. */
  readonly frame: number
}

/** Value that moved for good (frames that were undone are not in here), in order. */
export interface Transfer {
  readonly standard: 'native' | 'erc20' | 'erc721' | 'erc1155'
  /** The token, or `native`. */
  readonly token: Address | 'native'
  readonly from: Address
  readonly to: Address
  /** In the token's smallest unit; 1 for ERC-721. */
  readonly amount: bigint
  readonly tokenId: bigint | null
  readonly frame: number
}

export interface AccountDiff {
  readonly balance?: { readonly before: bigint; readonly after: bigint }
  readonly nonce?: { readonly before: bigint; readonly after: bigint }
  readonly code?: { readonly before: Hex; readonly after: Hex }
  readonly storage: Readonly<Record<Hex, { readonly before: Hex; readonly after: Hex }>>
}

/** Everything a transaction changed, by account. */
export type StateDiff = Readonly<Record<Address, AccountDiff>>

/** What a transaction did. `frames[0]` is the transaction's own call. */
export interface Execution {
  readonly transaction: TransactionRequest & { readonly hash?: Hex }
  readonly block: BlockContext
  readonly status: CallStatus
  readonly output: Hex
  readonly gasUsed: bigint
  readonly frames: readonly Frame[]
  readonly logs: readonly ExecutionLog[]
  readonly transfers: readonly Transfer[]
  readonly created: readonly Address[]
  readonly diff: StateDiff
  /** The opcode level of the frames that run in a watched context; absent when none was touched or it was not asked for. */
  readonly observation?: Observation
}

// ---- running ----

/** Runs one transaction on a state and reports what it did; nothing is changed on the node. */
export type Simulate = (request: SimulationRequest) => Promise<Execution>

export interface SimulationRequest {
  readonly transaction: TransactionRequest
  readonly block: BlockContext
  /** The block whose end state is the start; what the simulator was set up with when absent. */
  readonly at?: bigint
  /** Laid over the node's state. */
  readonly state?: StateOverride
  /** Contexts to observe at opcode level. */
  readonly watch?: ReadonlySet<Address>
  /** Whether to keep origins (slower; diagnosis needs them, detection does not). */
  readonly provenance?: boolean
}

/** A transaction and the block it sees. */
export interface Step {
  readonly transaction: TransactionRequest
  readonly block: BlockContext
  /**
   * The block whose end state it starts from. A step that names another block than the step before it starts anew there; without it, a step
   * goes on where the last one ended.
   */
  readonly at?: bigint
  /** What earlier transactions of the same block had changed by then; laid over the state at `at` when a run starts anew there. */
  readonly before?: StateOverride
}

/** Runs transactions one after the other, each on the state the one before it left. Nothing is changed on the node. */
export type RunSequence = (request: SequenceRequest) => Promise<SequenceResult>

export interface SequenceRequest {
  readonly steps: readonly Step[]
  /** Laid over the node's state before the first step. */
  readonly state?: StateOverride
  readonly watch?: ReadonlySet<Address>
  readonly provenance?: boolean
}

export interface SequenceResult {
  readonly executions: readonly Execution[]
  /** The overlay after the last step: what was given, and everything the steps changed. */
  readonly state: StateOverride
}

// ---- proxies ----

export type ProxyKind = 'none' | 'erc1967' | 'uups' | 'transparent' | 'beacon' | 'minimal' | 'diamond'

/** What stands behind an address: where its storage lives and whose code runs. */
export interface ResolvedContract {
  readonly address: Address
  readonly kind: ProxyKind
  /** The account whose code runs: the address itself when `kind` is `none`. For a diamond the first facet. */
  readonly implementation: Address
  /** Diamond only: facet by selector. */
  readonly facets?: Readonly<Record<Hex, Address>>
  /** Who may upgrade, where it can be read: ERC-1967 admin or beacon. */
  readonly admin?: Address
  readonly beacon?: Address
}

// ---- cases ----

export interface GenesisAccount {
  readonly balance: bigint
  readonly nonce: bigint
  readonly code: Hex
  readonly storage: Readonly<Record<Hex, Hex>>
}
export type Genesis = Readonly<Record<Address, GenesisAccount>>

export interface CaseTransaction extends TransactionRequest {
  /** Position in time relative to its neighbours; one block each unless given. */
  readonly block?: bigint
}

/** An incident told as data: see docs/cases.md. Ground truth is kept apart so that no stage can read it. */
export interface Case {
  readonly name: string
  readonly chainId: number
  readonly hardfork: string
  readonly block: BlockContext
  readonly alloc: Genesis
  readonly protected: readonly Address[]
  readonly history: readonly CaseTransaction[]
  readonly attack: readonly CaseTransaction[]
}
