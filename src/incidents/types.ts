import type { BlockContext, BlockRef, ChainTransaction, StateOverride } from '../chain/types.ts'
import type { Containment } from '../containment/types.ts'
import type { Address, Hex } from '../core/hex.ts'
import type { Finding, FunctionRef, Severity } from '../detectors/types.ts'
import type { Diagnosis } from '../diagnosis/types.ts'
import type { Receipt, TransactionIntent } from '../execution/types.ts'
import type { Approval, Restriction } from '../governance/types.ts'
import type { PatchSet } from '../patching/types.ts'
import type { Verdict } from '../verification/types.ts'

/** Where an incident stands. Derived from its facts, never stored. */
export type IncidentState =
  | 'detected'
  | 'contained'
  | 'diagnosed'
  | 'patched'
  | 'verified'
  | 'approved'
  | 'executed'
  | 'resolved'
  | 'dismissed'
  | 'expired'
  | 'needs-human'

/** What Suture may do by itself for a protocol; fixed when the incident opens. */
export interface IncidentPolicy {
  /** The least severity that freezes. */
  readonly freeze: Severity | 'never'
  /** `auto`: asks guardians as soon as a patch is verified. `propose`: waits for a person to release it. */
  readonly restrict: 'auto' | 'propose' | 'never'
}

/** An attack transaction as it was seen: enough to run it again. */
export interface Sighting {
  readonly finding: Finding
  readonly transaction: ChainTransaction
  /** The block the execution saw. */
  readonly context: BlockContext
  /** The block whose end state the execution started from. */
  readonly at: bigint
  /** What transactions before it in the same block had changed by then. */
  readonly before: StateOverride
  /** The block it was mined in; null while pending. Attacks seen only when mined freeze all the same. */
  readonly block: BlockRef | null
  /** Whether a reorg took its block back. */
  readonly retracted: boolean
}

/** A transaction of ours and what came of it. The receipt is null again when a reorg takes its block back. */
export interface Sending {
  readonly intent: TransactionIntent
  readonly receipt: Receipt | null
}

/** One plan to contain. A later one only adds. */
export interface FreezePlan {
  readonly containment: Containment
  /** The functions the plan was made for; a finding beyond them asks for another. */
  readonly considered: readonly FunctionRef[]
  readonly sendings: readonly Sending[]
  /** How many sightings there were when it ran out; null while it holds. */
  readonly lapsedAt: number | null
}

export interface Candidate {
  readonly patch: PatchSet
  /** null until verified, and again when an attack arrives the verdict knows nothing of. */
  readonly verdict: Verdict | null
}

/** Something a person should be told. */
export interface Notice {
  readonly key: string
  readonly severity: Severity
  readonly sentence: string
}

/** Why an effect was given up until a person says otherwise. */
export interface Blocker {
  readonly effect: string
  readonly code: string
  readonly sentence: string
}

/** All facts about one attack on one victim. */
export interface Incident {
  readonly id: string
  readonly protocol: string
  readonly chainId: number
  /** The protected contract attacked, by the address users call. */
  readonly victim: Address
  readonly policy: IncidentPolicy
  /** Events folded so far; the `seq` of the next. */
  readonly seq: number
  readonly sightings: readonly Sighting[]
  /** How often all sightings were retracted at once; each asks for one look. */
  readonly doubts: number
  /** Whether the last such look is outstanding. */
  readonly doubted: boolean
  readonly freezes: readonly FreezePlan[]
  readonly diagnosis: Diagnosis | null
  /** Cheapest first; null until planned. */
  readonly candidates: readonly Candidate[] | null
  /** Counts attacks that arrived after verdicts: each asks for new ones. */
  readonly verification: number
  readonly released: boolean
  readonly request: { readonly gate: Address; readonly restriction: Restriction } | null
  readonly approval: Approval | null
  readonly restriction: readonly Sending[]
  readonly notices: readonly Notice[]
  readonly blockers: readonly Blocker[]
  readonly closed: 'resolved' | 'dismissed' | 'expired' | null
}

/** What happened, in the past tense. The decision log is a list of these. */
export type IncidentEvent =
  | {
      readonly type: 'AttackDetected'
      readonly protocol: string
      readonly chainId: number
      readonly victim: Address
      readonly policy: IncidentPolicy
      readonly sighting: Sighting
    }
  /** Another finding on the same victim while the incident is open. */
  | { readonly type: 'FindingAttached'; readonly sighting: Sighting }
  | {
      readonly type: 'FreezePlanned'
      readonly containment: Containment
      readonly considered: readonly FunctionRef[]
      /** Empty: nothing can or may be frozen; `containment.leftOpen` says why. */
      readonly intents: readonly TransactionIntent[]
    }
  | { readonly type: 'FreezeMined'; readonly receipt: Receipt }
  /** A freeze ran out by itself. */
  | { readonly type: 'FreezeLapsed'; readonly plan: number }
  | { readonly type: 'AttackDiagnosed'; readonly diagnosis: Diagnosis }
  | { readonly type: 'PatchesPlanned'; readonly patches: readonly PatchSet[] }
  | { readonly type: 'PatchVerified'; readonly candidate: number; readonly verdict: Verdict }
  | { readonly type: 'PatchReleased'; readonly by: string }
  | { readonly type: 'ApprovalRequested'; readonly gate: Address; readonly restriction: Restriction }
  | {
      readonly type: 'ApprovalGranted'
      readonly approval: Approval
      readonly intents: readonly TransactionIntent[]
    }
  /** The request's deadline passed without enough signatures. */
  | { readonly type: 'ApprovalLapsed' }
  | { readonly type: 'RestrictionMined'; readonly receipt: Receipt }
  | { readonly type: 'IncidentResolved'; readonly summary: string }
  | { readonly type: 'IncidentDismissed'; readonly by: string; readonly reason: string }
  | { readonly type: 'IncidentExpired'; readonly reason: string }
  /** The chain took blocks back that the incident rests on. */
  | { readonly type: 'BlockRetracted'; readonly blocks: readonly BlockRef[] }
  /** After a retraction the attack was run on the new chain. */
  | { readonly type: 'AttackReevaluated'; readonly stands: boolean; readonly reason: string }
  | {
      readonly type: 'HumanNeeded'
      readonly effect: string
      readonly code: string
      readonly sentence: string
    }
  | { readonly type: 'HumanAnswered'; readonly effect: string; readonly by: string }
  | { readonly type: 'NoticeSent'; readonly key: string }

export type IncidentEventType = IncidentEvent['type']

/**
 * What is to be done, as data. `key` is unique within the incident and stable over restarts: an effect is outstanding until an event
 * makes it not so, and is started again after a crash. So every handler must be idempotent or keyed.
 */
export type Effect = { readonly key: string } & (
  | {
      readonly type: 'plan-containment'
      readonly functions: readonly FunctionRef[]
      readonly urgency: 'outbid' | 'normal'
      /** The dearest pending attack, wei per gas. */
      readonly outbid: { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint } | null
    }
  | {
      readonly type: 'send'
      readonly purpose: 'freeze' | 'restriction'
      readonly intent: TransactionIntent
    }
  | {
      readonly type: 'await-lapse'
      readonly plan: number
      readonly duration: bigint
      readonly since: Receipt
    }
  | { readonly type: 'diagnose' }
  | { readonly type: 'plan-patches'; readonly diagnosis: Diagnosis }
  | { readonly type: 'verify'; readonly candidate: number; readonly patch: PatchSet }
  | { readonly type: 'request-approval'; readonly patch: PatchSet; readonly bundle: Hex }
  | { readonly type: 'await-approval'; readonly gate: Address; readonly restriction: Restriction }
  | { readonly type: 'resolve' }
  | { readonly type: 'reevaluate' }
  | { readonly type: 'notify'; readonly notice: Notice }
)

export type EffectType = Effect['type']
export type EffectOf<T extends EffectType> = Extract<Effect, { readonly type: T }>
