import { getContractAddress } from 'viem'
import {
  type CallSite,
  type Execution,
  type Frame,
  type Observation,
  type StorageAccess,
  Taint,
} from '../chain/types.ts'
import { type Address, toAddress } from '../core/hex.ts'
import type { FunctionRef, Protection } from '../detectors/types.ts'

/** What a diagnosis is made from. Attack and history carry observations with provenance. */
export interface Evidence {
  readonly attack: readonly Execution[]
  readonly history: readonly Execution[]
  /** Every function of the protected contracts called once by a stranger: what stops a stranger shows who is trusted. */
  readonly probes: readonly Execution[]
  readonly protection: Protection
}

/** A diagnoser reads the evidence for one class of root cause. */
export type Diagnoser = (evidence: Evidence) => readonly import('./types.ts').Diagnosis[]

export interface ObservedExecution extends Execution {
  readonly observation: Observation
}

/** The executions in which protected code ran. */
export function observed(executions: readonly Execution[]): ObservedExecution[] {
  return executions.filter((execution): execution is ObservedExecution => execution.observation !== undefined)
}

const subtreeEnds = new WeakMap<readonly Frame[], readonly number[]>()

/** Index of the last frame below `frame` (its own where it made no call): frames are in pre-order, so a subtree is a run of indices. */
export function lastBelow({ frames }: Execution, frame: Frame): number {
  let ends = subtreeEnds.get(frames)
  if (!ends) {
    const computed = frames.map(({ index }) => index)
    for (let i = frames.length - 1; i >= 0; i--) {
      const parent = frames[i]!.parent
      if (parent !== null) computed[parent] = Math.max(computed[parent]!, computed[i]!)
    }
    ends = computed
    subtreeEnds.set(frames, ends)
  }
  return ends[frame.index]!
}

/** Whether `inner` ran below `outer` (or is it). */
export function isBelow(execution: Execution, inner: Frame, outer: Frame): boolean {
  return inner.index >= outer.index && inner.index <= lastBelow(execution, outer)
}

/**
 * The frame that entered the protected context `frame` runs in: the outermost one reached from `frame` through delegation and calls of
 * the context to itself. It is the function a user would name.
 */
export function entryOf(execution: Execution, frame: Frame): Frame {
  let entry = frame
  for (let at = frame; at.parent !== null; ) {
    const parent = execution.frames[at.parent]!
    if (parent.context !== frame.context) break
    entry = parent
    at = parent
  }
  return entry
}

/**
 * The frame whose code does the work of a function: behind a proxy the delegate, which got the same calldata; otherwise the
 * frame itself.
 */
export function workerOf(execution: Execution, entry: Frame): Frame {
  for (const index of entry.children) {
    const child = execution.frames[index]!
    if (child.type === 'DELEGATECALL' && child.input === entry.input) return workerOf(execution, child)
  }
  return entry
}

/** The function a frame stands for, with the account that holds its code. */
export function functionOf(execution: Execution, frame: Frame): FunctionRef & { code: Address } {
  const entry = entryOf(execution, frame)
  return { target: entry.context, selector: entry.selector, code: workerOf(execution, entry).code }
}

/** Frames that enter a protected context from outside of it. */
export function entries({ frames }: Execution, { contracts }: Protection): Frame[] {
  return frames.filter((frame) => {
    if (!contracts.has(frame.context) || frame.type.startsWith('CREATE') || frame.type === 'SELFDESTRUCT')
      return false
    return frame.parent === null || frames[frame.parent]!.context !== frame.context
  })
}

/** Earlier deployments looked for, by the sender's latest nonces. */
const DEPLOYMENTS = 128n

/**
 * Contracts the senders of the attack deployed, in it or shortly before: an address made by CREATE tells its creator and nonce.
 *
 * Failure mode: what another account of the attacker deployed, or a factory, is not recognised.
 */
export function deployedByAttackers({ attack }: Evidence): ReadonlySet<Address> {
  const deployed = new Set(attack.flatMap(({ created }) => created))
  for (const { transaction, diff } of attack) {
    const next = diff[transaction.from]?.nonce?.before ?? 0n
    for (let nonce = next > DEPLOYMENTS ? next - DEPLOYMENTS : 0n; nonce < next; nonce++) {
      deployed.add(toAddress(getContractAddress({ from: transaction.from, nonce })))
    }
  }
  return deployed
}

/**
 * Accounts the attacker drives: senders, what they created, and contracts they call that history never saw and that protected code does
 * not itself trust (routers, pairs and tokens whose addresses it keeps).
 *
 * Failure mode: an attack contract deployed long before and reached only through others is not counted.
 */
export function attackersOf(evidence: Evidence): ReadonlySet<Address> {
  const { attack, history, protection } = evidence
  const known = new Set(history.flatMap(({ frames }) => frames.map((frame) => frame.code)))
  const trusted = trustedByCode(attack)
  const attackers = new Set<Address>(deployedByAttackers(evidence))
  for (const { transaction } of attack) {
    attackers.add(transaction.from)
    const { to } = transaction
    if (!to || known.has(to) || trusted.has(to)) continue
    if (!protection.contracts.has(to) && !protection.implementations.has(to)) attackers.add(to)
  }
  return attackers
}

const CHOSEN_BY_CALLER = Taint.calldata | Taint.caller | Taint.callerKeyed | Taint.origin

/** Contracts that protected code called at addresses nobody outside had a say in. */
function trustedByCode(attack: readonly Execution[]): Set<Address> {
  const trusted = new Set<Address>()
  for (const { observation, frames } of observed(attack)) {
    for (const { child, targetOrigin } of observation.calls) {
      if (child !== null && targetOrigin && (targetOrigin.taint & CHOSEN_BY_CALLER) === 0)
        trusted.add(frames[child]!.code)
    }
  }
  return trusted
}

const indices = new WeakMap<
  readonly { readonly frame: number }[],
  ReadonlyMap<number, readonly { readonly frame: number }[]>
>()

/** The observed events of some frames. Each list of an observation is indexed by frame once. */
export function ofFrames<T extends { readonly frame: number }>(
  events: readonly T[],
  frames: Iterable<number>,
): T[] {
  let byFrame = indices.get(events) as ReadonlyMap<number, readonly T[]> | undefined
  if (!byFrame) {
    const index = new Map<number, T[]>()
    for (const event of events) {
      const list = index.get(event.frame)
      if (list) list.push(event)
      else index.set(event.frame, [event])
    }
    byFrame = index
    indices.set(events, index)
  }
  return [...frames].flatMap((frame) => byFrame.get(frame) ?? [])
}

/** Storage accesses of some frames, in order. */
export function accessesOf({ observation }: ObservedExecution, frames: Iterable<number>): StorageAccess[] {
  return ofFrames(observation.accesses, frames).sort((a, b) => a.order - b.order)
}

/** Indices of the frames that run in the context of `entry` as part of that call: itself, its delegates, and its calls to itself. */
export function activationOf(execution: Execution, entry: Frame): Set<number> {
  const indices = new Set<number>([entry.index])
  const walk = (frame: Frame) => {
    for (const index of frame.children) {
      const child = execution.frames[index]!
      if (child.context !== entry.context) continue
      indices.add(index)
      walk(child)
    }
  }
  walk(entry)
  return indices
}

/** A call site by the code it stands in. */
export function codeSite(
  execution: Execution,
  { frame, pc }: Pick<CallSite, 'frame' | 'pc'>,
): { code: Address; pc: number } {
  return { code: execution.frames[frame]!.code, pc }
}

/** Removes repeats by a key, keeping the first. */
export function distinct<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const seen = new Map<string, T>()
  for (const item of items) {
    const key = keyOf(item)
    if (!seen.has(key)) seen.set(key, item)
  }
  return [...seen.values()]
}
