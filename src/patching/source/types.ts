import type { Address, Hex } from '../../core/hex.ts'
import type { Diagnosis } from '../../diagnosis/types.ts'
import type { Patch } from '../types.ts'

/** A compiler's standard-JSON input with every source in it, imports included. */
export interface StandardInput {
  readonly language: string
  readonly sources: Readonly<Record<string, { readonly content: string }>>
  readonly settings: {
    readonly evmVersion?: string
    readonly [key: string]: unknown
  }
}

export interface CodeReference {
  readonly start: number
  readonly length: number
}

export interface DeployedBytecode {
  /** Hexadecimal without 0x; where a library is to be linked in, 40 characters that are none. */
  readonly object: string
  readonly sourceMap?: string
  readonly linkReferences?: Readonly<Record<string, Readonly<Record<string, readonly CodeReference[]>>>>
  /** By the AST id of the variable. */
  readonly immutableReferences?: Readonly<Record<string, readonly CodeReference[]>>
}

export interface StorageType {
  readonly label: string
  readonly numberOfBytes: string
  readonly base?: string
  readonly key?: string
  readonly value?: string
  readonly members?: readonly StorageVariable[]
}

export interface StorageVariable {
  readonly astId: number
  /** `path:name`. */
  readonly contract: string
  readonly label: string
  readonly offset: number
  readonly slot: string
  readonly type: string
}

export interface StorageLayout {
  readonly storage: readonly StorageVariable[]
  /** null for a contract without state. */
  readonly types: Readonly<Record<string, StorageType>> | null
}

export interface ContractOutput {
  /** From 0.5.13 on. */
  readonly storageLayout?: StorageLayout
  readonly evm: {
    readonly deployedBytecode: DeployedBytecode
    /** Selector without 0x by signature. */
    readonly methodIdentifiers?: Readonly<Record<string, string>>
  }
}

/** The parts of a compiler's standard-JSON output that are read here. */
export interface StandardOutput {
  readonly errors?: readonly {
    readonly severity: string
    readonly message?: string
    readonly formattedMessage?: string
  }[]
  readonly sources?: Readonly<Record<string, { readonly id: number; readonly ast?: unknown }>>
  readonly contracts?: Readonly<Record<string, Readonly<Record<string, ContractOutput>>>>
}

/** Runs the compiler of a version (`0.8.19`, or the long form with its commit) on an input. Throws when there is no such compiler. */
export type Compile = (version: string, input: StandardInput) => Promise<StandardOutput> | StandardOutput

/** What a contract was compiled from: as a source verifier or a case tells it. */
export interface CompilerInput {
  readonly compiler: string
  readonly input: StandardInput
}

export interface SourcePatchRequest {
  readonly diagnosis: Diagnosis
  /** One of them must give the code that is deployed. */
  readonly sources: readonly CompilerInput[]
  readonly compile: Compile
  /** Runtime code by account; that of `diagnosis.code` is needed. */
  readonly deployed: ReadonlyMap<Address, Hex>
}

/** A mended source and the code it compiles to: a proposal for the slow path, verified by nobody yet. */
export interface SourcePatch {
  /** Unified diff of the sources. */
  readonly diff: string
  /** `kind` is `source`, and there is no certificate. */
  readonly patch: Patch
  /** The contract that was edited, as `path:name`. */
  readonly contract: string
  /** The mended sources, to compile for the deployment. */
  readonly source: CompilerInput
  /** What a guardian must know besides the diff. */
  readonly notes: readonly string[]
}
