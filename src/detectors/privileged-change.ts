import type { Execution, Frame } from '../chain/types.ts'
import { type Address, addressOfWord, type Hex, toWord } from '../core/hex.ts'
import { hashJson } from '../core/json.ts'
import { authorityOf, isAuthorised } from './authority.ts'
import { PRIVILEGED_EVENTS, PROXY_SLOTS } from './privileged-events.ts'
import { entryOf, functionOf, functionsOnPath, isBorrowed, protectedAt, protectedEntries } from './scope.ts'
import { atLeast } from './severity.ts'
import type { Detector, Finding, Inspection, Protection, Severity } from './types.ts'

const NAME = 'privileged-change'
/** Declared variables; entries of mappings and arrays have hashed slots far above. */
const FIXED_SLOTS = 1n << 32n
/** Successful calls by few callers after which a function counts as theirs. */
const ENOUGH_CALLS = 8
const FEW_CALLERS = 2
/** Callers remembered by function: more than this is everybody. */
const CALLERS_KEPT = 16

export interface PrivilegedState {
  /** By function: how often it was called with effect, and by whom (as long as they are few). */
  readonly callers: {
    readonly [functionRef: string]: { readonly count: number; readonly by: readonly Address[] }
  }
  /** By contract and slot: who changed it before. */
  readonly writers: { readonly [slot: string]: readonly Address[] }
}

/**
 * Authority over a protected contract that changes hands without the contract having checked who asks: proxy slots, owners, roles,
 * initialisers, code, and any declared variable that holds an address.
 */
export const privilegedChange: Detector<PrivilegedState> = {
  name: NAME,
  description:
    'Sees who may do what change without the contract checking its caller, and functions only few ever used being used by a ' +
    'stranger. Misses a check that is there but wrong, and authority kept in hashed slots without an event.',
  initial: { callers: {}, writers: {} },
  learn: learnPrivileged,
  detect: detectPrivileged,
}

/** Something that decides who may act, changed. */
interface Change {
  readonly target: Address
  readonly what: string
  /** The call that entered the contract and changed it. */
  readonly entry: Frame
  readonly slot?: Hex
  readonly before?: Hex
  readonly after?: Hex
  /** Whether the contract's own standard says it is authority, rather than the shape of the value. */
  readonly certain: boolean
}

function detectPrivileged(state: PrivilegedState, execution: Execution, protection: Protection): Inspection {
  if (execution.status !== 'success') return { checked: true, findings: [] }
  const worst = new Map<string, Finding>()
  const doubts = new Set<string>()
  for (const change of findChanges(execution, protection)) {
    const authority = authorityOf(execution, change.entry, protection)
    if (isAuthorised(authority) || isKnownWriter(state, change)) continue
    if (authority.kind === 'unknown')
      doubts.add(`whether ${change.target} checked its caller was not seen at opcode level`)
    const finding = describeChange(change, {
      execution,
      protection,
      severity: severityOf(change, execution, authority.kind),
    })
    const known = worst.get(finding.fingerprint)
    if (!known || !atLeast(known.severity, finding.severity)) worst.set(finding.fingerprint, finding)
  }
  const findings = [...worst.values(), ...strangers(state, execution, protection)]
  return doubts.size === 0 ? { checked: true, findings } : { checked: false, findings, reasons: [...doubts] }
}

function findChanges(execution: Execution, protection: Protection): Change[] {
  const created = new Set(execution.created)
  const changes: Change[] = [...codeChanges(execution, protection), ...eventChanges(execution, protection)]
  for (const [key, { storage }] of Object.entries(execution.diff)) {
    const address = key as Address
    if (protectedAt(address, protection) === null || created.has(address)) continue
    for (const [slot, { before, after }] of Object.entries(storage)) {
      const what =
        PROXY_SLOTS.get(slot as Hex) ??
        (holdsNamedAddress(execution, slot as Hex, { before, after }) ? 'address' : null)
      const entry = what === null ? null : writerOf(execution, address, slot as Hex)
      if (!what || !entry) continue
      changes.push({
        target: address,
        what,
        entry,
        slot: slot as Hex,
        before,
        after,
        certain: PROXY_SLOTS.has(slot as Hex),
      })
    }
  }
  return changes.filter(({ target }) => !created.has(target))
}

/**
 * Whether a declared variable went from one address to another that takes part in the transaction. Numbers can look like addresses;
 * that one happens to equal a participant's address they cannot.
 */
function holdsNamedAddress(
  { frames, transaction, created }: Execution,
  slot: Hex,
  { before, after }: { readonly before: Hex; readonly after: Hex },
): boolean {
  if (BigInt(slot) >= FIXED_SLOTS) return false
  const [old, now] = [addressOfWord(BigInt(before)), addressOfWord(BigInt(after))]
  if (old === now || BigInt(old) < 1n << 96n || BigInt(now) < 1n << 96n) return false
  if (now === transaction.from || created.includes(now)) return true
  return (
    frames.some(({ caller, context }) => caller === now || context === now) ||
    transaction.data.includes(now.slice(2))
  )
}

/** The call that entered `address` and wrote the slot last; the first call into it where writes were not observed. */
function writerOf({ frames, observation }: Execution, address: Address, slot: Hex): Frame | null {
  const number = BigInt(slot)
  const write = observation?.accesses.findLast(
    (access) =>
      access.kind === 'write' &&
      access.address === address &&
      access.slot === number &&
      !frames[access.frame]!.reverted,
  )
  const frame = write
    ? frames[write.frame]
    : frames.find((one) => one.context === address && !one.reverted && one.type !== 'STATICCALL')
  return frame ? entryOf(frames, frame) : null
}

function codeChanges(execution: Execution, protection: Protection): Change[] {
  const { frames, diff } = execution
  const changes: Change[] = []
  for (const frame of frames) {
    if (frame.type !== 'SELFDESTRUCT' || frame.reverted || protectedAt(frame.caller, protection) === null)
      continue
    const parent = frame.parent === null ? frame : entryOf(frames, frames[frame.parent]!)
    changes.push({ target: frame.caller, what: 'selfdestruct', entry: parent, certain: true })
  }
  for (const [key, { code }] of Object.entries(diff)) {
    const address = key as Address
    if (
      !code ||
      code.before === '0x' ||
      code.before === code.after ||
      protectedAt(address, protection) === null
    )
      continue
    const frame = frames.find(({ context, reverted }) => context === address && !reverted)
    if (frame) changes.push({ target: address, what: 'code', entry: entryOf(frames, frame), certain: true })
  }
  return changes
}

function eventChanges({ frames, logs, created }: Execution, protection: Protection): Change[] {
  return logs.flatMap(({ address, topics, frame }) => {
    const what = topics[0] ? PRIVILEGED_EVENTS.get(topics[0]) : undefined
    if (!what || protectedAt(address, protection) === null || created.includes(address)) return []
    return [{ target: address, what, entry: entryOf(frames, frames[frame]!), certain: true }]
  })
}

function isKnownWriter({ writers }: PrivilegedState, change: Change): boolean {
  const known = writers[writerKey(change)] ?? []
  // A variable that several callers changed before is not authority.
  return known.includes(change.entry.caller) || known.length > FEW_CALLERS
}

const writerKey = ({ target, what, slot }: Change): string => `${target}|${slot ?? what}`

function severityOf(change: Change, { transaction, created }: Execution, authority: string): Severity {
  if (authority === 'unknown') return change.certain ? 'high' : 'medium'
  if (change.certain) return 'critical'
  const now = change.after ? addressOfWord(BigInt(change.after)) : null
  const own =
    now === transaction.from || now === change.entry.caller || (now !== null && created.includes(now))
  return own ? 'high' : 'medium'
}

interface Description {
  readonly execution: Execution
  readonly protection: Protection
  readonly severity: Severity
}

function describeChange(change: Change, { execution, protection, severity }: Description): Finding {
  const { target, what, entry, slot, before, after } = change
  const thing = what === 'address' ? `the address in slot ${BigInt(slot!)}` : `its ${what}`
  const done = what === 'selfdestruct' ? 'destroy it' : `change ${thing}`
  return {
    detector: NAME,
    severity,
    subject: protectedAt(target, protection)!,
    functions: functionsOnPath(execution, entry, protection),
    summary: `${target} let ${entry.selector} ${done} without checking who calls`,
    evidence: {
      mechanism: what,
      ...(slot ? { slot: toWord(BigInt(slot)), before: before!, after: after! } : {}),
    },
    fingerprint: hashJson([NAME, target, what, slot ?? null]),
  }
}

/** Functions that only a closed set of callers ever used, used with effect by somebody else. */
function strangers(state: PrivilegedState, execution: Execution, protection: Protection): Finding[] {
  const findings: Finding[] = []
  for (const entry of effectiveEntries(execution, protection)) {
    const ref = functionOf(execution.frames, entry, protection)!
    const known = state.callers[`${ref.target}|${ref.selector}`]
    if (
      !known ||
      known.count < ENOUGH_CALLS ||
      known.by.length > FEW_CALLERS ||
      known.by.includes(entry.caller)
    )
      continue
    findings.push({
      detector: NAME,
      severity: 'medium',
      subject: ref.target,
      functions: functionsOnPath(execution, entry, protection),
      summary: `${ref.selector} of ${ref.target} was used by a stranger; ${known.by.length} callers made all ${known.count} calls so far`,
      evidence: { mechanism: 'stranger', caller: entry.caller, known: [...known.by], count: known.count },
      fingerprint: hashJson([NAME, 'stranger', ref.target, ref.selector]),
    })
  }
  return findings
}

/** Calls into protected contracts that changed their storage, and lasted. */
function effectiveEntries(execution: Execution, protection: Protection): Frame[] {
  const { frames, diff } = execution
  return protectedEntries(execution, protection).filter(
    (entry) =>
      entry.type === 'CALL' &&
      !entry.reverted &&
      entry.selector !== '0x' &&
      !isBorrowed(frames[entry.index]!) &&
      Object.keys(diff[entry.context]?.storage ?? {}).length > 0,
  )
}

function learnPrivileged(
  state: PrivilegedState,
  execution: Execution,
  protection: Protection,
): PrivilegedState {
  if (execution.status !== 'success') return state
  const entries = effectiveEntries(execution, protection)
  const changes = findChanges(execution, protection)
  if (entries.length === 0 && changes.length === 0) return state
  const callers = { ...state.callers }
  for (const entry of entries) {
    const { target, selector } = functionOf(execution.frames, entry, protection)!
    const known = callers[`${target}|${selector}`] ?? { count: 0, by: [] }
    callers[`${target}|${selector}`] = { count: known.count + 1, by: withCaller(known.by, entry.caller) }
  }
  const writers = { ...state.writers }
  for (const change of changes) {
    writers[writerKey(change)] = withCaller(writers[writerKey(change)] ?? [], change.entry.caller)
  }
  return { callers, writers }
}

function withCaller(by: readonly Address[], caller: Address): readonly Address[] {
  return by.includes(caller) || by.length >= CALLERS_KEPT ? by : [...by, caller]
}
