import type { Execution, Frame } from '../chain/types.ts'
import { type Address, ZERO_ADDRESS } from '../core/hex.ts'
import { hashJson, toJson } from '../core/json.ts'
import { authorityOf, isAuthorised, recoveries } from './authority.ts'
import { balanceBefore, type Flow, flowsOf, shareOf } from './holdings.ts'
import {
  counterparties,
  type Loss,
  measureLoss,
  paysOwnRecord,
  senderGains,
  shareRedeemed,
} from './outflow-loss.ts'
import { findPulls, type Pull } from './outflow-pull.ts'
import {
  foldOutflow,
  initialOutflowState,
  type OutflowState,
  profileKey,
  rebase,
  usualShare,
} from './outflow-state.ts'
import { entryOf, functionsOnPath, protectedAt, protectedEntries } from './scope.ts'
import { atLeast, lowered } from './severity.ts'
import type { Detector, Finding, FunctionRef, Inspection, Protection, Severity } from './types.ts'

const NAME = 'outflow'

/** Uncompensated share of a holder's value. */
const LOSS = { medium: 0.1, high: 0.25, critical: 0.6 }
/** Share of one token that left, even where something came in for it. */
const DEPLETION = { medium: 0.3, high: 0.45 }
/** Outflows a holder must have shown before its history can vouch for one. */
const ENOUGH_HISTORY = 8
/** How far beyond anything seen an outflow must be to be abnormal by history alone. */
const BEYOND_HISTORY = 8

/**
 * Value that leaves protected contracts, the pools around them, or third parties through them, out of proportion to what the
 * holder had and to what it usually pays.
 */
export const outflow: Detector<OutflowState> = {
  name: NAME,
  description:
    'Sees value leave a holder out of proportion to its holdings and history, or leave third parties through a protected ' +
    'contract. Misses slow drains that look like ordinary use, and tokens that move without saying so.',
  initial: initialOutflowState,
  learn: learnOutflow,
  detect: detectOutflow,
}

function detectOutflow(state: OutflowState, execution: Execution, protection: Protection): Inspection {
  if (execution.status !== 'success') return { checked: true, findings: [] }
  const pulls = judgePulls(state, execution, protection)
  const losses = lossesOf(state, execution, protection)
  const findings = losses.losses.flatMap((loss) => judgeLoss(loss, { state, execution, protection }) ?? [])
  const all = [...pulls, ...findings]
  if (losses.unknown.length === 0) return { checked: true, findings: all }
  return { checked: false, findings: all, reasons: losses.unknown }
}

function flowsByHolder(execution: Execution): Map<Address, Flow[]> {
  const grouped = new Map<Address, Flow[]>()
  for (const flow of flowsOf(execution)) {
    const flows = grouped.get(flow.holder) ?? []
    flows.push(flow)
    grouped.set(flow.holder, flows)
  }
  return grouped
}

interface Losses {
  readonly losses: readonly Loss[]
  /** Outflows of protected contracts whose share could not be told. */
  readonly unknown: readonly string[]
}

function lossesOf(state: OutflowState, execution: Execution, protection: Protection): Losses {
  const losses: Loss[] = []
  const unknown: string[] = []
  const grouped = flowsByHolder(execution)
  const watched = counterparties(execution, protection, (holder) => holder in state.windows)
  for (const [holder, flows] of grouped) {
    const own = protectedAt(holder, protection) !== null
    if (holder === ZERO_ADDRESS || !(own || watched.has(holder))) continue
    // Whoever gives an NFT for another or for nothing: there is no share of it to be lost. A protected vault of NFTs is looked at.
    const weighed = own
      ? flows
      : flows.filter(({ standard }) => standard === 'erc20' || standard === 'native')
    if (weighed.length === 0) continue
    const loss = measureLoss(execution, weighed, state)
    if (loss) losses.push(loss)
    else if (own) unknown.push(...flows.filter(leaves).map(describeUnknown))
  }
  return { losses, unknown }
}

const leaves = ({ out, in: back }: Flow): boolean => out > back

const describeUnknown = ({ holder, token }: Flow): string =>
  `what ${holder} held of ${token} before the transaction is not known`

interface Setting {
  readonly state: OutflowState
  readonly execution: Execution
  readonly protection: Protection
}

function judgeLoss(loss: Loss, setting: Setting): Finding | null {
  const { execution, protection } = setting
  const { holder, flow } = loss
  const redeemed = shareRedeemed(execution, holder)
  const unpaid = Math.max(0, loss.value - redeemed)
  let severity = severityOfLoss(loss, unpaid, redeemed)
  if (severity === 'info') return null
  const frame = execution.frames[flow.frame]!
  const own = protectedAt(holder, protection)
  const entry = entryOfHolder(execution, frame, holder)
  const authority = entry ? authorityOf(execution, entry, protection) : { kind: 'none' as const }
  if (isAuthorised(authority)) return null
  if (entry && paysOwnRecord(execution, loss, entry.caller)) severity = lowered(severity, 2)
  // A sweep to an address the contract itself knows, by somebody who gains nothing.
  const named = entry && (flow.to === entry.caller || entry.input.includes(flow.to.slice(2)))
  if (own && !named && !senderGains(execution, flowsOf(execution), holder)) severity = lowered(severity, 2)
  severity = tempered(severity, loss, setting)
  // A stranger seen for the first time may be anybody's wallet, and an unseen check may have let its owner in.
  const doubtful = own ? authority.kind === 'unknown' : !(holder in setting.state.windows)
  if (severity === 'critical' && doubtful) severity = 'high'
  const functions = functionsInvolved(execution, frame, protection)
  const subject = own ?? functions[0]?.target
  if (!subject) return null
  return {
    detector: NAME,
    severity,
    subject,
    functions,
    summary: describeLoss(loss, unpaid),
    evidence: {
      mechanism: own ? 'holder-drained' : 'counterparty-drained',
      holder,
      token: flow.token,
      amount: toJson(flow.out - flow.in),
      before: toJson(loss.before),
      share: loss.share,
      shareInThisTransaction: loss.shareNow,
      uncompensated: unpaid,
      redeemed,
      to: flow.to,
      authority: authority.kind,
    },
    fingerprint: hashJson([NAME, 'drained', holder, flow.token]),
  }
}

/** The call by which control entered the holder before the value left it. */
function entryOfHolder({ frames }: Execution, frame: Frame, holder: Address): Frame | null {
  let at: Frame | null = frame
  while (at && at.context !== holder) at = at.parent === null ? null : frames[at.parent]!
  return at ? entryOf(frames, at) : null
}

function severityOfLoss(loss: Loss, unpaid: number, redeemed: number): Severity {
  if (unpaid >= LOSS.critical) return 'critical'
  if (unpaid >= LOSS.high) return 'high'
  const depleted = loss.share - redeemed
  if (depleted >= DEPLETION.high) return 'high'
  if (unpaid >= LOSS.medium || depleted >= DEPLETION.medium) return 'medium'
  return 'low'
}

/** What history adds: what was often seen is milder, what is far beyond anything seen is worse. */
function tempered(severity: Severity, loss: Loss, { state }: Setting): Severity {
  const profile = state.profiles[profileKey(loss.holder, loss.flow.token)]
  if (!profile || profile.count < ENOUGH_HISTORY) return severity
  const usual = usualShare(profile, 0.9)
  const amount = loss.flow.out - loss.flow.in
  const largest = BigInt(profile.largest)
  if (usual !== null && loss.shareNow <= usual && amount <= largest) {
    // What the window lost before is not this transaction's doing: ordinary use goes on while a holder is being drained.
    return loss.shareNow < LOSS.medium && atLeast(severity, 'medium') ? 'medium' : lowered(severity)
  }
  const beyond = amount > largest * BigInt(BEYOND_HISTORY)
  return severity === 'medium' && beyond && (usual === null || loss.shareNow > usual * BEYOND_HISTORY)
    ? 'high'
    : severity
}

/** The functions on the way to the frame; where no protected one is, those that ran anywhere in the transaction. */
function functionsInvolved(execution: Execution, frame: Frame, protection: Protection): FunctionRef[] {
  const path = functionsOnPath(execution, frame, protection)
  if (path.length > 0) return path
  const found = new Map<string, FunctionRef>()
  for (const entry of protectedEntries(execution, protection)) {
    if (entry.type === 'STATICCALL' || entry.reverted) continue
    for (const ref of functionsOnPath(execution, entry, protection))
      found.set(`${ref.target}${ref.selector}`, ref)
  }
  return [...found.values()]
}

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`

function describeLoss({ holder, flow, share }: Loss, unpaid: number): string {
  const made = unpaid > 0.005 ? `, ${percent(unpaid)} of its value not made up for` : ''
  return `balance of ${holder} (${flow.token}) down ${percent(share)}${made}`
}

function judgePulls(state: OutflowState, execution: Execution, protection: Protection): Finding[] {
  const findings = new Map<string, Finding>()
  const flows = flowsOf(execution)
  for (const pull of findPulls(execution, protection)) {
    const { victim, transfer, spender, entry } = pull
    const flow = flows.find(({ holder, token }) => holder === victim && token === transfer.token)!
    const before = balanceBefore(execution, flow)
    const share = before === null ? null : shareOf(flow.out - flow.in, before)
    const kept = flows.some(
      ({ holder, token, in: got, out }) =>
        holder === spender && token === flow.token && (got - out) * 2n > flow.out,
    )
    const severity = severityOfPull({ pull, share, kept }, { state, execution, protection })
    const fingerprint = hashJson([NAME, 'pulled', spender, pull.function.selector])
    const known = findings.get(fingerprint)
    if (known && atLeast(known.severity, severity)) continue
    findings.set(fingerprint, {
      detector: NAME,
      severity,
      subject: spender,
      functions: functionsOnPath(execution, entry, protection),
      summary: `${spender} moved ${share === null ? 'tokens' : percent(share)} (${transfer.token}) of ${victim}, who neither sent this nor signed for it`,
      evidence: {
        mechanism: 'allowance-abused',
        victim,
        token: transfer.token,
        amount: toJson(flow.out - flow.in),
        share,
        to: transfer.to,
      },
      fingerprint,
    })
  }
  return [...findings.values()]
}

/** Pulls by the same caller through the same function that make it a keeper rather than a thief. */
const KNOWN_KEEPER = 2
/** Below this share of what a third party holds, one pull is more likely a charge than a theft. */
const SMALL_PULL = 0.01

interface WeighedPull {
  readonly pull: Pull
  readonly share: number | null
  /** Whether the protected contract still has it at the end. */
  readonly kept: boolean
}

function severityOfPull({ pull, share, kept }: WeighedPull, setting: Setting): Severity {
  const { state, execution, protection } = setting
  const { entry, function: ref } = pull
  if ((state.pulls[pullKey(ref, entry)] ?? 0) >= KNOWN_KEEPER) return 'low'
  const authority = authorityOf(execution, entry, protection)
  if (authority.kind === 'signature' || kept) return 'medium'
  if (isAuthorised(authority)) return 'low'
  const doubtful = recoveries(execution).length > 0 || (share !== null && share < SMALL_PULL)
  return doubtful ? 'high' : 'critical'
}

const pullKey = ({ target, selector }: FunctionRef, { caller }: Frame): string =>
  `${target}|${selector}|${caller}`

/** Whether the outflow was somebody's due, so that the holder has not lost anything by it. */
function isPaidRightly(loss: Loss, { execution, protection }: Setting): boolean {
  const { holder, flow, shareNow } = loss
  if (shareNow <= shareRedeemed(execution, holder) + ROUNDING) return true
  const entry = entryOfHolder(execution, execution.frames[flow.frame]!, holder)
  if (!entry) return false
  return (
    isAuthorised(authorityOf(execution, entry, protection)) || paysOwnRecord(execution, loss, entry.caller)
  )
}

/** Fees and rounding between a share of the claims and the share paid out for it. */
const ROUNDING = 0.001

function learnOutflow(state: OutflowState, execution: Execution, protection: Protection): OutflowState {
  if (execution.status !== 'success') return state
  const pulls = findPulls(execution, protection)
  const { losses } = lossesOf(state, execution, protection)
  if (pulls.length === 0 && losses.length === 0) return state
  const next = { pulls: { ...state.pulls }, profiles: { ...state.profiles }, windows: { ...state.windows } }
  for (const pull of new Set(pulls.map(({ function: ref, entry }) => pullKey(ref, entry)))) {
    next.pulls[pull] = (next.pulls[pull] ?? 0) + 1
  }
  for (const loss of losses) {
    const { holder, flow, shareNow, window } = loss
    const key = profileKey(holder, flow.token)
    next.profiles[key] = foldOutflow(next.profiles[key], { amount: flow.out - flow.in, share: shareNow })
    next.windows[holder] = isPaidRightly(loss, { state, execution, protection }) ? rebase(window) : window
  }
  return next
}
