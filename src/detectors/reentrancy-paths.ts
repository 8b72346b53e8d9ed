import type { Execution, Frame, StorageAccess } from '../chain/types.ts'
import { ancestorsOf, entryOf, isBorrowed, lastBelow, protectedAt, protectedEntries } from './scope.ts'
import type { Protection } from './types.ts'

const SUB = 0x03

/** A protected contract was entered while another call into the protocol was waiting for an outside contract to return. */
export interface Reentry {
  /** The call that was waiting. */
  readonly outer: Frame
  /** The outside contract it had called. */
  readonly outside: Frame
  /** The call that came back in. */
  readonly inner: Frame
  readonly kind: 'same-function' | 'cross-function' | 'cross-contract' | 'read-only'
}

/** Every return into the protocol from below a call that left it. Failed ones are left out: they had no effect. */
export function findReentries(execution: Execution, protection: Protection, index: AccessIndex): Reentry[] {
  const { frames } = execution
  const found: Reentry[] = []
  for (const inner of protectedEntries(execution, protection)) {
    if (inner.reverted) continue
    let outside: Frame | null = null
    for (const above of ancestorsOf(frames, inner)) {
      if (protectedAt(above.context, protection) === null) {
        outside = above
        continue
      }
      // A frame that entered by DELEGATECALL belongs to the entry above it.
      if (outside === null || isBorrowed(above)) continue
      const kind = hasEffects(execution, inner, index) ? kindOf(above, inner) : 'read-only'
      found.push({ outer: above, outside: entryOf(frames, outside), inner, kind })
      break
    }
  }
  return found
}

/** Old compilers call views with CALL: what wrote, logged and moved nothing is a read. Without the opcode level a CALL is no read. */
function hasEffects(execution: Execution, inner: Frame, index: AccessIndex): boolean {
  const { frames, logs, transfers, observation } = execution
  if (inner.type === 'STATICCALL') return false
  const last = lastBelow(frames, inner)
  const below = (frame: number) => frame >= inner.index && frame <= last
  if (!observation || inner.value > 0n) return true
  if (logs.some(({ frame }) => below(frame)) || transfers.some(({ frame }) => below(frame))) return true
  for (let frame = inner.index; frame <= last; frame++)
    if (index.byFrame.get(frame)?.some(isWrite)) return true
  return false
}

function kindOf(outer: Frame, inner: Frame): Reentry['kind'] {
  if (inner.context !== outer.context) return 'cross-contract'
  return inner.selector === outer.selector ? 'same-function' : 'cross-function'
}

/** A storage slot on which a call and the call that re-entered it depend on each other. */
export interface Conflict {
  readonly address: StorageAccess['address']
  readonly slot: bigint
  /**
   * `stale`: both calls acted on the same value of it, and the outer one settled it after the inner one had.
   * `late`: the outer call wrote it after it came back, having looked again, and the inner one had used it.
   * `moved`: the inner call wrote what the outer one had read before, and the outer one did not look again.
   */
  readonly kind: 'stale' | 'late' | 'moved'
}

/** The lasting accesses of an execution, by frame and by slot. */
export interface AccessIndex {
  readonly byFrame: ReadonlyMap<number, readonly StorageAccess[]>
  readonly bySlot: ReadonlyMap<string, readonly StorageAccess[]>
}

/** Sorts an execution's storage accesses for `findConflicts`. What was undone and what is transient is left out. */
export function indexAccesses({ frames, observation }: Execution): AccessIndex {
  const byFrame = new Map<number, StorageAccess[]>()
  const bySlot = new Map<string, StorageAccess[]>()
  for (const access of observation?.accesses ?? []) {
    if (access.transient || frames[access.frame]!.reverted) continue
    append(byFrame, access.frame, access)
    append(bySlot, slotKey(access), access)
  }
  return { byFrame, bySlot }
}

function append<K>(map: Map<K, StorageAccess[]>, key: K, access: StorageAccess): void {
  const list = map.get(key)
  if (list) list.push(access)
  else map.set(key, [access])
}

/**
 * Slots on which the calls conflict, worst first. Null where the outer or inner call was not seen at opcode level.
 *
 * A slot that the outer call had set before leaving and set back afterwards is a lock; reading it is no conflict.
 */
export function findConflicts(execution: Execution, reentry: Reentry, index: AccessIndex): Conflict[] | null {
  const { frames, observation } = execution
  const { outer, inner } = reentry
  const observed = new Set(observation?.frames)
  if (!runsObserved(frames, outer, observed) || !runsObserved(frames, inner, observed)) return null
  const inside = new Map<string, StorageAccess[]>()
  const innerLast = lastBelow(frames, inner)
  let [start, end] = [Number.POSITIVE_INFINITY, -1]
  for (let frame = inner.index; frame <= innerLast; frame++) {
    for (const access of index.byFrame.get(frame) ?? []) {
      append(inside, slotKey(access), access)
      start = Math.min(start, access.order)
      end = Math.max(end, access.order)
    }
  }
  const wrapped = observation!.wraps.some(
    ({ frame, opcode }) => opcode === SUB && frame < inner.index && entryOf(frames, frames[frame]!) === outer,
  )
  const conflicts: Conflict[] = []
  for (const [key, theirs] of inside) {
    const mine = index.bySlot.get(key)!.filter(({ frame }) => entryOf(frames, frames[frame]!) === outer)
    const before = mine.filter(({ order }) => order < start)
    const after = mine.filter(({ order }) => order > end)
    const kind = conflictOf({ before, inside: theirs, after, wrapped })
    if (kind) conflicts.push({ address: theirs[0]!.address, slot: theirs[0]!.slot, kind })
  }
  const rank = { stale: 0, moved: 1, late: 2 }
  return conflicts.sort((a, b) => rank[a.kind] - rank[b.kind])
}

function runsObserved(frames: readonly Frame[], entry: Frame, observed: ReadonlySet<number>): boolean {
  return (
    observed.has(entry.index) ||
    entry.children.some((child) => isBorrowed(frames[child]!) && observed.has(child))
  )
}

const slotKey = ({ address, slot }: StorageAccess): string => `${address}:${slot}`

interface Slices {
  readonly before: readonly StorageAccess[]
  readonly inside: readonly StorageAccess[]
  readonly after: readonly StorageAccess[]
  /** Whether the outer call's arithmetic wrapped after it came back: a subtraction that no longer fits what is left. */
  readonly wrapped: boolean
}

const isRead = ({ kind }: StorageAccess): boolean => kind === 'read'
const isWrite = ({ kind }: StorageAccess): boolean => kind === 'write'
const isChange = ({ kind, value, previous }: StorageAccess): boolean => kind === 'write' && value !== previous

function conflictOf({ before, inside, after, wrapped }: Slices): Conflict['kind'] | null {
  const innerWrote = inside.some(isChange)
  const wroteBefore = before.filter(isWrite)
  const lastWrite = after.findLast(isWrite)
  const restored = wroteBefore.length > 0 && lastWrite?.value === wroteBefore[0]!.previous
  if (restored && !innerWrote) return null
  const known = before.findLast(isRead)
  if (lastWrite && (innerWrote || after.some(isChange))) {
    const shared =
      known && wroteBefore.length === 0 && inside.some((one) => isRead(one) && one.value === known.value)
    // Looking again before writing is what a designed callback does. Writing blindly, or what already stands there, or past
    // zero, settles the same thing twice.
    const twice = isWrite(after[0]!) || (innerWrote && !after.some(isChange)) || wrapped
    return shared && twice ? 'stale' : 'late'
  }
  return innerWrote && known && !after.some(isRead) ? 'moved' : null
}
