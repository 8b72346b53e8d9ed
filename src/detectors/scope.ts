import type { Execution, Frame } from '../chain/types.ts'
import type { Address } from '../core/hex.ts'
import type { FunctionRef, Protection } from './types.ts'

/** The protected contract that works at `address`: itself, or the proxy in front of a called implementation. */
export function protectedAt(address: Address, protection: Protection): Address | null {
  if (protection.contracts.has(address)) return address
  return protection.implementations.get(address) ?? null
}

/** Whether the frame runs borrowed code on the storage of the frame above it. */
export const isBorrowed = ({ type }: Frame): boolean => type === 'DELEGATECALL' || type === 'CALLCODE'

/** The call that entered the frame's context: the frame itself, or the first one above it that is not a DELEGATECALL. */
export function entryOf(frames: readonly Frame[], frame: Frame): Frame {
  let entry = frame
  while (isBorrowed(entry) && entry.parent !== null) entry = frames[entry.parent]!
  return entry
}

/** The frames above, nearest first. */
export function* ancestorsOf(frames: readonly Frame[], frame: Frame): Generator<Frame> {
  let parent = frame.parent
  while (parent !== null) {
    const above = frames[parent]!
    yield above
    parent = above.parent
  }
}

/** Index of the last frame below `frame`, in pre-order; the frame's own where it called nothing. */
export function lastBelow(frames: readonly Frame[], frame: Frame): number {
  let last = frame
  while (last.children.length > 0) last = frames[last.children.at(-1)!]!
  return last.index
}

/** Calls into protected contracts (not the delegatecalls inside them). */
export function protectedEntries({ frames }: Execution, protection: Protection): Frame[] {
  return frames.filter(
    (frame) =>
      !isBorrowed(frame) &&
      !frame.type.startsWith('CREATE') &&
      frame.type !== 'SELFDESTRUCT' &&
      protectedAt(frame.context, protection) !== null,
  )
}

/** The function a frame of a protected contract runs, by the address users call; null elsewhere. */
export function functionOf(
  frames: readonly Frame[],
  frame: Frame,
  protection: Protection,
): FunctionRef | null {
  const entry = entryOf(frames, frame)
  const target = protectedAt(entry.context, protection)
  return target && !entry.type.startsWith('CREATE') ? { target, selector: entry.selector } : null
}

/** The protected functions on the way from `frame` up to the transaction, innermost first, each once. */
export function functionsOnPath(execution: Execution, frame: Frame, protection: Protection): FunctionRef[] {
  const { frames } = execution
  const found = new Map<string, FunctionRef>()
  for (const step of [frame, ...ancestorsOf(frames, frame)]) {
    const ref = functionOf(frames, step, protection)
    if (ref) found.set(`${ref.target}${ref.selector}`, ref)
  }
  return [...found.values()]
}
