import type { Abi } from 'viem'
import type { Address, Hex } from '../../src/core/hex.ts'

export const COMPILERS = {
  '0.4.11': 'solc-0.4.11',
  '0.4.26': 'solc-0.4.26',
  '0.5.17': 'solc-0.5.17',
  '0.6.12': 'solc-0.6.12',
  '0.7.6': 'solc-0.7.6',
  '0.8.19': 'solc-0.8.19',
  '0.8.30': 'solc',
} as const
export type CompilerVersion = keyof typeof COMPILERS

/** Sources compiled together by one compiler with one set of settings. */
export interface CompilationUnit {
  readonly compiler: CompilerVersion
  /** Runs of the optimiser; absent: not optimised. */
  readonly optimizerRuns?: number
  readonly viaIR?: boolean
  /** Absent: the compiler's own default. */
  readonly evmVersion?: string
  /** Relative to the case's folder. */
  readonly files: readonly string[]
}

export interface Artifact {
  readonly name: string
  readonly abi: Abi
  readonly initCode: Hex
}
export type Artifacts = Readonly<Record<string, Artifact>>

export interface Contract {
  readonly address: Address
  readonly abi: Abi
}

/** A transaction as a declaration writes it. */
export interface Step {
  readonly from: Address
  readonly to: Address | null
  readonly data: Hex
  readonly value: bigint
  readonly gas: bigint
  /** What the author expects on the unpatched state; the build fails when it turns out otherwise. Not written to the case. */
  readonly reverts: boolean
}

/** A transaction as the case file holds it. */
export interface CaseTransaction {
  readonly from: Address
  readonly to: Address | null
  readonly data: Hex
  readonly value: Hex
  readonly gas: Hex
}

export interface CaseAccount {
  readonly balance: Hex
  readonly nonce: Hex
  readonly code?: Hex
  readonly storage?: Readonly<Record<Hex, Hex>>
}

export interface Loss {
  readonly token: Address | 'native'
  readonly from: Address
}

export const CASE_CLASSES = [
  'reentrancy',
  'access-control',
  'arithmetic',
  'unchecked-call',
  'arbitrary-call',
  'input-validation',
  're-initialisation',
  'price-manipulation',
  'rounding',
  'denial-of-service',
  'weak-randomness',
  'timestamp-dependence',
  'front-running',
] as const
export type CaseClass = (typeof CASE_CLASSES)[number]
export type Hardfork = 'london' | 'shanghai' | 'cancun'

/** The file `case.json`, format `suture-case/1`: see docs/cases.md. */
export interface CaseFile {
  readonly format: 'suture-case/1'
  readonly name: string
  readonly source: string
  readonly chainId: number
  readonly hardfork: Hardfork
  readonly block: {
    readonly number: Hex
    readonly timestamp: Hex
    readonly baseFeePerGas: Hex
    readonly gasLimit: Hex
    readonly coinbase: Address
    readonly prevRandao: Hex
  }
  readonly alloc: Readonly<Record<Address, CaseAccount>>
  readonly protected: readonly Address[]
  readonly history: readonly CaseTransaction[]
  readonly attack: readonly CaseTransaction[]
  readonly loss: readonly (Loss & { readonly amount: Hex })[]
  readonly class: CaseClass
}

/** The world before the case begins: everything here is a mined transaction. */
export interface World {
  readonly artifacts: Artifacts
  /** Gives an account this many wei. */
  fund(account: Address, wei: bigint): Promise<void>
  deploy(name: string, args: readonly unknown[], from: Address, value?: bigint): Promise<Contract>
  /** Mines a step of the set-up, which must succeed. */
  run(step: Step): Promise<void>
  /** Seconds that pass before the next block. */
  wait(seconds: number): void
  read<T>(contract: Contract, functionName: string, args?: readonly unknown[]): Promise<T>
}

/** One edit of a source that removes the flaw. `replace` occurs once in `file`. */
export interface Fix {
  readonly file: string
  readonly replace: string
  readonly by: string
}

/** What a case is made of; `Parts` is whatever its set-up hands to the rest, mostly contracts. */
export interface CaseDeclaration<Parts> {
  /** What it re-creates, in one sentence. */
  readonly about: string
  readonly class: CaseClass
  readonly hardfork: Hardfork
  readonly units: readonly CompilationUnit[]
  setUp(world: World): Promise<Parts>
  protect(parts: Parts): readonly Contract[]
  history(parts: Parts): readonly Step[]
  attack(parts: Parts, artifacts: Artifacts): readonly Step[]
  /** Held out: other attacks on the same flaw, written to `variants.json`. */
  variants(parts: Parts, artifacts: Artifacts): readonly (readonly Step[])[]
  loss(parts: Parts): readonly Loss[]
  /**
   * How an engineer would mend the sources. Not written to the case: the build runs everything once more with it, to see that
   * the flaw is what the attacks need and nothing the history does depends on it.
   */
  readonly fix: readonly Fix[]
}
