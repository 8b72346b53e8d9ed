import type { Account, Authority, ForwarderRoute, UpgradeKind } from '../../chain/deployment/types.ts'
import type { Address, Hex } from '../../core/hex.ts'
import type { PlannedCall } from '../types.ts'

/** A call of a batch, with who must make it and what it is for. */
export interface BatchCall extends PlannedCall {
  readonly from: Address
  /** For people: the contract and function by name, with what it is given. */
  readonly what: string
}

/** Calls one account makes one after the other, all or none. */
export interface Batch {
  readonly sender: Account
  readonly calls: readonly BatchCall[]
}

/** A gate and its breaker, and who answers for them. */
export interface GateSite {
  readonly gate: Address
  readonly owner: Account
  readonly breaker: Address
  readonly breakerOwner: Account
}

export interface Pauser {
  readonly account: Address
  /** Seconds its freezes may last, counted from the first. */
  readonly budget: number
}

/** A target with all its registration says. */
export interface Registrable {
  readonly proxy: Address
  readonly target: Address
  readonly kind: UpgradeKind
  readonly proxyAdmin: Address | null
  readonly implementation: Address
  readonly siteMapRoot: Hex
  readonly selectors: readonly Hex[]
  readonly authority: Authority
  /** Whether the holder, a Safe, keeps the authority and lends it to the gate as a module. */
  readonly via: boolean
  readonly forwarder?: ForwarderPlan
}

/** A forwarder and its beacon, deployed by a CREATE2 factory so that their addresses are known before. */
export interface ForwarderPlan extends ForwarderRoute {
  readonly factory: Address
  readonly beacon: Address
  readonly forwarder: Address
  /** What the factory is called with, for what is not there yet. */
  readonly deployBeacon: Hex
  readonly deployForwarder: Hex
  /** Which of the two addresses have code: anybody may have deployed there, and only this. */
  readonly deployed: readonly Address[]
  /** Whether the gate knows the beacon: an earlier hand-over stopped before the forwarder was installed. */
  readonly registered: boolean
}

/** A file to be written. */
export interface BatchFile {
  readonly name: string
  readonly text: string
}

/** The shape in which an account takes a batch. */
export type BatchFormat = 'safe' | 'timelock' | 'governor' | 'calldata'
