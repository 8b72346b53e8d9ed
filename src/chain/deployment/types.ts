import type { Address, Hex } from '../../core/hex.ts'
import type { Rpc } from '../types.ts'

/** The chain as it was at one block, so that what is read together belongs together. */
export interface ChainView {
  readonly rpc: Rpc
  readonly block: bigint
}

/** Who stands behind an address, as far as the chain tells. */
export type Account =
  | { readonly kind: 'eoa' | 'contract'; readonly address: Address }
  | {
      readonly kind: 'safe'
      readonly address: Address
      readonly version: string
      readonly threshold: number
      readonly owners: readonly Address[]
      /** The newest 50. */
      readonly modules: readonly Address[]
    }
  /** OpenZeppelin's TimelockController. `minDelay` in seconds. */
  | { readonly kind: 'timelock'; readonly address: Address; readonly minDelay: bigint }
  | { readonly kind: 'governor'; readonly address: Address; readonly name: string }
  | { readonly kind: 'gate'; readonly address: Address; readonly owner: Address }

/** How an implementation is changed; the names of the gate's kinds. */
export type UpgradeKind =
  | 'uups'
  | 'uups-legacy'
  | 'transparent'
  | 'transparent-legacy'
  | 'beacon'
  | 'direct'
  | 'facet'

/** What has to change hands so that somebody else may upgrade. */
export interface Authority {
  /** The contract that says who may: the proxy, its ProxyAdmin, its beacon, the diamond. */
  readonly contract: Address
  /**
   * How it passes: `transferOwnership`, the same with `acceptOwnership` of the new owner, `changeAdmin` of the proxy, or a role of
   * AccessControl. `nothing`: the holder cannot hand it on; a Safe can still lend it.
   */
  readonly by: 'owner' | 'two-step-owner' | 'admin' | 'role' | 'nothing'
  /** Of AccessControl. */
  readonly role?: Hex
  readonly holder: Account
}

/** A contract whose implementation somebody may change, as a gate would take it over. */
export interface Upgradable {
  readonly fits: true
  /** What was asked about. */
  readonly proxy: Address
  /** What is upgraded: the proxy, its beacon, or the diamond. */
  readonly target: Address
  readonly kind: UpgradeKind
  /** The ProxyAdmin of a transparent proxy. */
  readonly proxyAdmin: Address | null
  readonly implementation: Address
  /** Runtime code of the implementation. */
  readonly code: Hex
  /** Of a diamond, the functions the facet answers; empty otherwise. */
  readonly selectors: readonly Hex[]
  readonly authority: Authority
  /** Set where the admin is a contract that calls what it installs: a forwarder has to come between. */
  readonly forwarder?: ForwarderRoute
  /** What a reader should know of it. */
  readonly notes: readonly string[]
}

/** How an admin that cannot be replaced is made to install a forwarder to a beacon. */
export interface ForwarderRoute {
  /** The contract that is the proxy's admin. */
  readonly installer: Address
  /** The installer's function that takes the new implementation as its only argument. */
  readonly selector: Hex
  /** What the installer calls on what it installs. */
  readonly installCalldata: Hex
  /** What today's implementation refuses that call with, being initialised; null where it accepts it. */
  readonly refusal: Hex | null
}

/** A contract, or a part of one, that cannot come under a gate. */
export interface Unsuitable {
  readonly fits: false
  readonly proxy: Address
  /** A sentence for people. */
  readonly reason: string
}

export type Inspection = Upgradable | Unsuitable
