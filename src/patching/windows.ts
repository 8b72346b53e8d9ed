import { SutureError } from '../core/errors.ts'
import { MIN_WINDOW, runAt, type SiteMap, type SiteRun } from './site-map.ts'
import type { PlacedGuard } from './types.ts'

/** Bytes of the original that are overwritten, and the guards that run in their place. */
export interface Window {
  readonly run: SiteRun
  readonly pc: number
  readonly length: number
  /** Ascending by pc; at one pc in the order they were given. */
  readonly guards: readonly PlacedGuard[]
}

/** `[start, end)`; of bytes to keep: they must stay where they are. */
export interface Stretch {
  readonly start: number
  readonly end: number
}

/**
 * Two guards closer than this share a window: copying the bytes between them is cheaper than a second detour (24 gas, 4 bytes and fill).
 * A run's end that is closer is taken along: the way back is saved (12 gas, 4 bytes).
 */
const MERGE_GAP = 24

/**
 * The smallest windows that let every guard run where it is wanted, or those that reach to the near end of a run behind which control does
 * not go on: they need no way back. A guard before the instruction at `pc` needs a window that contains that instruction, or ends right
 * before it.
 *
 * @throws PATCH_IMPOSSIBLE when a guard is wanted outside every run of the site map, or only `keep` bytes are in reach.
 */
export function planWindows(
  siteMap: SiteMap,
  guards: readonly PlacedGuard[],
  keep: readonly Stretch[] = [],
): Window[] {
  const byRun = new Map<SiteRun, PlacedGuard[]>()
  for (const guard of guards) {
    const run = runAt(siteMap, guard.pc)
    if (!run) throw noRun(siteMap, guard)
    byRun.set(run, [...(byRun.get(run) ?? []), guard])
  }
  return [...byRun].flatMap(([run, wanted]) => planRun(run, wanted, keep)).sort((a, b) => a.pc - b.pc)
}

function planRun(run: SiteRun, wanted: readonly PlacedGuard[], keep: readonly Stretch[]): Window[] {
  const sorted = wanted.toSorted((a, b) => a.pc - b.pc)
  const windows: Window[] = []
  for (const guard of sorted) {
    let window = windowFor(run, [guard], keep)
    for (let previous = windows.at(-1); previous && mustMerge(previous, window); previous = windows.at(-1)) {
      windows.pop()
      window = windowFor(run, [...previous.guards, ...window.guards], keep)
    }
    windows.push(window)
  }
  return windows
}

function mustMerge(previous: Window, next: Window): boolean {
  const overlap = previous.pc + previous.length > next.pc
  return overlap || next.guards[0]!.pc - previous.guards.at(-1)!.pc <= MERGE_GAP
}

function windowFor(run: SiteRun, guards: readonly PlacedGuard[], keep: readonly Stretch[]): Window {
  const first = guards[0]!.pc
  const last = guards.at(-1)!.pc
  const ends = run.terminated && run.end - last <= MERGE_GAP
  const window =
    (ends ? smallest(run, { first, last: run.end }, keep) : null) ?? smallest(run, { first, last }, keep)
  if (window === null) throw noRoom(run, guards[0]!)
  return { run, pc: window.start, length: window.end - window.start, guards }
}

/** The smallest window that begins at `first` or before it, and ends at `last` or behind it; the latest of several. */
function smallest(
  { instructions, end: runEnd }: SiteRun,
  { first, last }: { readonly first: number; readonly last: number },
  keep: readonly Stretch[],
): Stretch | null {
  const boundaries = [...instructions.map(({ pc }) => pc), runEnd]
  let best: Stretch | null = null
  for (const start of boundaries.filter((pc) => pc <= first)) {
    const end = boundaries.find((pc) => pc >= Math.max(last, start + MIN_WINDOW))
    if (end === undefined || keep.some((bytes) => bytes.start < end && start < bytes.end)) continue
    if (best === null || end - start <= best.end - best.start) best = { start, end }
  }
  return best
}

function noRun(siteMap: SiteMap, { template, pc }: PlacedGuard): SutureError {
  const reason = siteMap.possible.length > 0 ? ', or not known to be code' : ''
  return new SutureError('PATCH_IMPOSSIBLE', `No window can be placed for a guard at offset ${pc}.`, {
    meta: [
      `guard: ${template}`,
      `reason: the instructions around it are shorter than ${MIN_WINDOW} bytes between jumps${reason}`,
      'fix: place the guard at another instruction of the same path, or put it into a shim',
    ],
  })
}

function noRoom(run: SiteRun, { template, pc }: PlacedGuard): SutureError {
  return new SutureError('PATCH_IMPOSSIBLE', `No window can be placed for a guard at offset ${pc}.`, {
    meta: [
      `guard: ${template}`,
      `reason: between offsets ${run.start} and ${run.end} every window covers the contract's own address, which must stay in place`,
      'fix: place the guard at another instruction of the same path, or put it into a shim',
    ],
  })
}
