import type { Execution, RunSequence, StateOverride, Step } from '../chain/types.ts'
import type { Address, Hex } from '../core/hex.ts'
import type { Json } from '../core/json.ts'
import type { Protection } from '../detectors/types.ts'
import type { Diagnosis } from '../diagnosis/types.ts'
import type { Certificate } from '../patching/types.ts'

/** `inconclusive` blocks promotion like `ineffective` does, but says that nothing was shown either way. */
export type VerdictKind = 'effective' | 'ineffective' | 'harmful' | 'inconclusive'

export interface Check {
  /** e.g. `attack`, `attack-variant/other-sender`, `history`, `selectors`, `certificate`. */
  readonly name: string
  readonly result: 'pass' | 'fail' | 'inconclusive'
  readonly detail: string
}

export interface Verdict {
  readonly verdict: VerdictKind
  /** Whether it also stops the wider relatives of the attack that were tried; an effective patch that does not is a palliative. */
  readonly general: boolean
  readonly checks: readonly Check[]
  /** Gas of all benign transactions together. */
  readonly gas: { readonly benignBefore: bigint; readonly benignAfter: bigint }
  readonly bundle: EvidenceBundle
}

/** Everything needed to arrive at the verdict again, addressed by the hash of its canonical JSON. Contains no time and no host. */
export interface EvidenceBundle {
  readonly hash: Hex
  readonly content: { readonly [key: string]: Json }
}

// ---- what a verification is given ----

/** Decides whether `patched` is a restriction of `original`. */
export type CheckCertificate = (claim: {
  readonly target: Address
  readonly original: Hex
  readonly patched: Hex
  readonly certificate: Certificate
}) =>
  | { readonly accepted: true }
  | { readonly accepted: false; readonly reason: string; readonly detail: string }

/** Storage slots guards may write: those that begin with `prefix`. Between transactions they must hold one of `free`, if that is given. */
export interface ReservedSlots {
  readonly prefix: Hex
  /** 32-byte words; null where any value may stay. */
  readonly free: readonly Hex[] | null
}

export interface VerificationRequest {
  readonly run: RunSequence
  readonly chainId: number
  readonly hardfork: string
  /** Names the state the node holds: the hash of its block, or of the genesis it was started on. */
  readonly preState: Hex
  /** Laid over the node's state before anything runs. */
  readonly state?: StateOverride
  /** Benign transactions, in order. */
  readonly history: readonly Step[]
  readonly attack: readonly Step[]
  readonly protection: Protection
  /**
   * Runtime code of the protected contracts, their implementations, and of every account a patch may change; `0x` for one that does not
   * exist yet. What a patch changes and is not in here leaves the verdict open.
   */
  readonly codes: Readonly<Record<Address, Hex>>
  /** Selectors a runtime code answers to. What it misses and a linear sweep finds is probed as well. */
  readonly recoverSelectors: (code: Hex) => readonly Hex[]
  readonly checkCertificate: CheckCertificate
  /** Default: where Suture's own guards keep locks, on forks without transient storage, and marks. */
  readonly reserved?: readonly ReservedSlots[]
  /** Whether all guards of a certificate refuse a faulty step and nothing else. Without it no patch counts as narrow. */
  readonly isNarrow?: (certificate: Certificate) => boolean
  readonly diagnosis?: Diagnosis | null
  /** Runs in flight at a time; default 2. */
  readonly parallel?: number
}

// ---- what happens on the original, once for all candidate patches ----

/** A sequence that ran. `state` is what it left. */
export interface Replay {
  readonly executions: readonly Execution[]
  readonly state: StateOverride
}

/** A sequence, or the stable code of the error that kept it from running. */
export type ReplayAttempt =
  | ({ readonly ran: true } & Replay)
  | { readonly ran: false; readonly reason: string }

/** Something of value held by an account. `tokenId` is null where units are interchangeable. */
export interface Holding {
  readonly token: Address | 'native'
  readonly account: Address
  readonly tokenId: bigint | null
}

/** What an attack did to others. Keys are `token/account/tokenId` and `account/slot`. */
export interface Harm {
  /** What accounts other than the attackers lost, in the token's smallest unit; positive. */
  readonly losses: ReadonlyMap<string, bigint>
  /** What attackers were minted out of nothing. */
  readonly minted: ReadonlyMap<string, bigint>
  /** Plain variables of protected contracts that name an attacker now and did not before. */
  readonly captured: ReadonlySet<string>
  /** Slots of protected contracts with another value than before, with the value. */
  readonly changed: ReadonlyMap<string, Hex>
  /** Protected contracts whose code is another than before. */
  readonly recoded: ReadonlySet<string>
}

/** Another way to make the same attack. */
export interface Variant {
  readonly name: string
  /**
   * Whether it does the same by other means. A patch that stops the attack but not a wider relative is a palliative: reported, and promoted
   * only when nothing better is found.
   */
  readonly wider?: true
  readonly passes: readonly (readonly Step[])[]
  /** Accounts the variant needs besides. */
  readonly state: StateOverride
  /** Accounts that act for the attacker in it. */
  readonly accomplices: readonly Address[]
}

/** A variant as it went on the original; null where it is no attack there. */
export interface VariantBaseline {
  readonly variant: Variant
  readonly replay: ReplayAttempt
  readonly harm: Harm | null
}

/** One call to a protected function with made-up arguments. */
export interface Probe {
  readonly target: Address
  readonly selector: Hex
  /** Whether the attack uses the function: then it may refuse, but not do anything else. */
  readonly attacked: boolean
  /** Senseless arguments on the state before: no guard has a reason to refuse them. */
  readonly strict: boolean
  /** The state it is made on: the one everything starts from, or the one history left. */
  readonly moment: 'before' | 'after'
  readonly step: Step
}

export interface Baseline {
  readonly request: VerificationRequest & { readonly reserved: readonly ReservedSlots[] }
  /** Bounded. */
  readonly run: RunSequence
  readonly history: ReplayAttempt
  readonly attack: ReplayAttempt
  readonly attackers: ReadonlySet<Address>
  readonly victims: readonly Holding[]
  readonly harm: Harm
  readonly variants: readonly VariantBaseline[]
  readonly probes: readonly { readonly probe: Probe; readonly replay: ReplayAttempt }[]
  /** Protected contracts whose code was not given, so that they cannot be probed. */
  readonly unknownCode: readonly Address[]
}
