import type { Address } from '../core/hex.ts'
import type { Severity } from '../detectors/types.ts'

/** A secret by the name of an environment variable. Made by `env`. */
export interface EnvironmentReference {
  readonly secret: 'env'
  readonly name: string
  readonly optional: boolean
}

/** A key in an encrypted file `.suture/keystores/<name>.json`. Made by `keystore`. */
export interface KeystoreReference {
  readonly secret: 'keystore'
  readonly name: string
}

/**
 * A key that is held elsewhere: behind a program (`command`), or behind a service that speaks web3signer's JSON-RPC (`url`). Made by
 * `external`.
 */
export interface ExternalReference {
  readonly secret: 'external'
  /** Whose signatures are expected. What anybody else signed is refused. */
  readonly address: string
  /** The program and its arguments. No shell takes part; the working directory is the configuration's. */
  readonly command?: readonly string[] | undefined
  readonly url?: Endpoint | undefined
  /** `digest`: the key can sign 32 bytes only, as keys in a KMS do. Default `data`: it is shown what it signs. */
  readonly signs?: 'data' | 'digest' | undefined
  /** Whether the address is a contract (ERC-1271), such as a Safe: then it can approve, but not send transactions. */
  readonly contract?: boolean | undefined
  /** Seconds it may take. Default 20. */
  readonly timeout?: number | undefined
}

/** Where a signature comes from. */
export type SignerReference = KeystoreReference | EnvironmentReference | ExternalReference

/** An address of a node or service: as it is where it carries no secret, else by reference. */
type Endpoint = string | EnvironmentReference

export interface ChainConfig {
  /** EIP-155. */
  readonly id: number
  /** Tried in order. */
  readonly rpc: readonly Endpoint[]
  /** Blocks after which a transaction of ours counts. Default 2. */
  readonly confirmations?: number
  /** The most to pay for a transaction, in gwei per gas. Default 500. */
  readonly maxFeePerGas?: number
}

export interface PolicyConfig {
  /** The least severity that freezes. Default `critical`. */
  readonly freeze?: Severity | 'never'
  /** Whether a verified restriction goes to the guardians by itself. Default `propose`. */
  readonly restrict?: 'auto' | 'propose' | 'never'
  /** Upgrades beyond restrictions are only ever proposed. Default `propose`. */
  readonly upgrade?: 'propose' | 'never'
}

export interface ApprovalsConfig {
  /** Where guardians leave their signatures. */
  readonly inbox?: Endpoint
  /** Seconds guardians have. Default 3600. */
  readonly deadline?: number
}

export interface ProtocolConfig {
  /** A name under `chains`. */
  readonly chain: string
  /** What to protect, by names of your choice. Proxies are resolved. */
  readonly contracts: Readonly<Record<string, string>>
  /** The PatchGate; without one Suture watches and advises only. */
  readonly gate?: string
  /** The Breaker the contracts ask, if any. */
  readonly breaker?: string
  /** The protocol's own brake: signature by contract name, e.g. `{ pool: 'pause()' }`. */
  readonly pause?: Readonly<Record<string, string>>
  /** Solidity files with invariants, relative to the configuration. */
  readonly invariants?: readonly string[]
  readonly policy?: PolicyConfig
  readonly approvals?: ApprovalsConfig
}

/** What a user writes in `suture.config.ts`. */
export interface SutureConfig {
  readonly chains: Readonly<Record<string, ChainConfig>>
  readonly protocols: Readonly<Record<string, ProtocolConfig>>
  /** Who signs transactions; without one Suture sends nothing. A key from the environment is for development. */
  readonly signer?: SignerReference
  /** Default: a PostgreSQL of Suture's own under `.suture/`. */
  readonly database?: EnvironmentReference
}

export interface Chain {
  readonly name: string
  readonly id: number
  readonly rpc: readonly string[]
  readonly confirmations: bigint
  /** Wei per gas. */
  readonly maxFeePerGas: bigint
}

export interface Protocol {
  readonly name: string
  readonly chain: Chain
  readonly contracts: Readonly<Record<string, Address>>
  readonly gate: Address | null
  readonly breaker: Address | null
  readonly pause: readonly { readonly target: Address; readonly signature: string }[]
  /** Absolute paths. */
  readonly invariants: readonly string[]
  readonly policy: Required<PolicyConfig>
  readonly approvals: { readonly inbox: string | null; readonly deadline: bigint }
}

/** The configuration checked, with defaults, references resolved. The signer stays closed until it is needed. */
export interface LoadedConfig {
  readonly file: string
  /** Where `.suture/` lies: the folder of the file. */
  readonly folder: string
  readonly chains: readonly Chain[]
  readonly protocols: readonly Protocol[]
  readonly signer: SignerReference | null
  readonly database: string | null
  /** Everything secret that was read, for the logger. */
  readonly secrets: readonly string[]
}
