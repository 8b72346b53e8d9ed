import { type Execution, type Frame, type Origin, Taint } from '../chain/types.ts'
import type { Address } from '../core/hex.ts'
import { addressOfWord } from '../core/hex.ts'
import { ancestorsOf, entryOf, protectedAt } from './scope.ts'
import type { Protection } from './types.ts'

const AND = 0x16
const EQ = 0x14
const SUB = 0x03
const XOR = 0x18
const CALLER = 0x33
const ORIGIN = 0x32
/** Slots below this are declared variables, not entries of a mapping or array. */
const FIXED_SLOTS = 1n << 32n
/** How deep a jump condition is searched for a comparison. */
const DEPTH = 8

/** How it is known that who acted was allowed to: a check the contract itself made and that passed. */
export type Authority =
  | { readonly kind: 'caller-checked'; readonly frame: number }
  | { readonly kind: 'owner-read'; readonly frame: number }
  | { readonly kind: 'role-checked'; readonly frame: number }
  | { readonly kind: 'signature'; readonly frame: number }
  | { readonly kind: 'none' }
  /** The opcode level was not seen, or without the origins of what was compared. */
  | { readonly kind: 'unknown' }

/**
 * Whether who acts through `entry` was allowed to. A contract that only takes orders from another protected contract is as safe as
 * that one is, so the question is passed up until somebody outside is reached.
 */
export function authorityOf(execution: Execution, entry: Frame, protection: Protection): Authority {
  const { frames } = execution
  const authority = ownAuthorityOf(execution, entry)
  const outer = outermostOf(frames, entry)
  if (!isAuthorised(authority) || outer.parent === null) return authority
  const above = entryOf(frames, frames[outer.parent]!)
  return protectedAt(above.context, protection) ? authorityOf(execution, above, protection) : authority
}

/** The first frame of the entry's context on the way down from the transaction. */
function outermostOf(frames: readonly Frame[], entry: Frame): Frame {
  const above = [...ancestorsOf(frames, entry)].filter(({ context }) => context === entry.context)
  return above.at(-1) ?? entry
}

/**
 * Whether the entered contract checked who calls before it acted below `entry`: it compared the caller with a fixed value and they were equal,
 * it read the caller's address from a declared variable, it read `true` from a mapping under the caller, or it recovered a signer.
 *
 * A contract whose check is itself the flaw (an owner variable anyone can set first) passes here in the transaction that uses it;
 * the change of the variable is what `privileged-change` sees.
 */
function ownAuthorityOf(execution: Execution, entry: Frame): Authority {
  const { frames, observation } = execution
  const target = entry.context
  const path = [entry, ...ancestorsOf(frames, entry)].filter(({ context }) => context === target)
  const outer = outermostOf(frames, entry)
  const inside = (frame: Frame) => isWithin(frames, frame, outer) && frame.context === target
  const signer = recoveries(execution).find((frame) => inside(frames[frame]!))
  const principals = new Set<Address>(path.map(({ caller }) => caller))
  // Whoever is called by a contract that the sender was lured into calling sees the sender as origin.
  const checksOrigin = outer.caller === execution.transaction.from
  const seen = new Set(observation?.frames)
  if (!observation || !path.some(({ index }) => seen.has(index))) {
    return signer === undefined ? { kind: 'unknown' } : { kind: 'signature', frame: signer }
  }
  for (const { frame, condition } of observation.branches) {
    if (!(condition.taint & (Taint.caller | Taint.origin | Taint.callerKeyed)) || !inside(frames[frame]!))
      continue
    if (comparesCaller(condition, { checksOrigin, depth: DEPTH })) return { kind: 'caller-checked', frame }
    if (readsRole(condition, DEPTH)) return { kind: 'role-checked', frame }
  }
  for (const access of observation.accesses) {
    if (access.kind !== 'read' || access.address !== target || access.slot >= FIXED_SLOTS || access.transient)
      continue
    if (access.value !== 0n && principals.has(addressOfWord(access.value)) && inside(frames[access.frame]!)) {
      return { kind: 'owner-read', frame: access.frame }
    }
  }
  if (signer !== undefined) return { kind: 'signature', frame: signer }
  // Branches are kept only where origins were asked for; without them a comparison with a constant cannot be seen.
  return observation.branches.length > 0 ? { kind: 'none' } : { kind: 'unknown' }
}

/** Whether the check names who may act, as opposed to a signature anyone may carry or no check at all. */
export const isAuthorised = ({ kind }: Authority): boolean => kind !== 'none' && kind !== 'unknown'

function isWithin(frames: readonly Frame[], frame: Frame, outer: Frame): boolean {
  if (frame.index === outer.index) return true
  for (const above of ancestorsOf(frames, frame)) if (above.index === outer.index) return true
  return false
}

const ECRECOVER: Address = '0x0000000000000000000000000000000000000001'

/** Frames that recovered a signer. Some nodes list precompiles in the call tree; where they do not, the opcode level shows the call. */
export function recoveries({ frames, observation }: Execution): number[] {
  const listed = frames.flatMap(({ context, parent }) =>
    context === ECRECOVER && parent !== null ? [parent] : [],
  )
  const observed = (observation?.calls ?? []).flatMap(({ targetOrigin, frame }) =>
    targetOrigin?.value === BigInt(ECRECOVER) ? [frame] : [],
  )
  return [...listed, ...observed]
}

interface Search {
  /** Whether a comparison with the transaction's origin counts. */
  readonly checksOrigin: boolean
  readonly depth: number
}

function isCaller(origin: Origin, checksOrigin: boolean): boolean {
  if (origin.op === 'environment') {
    return origin.opcode === CALLER || (checksOrigin && origin.opcode === ORIGIN)
  }
  // Compilers mask an address to 160 bits before comparing it.
  const masked = origin.op === 'compute' && origin.opcode === AND
  return masked && origin.inputs.some((input) => isCaller(input, checksOrigin))
}

function comparesCaller(origin: Origin, search: Search): boolean {
  const { checksOrigin, depth } = search
  if (origin.op !== 'compute' || depth === 0) return false
  const [left, right] = origin.inputs
  const comparison = origin.opcode === EQ || origin.opcode === SUB || origin.opcode === XOR
  if (comparison && left && right && left.value === right.value) {
    const [isLeft, isRight] = [isCaller(left, checksOrigin), isCaller(right, checksOrigin)]
    const other = isLeft ? right : left
    // Equal to an argument, or to what is kept under the caller's own key, says nothing: whoever calls chooses both.
    const chosen = other.taint & (Taint.calldata | Taint.caller | Taint.origin | Taint.callerKeyed)
    if (isLeft !== isRight && !chosen) return true
  }
  return origin.inputs.some((input) => comparesCaller(input, { checksOrigin, depth: depth - 1 }))
}

function readsRole(origin: Origin, depth: number): boolean {
  if (depth === 0) return false
  if (origin.op === 'storage')
    return (origin.slotOrigin.taint & (Taint.caller | Taint.origin)) !== 0 && (origin.value & 0xffn) === 1n
  return origin.op === 'compute' && origin.inputs.some((input) => readsRole(input, depth - 1))
}
