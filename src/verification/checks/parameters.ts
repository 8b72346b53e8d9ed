import type { Execution } from '../../chain/types.ts'
import type { Patch } from '../../patching/types.ts'

/**
 * Whether two runs of a probe may differ because a parameter has another value now, which is what a `state` patch is about: a function that
 * only answers may tell another one, and a function that sets the parameter finds another one before it. Both must still succeed; any
 * other function must go on doing what it did.
 *
 * Failure mode: an answer that other contracts build on may change with it. Whether they do is history's to show.
 */
export function showsParameter(patches: readonly Patch[], original: Execution, patched: Execution): boolean {
  if (patches.length === 0 || patches.some(({ kind }) => kind !== 'state')) return false
  if (original.status !== 'success' || patched.status !== 'success') return false
  return (answersOnly(original) && answersOnly(patched)) || setsParameter(patches, original)
}

function answersOnly({ logs, transfers, created, diff }: Execution): boolean {
  if (logs.length + transfers.length + created.length > 0) return false
  return Object.values(diff).every(
    ({ storage, code }) => code === undefined && Object.keys(storage).length === 0,
  )
}

function setsParameter(patches: readonly Patch[], { diff }: Execution): boolean {
  return patches.some(({ target, storage = {} }) =>
    Object.keys(storage).some((slot) => diff[target]?.storage[slot as `0x${string}`] !== undefined),
  )
}
