import { toFunctionSelector } from 'viem'
import type { Address, Hex } from '../core/hex.ts'
import { lendingPoolAbi, savingsReserveAbi } from '../generated/demo.ts'
import { type EventLine, type Feed, isKnownEvent, type Line, type Payloads, readPayload } from './feed.ts'

/** A step of an incident as it was seen from outside. */
export interface Milestone {
  readonly name: string
  /** Since the attack was sent; for a private one, since its block. */
  readonly milliseconds: number
  readonly block: bigint | null
  readonly detail: string
}

/** What a watching process did about one attack. */
export interface Response {
  readonly incident: string | null
  readonly milestones: readonly Milestone[]
  readonly freezes: readonly Hex[]
  readonly restriction: Hex | null
  readonly signers: readonly string[]
  readonly report: { readonly markdown: string; readonly html: string } | null
}

interface FollowOptions {
  readonly feed: Feed
  readonly attack: Hex
  readonly victim: Address
  /** Milliseconds since the epoch at which the attack was sent. */
  readonly since: number
  /** Position in the feed from which to read. */
  readonly from: number
  /** The event after which nothing more is awaited. */
  readonly until: 'FreezeMined' | 'IncidentResolved'
  readonly timeoutMs: number
  readonly onMilestone: (milestone: Milestone) => void
}

/** How long a report may take once its incident is over. */
const REPORT_MS = 5_000

interface Progress extends Response {
  readonly over: boolean
}

const NOTHING: Progress = {
  incident: null,
  milestones: [],
  freezes: [],
  restriction: null,
  signers: [],
  report: null,
  over: false,
}

/** Follows the incident an attack becomes, to its end or until the time is over: what is missing then shows in what is returned. */
export async function followIncident(options: FollowOptions): Promise<Response> {
  const { feed, from, until, timeoutMs, onMilestone } = options
  let end = Date.now() + timeoutMs
  let progress = NOTHING
  for await (const line of feed.follow(from, () => end)) {
    const before = progress
    progress = fold(before, line, options)
    for (const milestone of progress.milestones.slice(before.milestones.length)) onMilestone(milestone)
    if (progress.over && (until === 'FreezeMined' || progress.report)) break
    if (progress.over && !before.over) end = Math.min(end, Date.now() + REPORT_MS)
  }
  const { over: _, ...response } = progress
  return response
}

function fold(progress: Progress, line: Line, options: FollowOptions): Progress {
  if (line.type === 'event') return foldEvent(progress, line, options)
  if (line.type === 'report' && progress.over) {
    return { ...progress, report: { markdown: line.markdown, html: line.html } }
  }
  if (line.type === 'signature' && progress.incident !== null && !progress.over) {
    return { ...progress, signers: [...progress.signers, line.signer] }
  }
  return progress
}

function foldEvent(progress: Progress, line: EventLine, options: FollowOptions): Progress {
  const incident = progress.incident ?? (opensIncident(line, options) ? line.incident : null)
  if (incident === null || line.incident !== incident || !isKnownEvent(line.event)) return progress
  const said = describe(line)
  const milestone = said ? [{ ...said, milliseconds: line.readAt - options.since }] : []
  const next = {
    ...progress,
    incident,
    milestones: [...progress.milestones, ...milestone],
    over: progress.over || line.event === options.until,
  }
  if (line.event === 'FreezeMined') {
    return { ...next, freezes: [...next.freezes, receiptOf(line, 'FreezeMined').hash as Hex] }
  }
  if (line.event !== 'RestrictionMined') return next
  return { ...next, restriction: receiptOf(line, 'RestrictionMined').hash as Hex }
}

function opensIncident(line: EventLine, { attack, victim }: FollowOptions): boolean {
  if (line.event !== 'AttackDetected') return false
  const { sighting, victim: attacked } = readPayload('AttackDetected', line.payload)
  return sighting.transaction.hash === attack || attacked === victim
}

const receiptOf = (line: EventLine, name: 'FreezeMined' | 'RestrictionMined') =>
  readPayload(name, line.payload).receipt

type Told = Omit<Milestone, 'milliseconds'>
type Describer<K extends keyof Payloads> = (payload: Payloads[K]) => Told | null

/** One for each event worth a line on the screen. */
const DESCRIBERS: { readonly [K in keyof Payloads]?: Describer<K> } = {
  AttackDetected: ({ sighting: { finding } }) =>
    told('seen', `${finding.detector}: ${shorten(finding.summary)}`),
  FreezePlanned: ({ containment: { functions } }) =>
    told('contained', `to be frozen: ${functions.map(({ selector }) => functionName(selector)).join(', ')}`),
  FreezeMined: ({ receipt }) => told('frozen', `transaction ${short(receipt.hash)}`, receipt.blockNumber),
  AttackDiagnosed: ({ diagnosis }) =>
    told('diagnosed', `${diagnosis.class} in ${functionName(diagnosis.selector)}`),
  PatchesPlanned: ({ patches }) =>
    told('patched', `${patches.length} candidates; first: ${guards(patches[0]?.description.length ?? 0)}`),
  PatchVerified: ({ candidate, verdict: { verdict, checks } }) => {
    const passed = checks.filter(({ result }) => result === 'pass').length
    return told(
      'verified',
      `candidate ${candidate + 1} is ${verdict}: ${passed} of ${checks.length} checks pass`,
    )
  },
  ApprovalGranted: ({ approval }) => told('approved', `${approval.signatures.length} guardians signed`),
  RestrictionMined: ({ receipt }) =>
    told('upgraded', `transaction ${short(receipt.hash)}; certificate checked on chain`, receipt.blockNumber),
  IncidentResolved: ({ summary }) => told('resolved', shorten(summary)),
  HumanNeeded: ({ effect, sentence }) => told('stuck', `${effect}: ${shorten(sentence)}`),
}

function describe(line: EventLine): Told | null {
  const name = line.event as keyof Payloads
  const describer = DESCRIBERS[name] as Describer<typeof name> | undefined
  return describer ? describer(readPayload(name, line.payload) as never) : null
}

const told = (name: string, detail: string, block: bigint | null = null): Told => ({ name, detail, block })
const guards = (count: number): string => (count === 1 ? '1 guard' : `${count} guards`)

const NAMES = new Map<string, string>(
  [...lendingPoolAbi, ...savingsReserveAbi]
    .filter((item) => item.type === 'function')
    .map((item) => [toFunctionSelector(item), item.name]),
)

/** The name of a function of the demo's contracts; the selector itself for any other. */
export const functionName = (selector: string): string => NAMES.get(selector) ?? selector

export const short = (hex: string): string => (hex.length > 14 ? `${hex.slice(0, 8)}…${hex.slice(-4)}` : hex)

const LONGEST = 90

/** Addresses and sentences cut to what fits a line of a terminal. */
function shorten(text: string): string {
  const brief = text.replaceAll(/0x[0-9a-f]{14,}/g, short)
  return brief.length > LONGEST ? `${brief.slice(0, LONGEST - 1)}…` : brief
}
