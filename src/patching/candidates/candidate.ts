import type { Address, Hex } from '../../core/hex.ts'
import type { CodeSite, Mechanism } from '../../diagnosis/types.ts'
import type { PatchTarget } from '../target.ts'
import type { PlacedGuard } from '../types.ts'

export interface PlanContext {
  readonly hardfork: string
  readonly targetOf: (code: Address) => PatchTarget
}

export type Placement = ReadonlyMap<Address, readonly PlacedGuard[]>

/** A way to stop the attack, not yet fitted to code. `place` throws PATCH_IMPOSSIBLE where it does not fit. */
export interface Candidate {
  readonly name: string
  /** What a guardian must know besides the guards. */
  readonly notes: readonly string[]
  readonly place: (context: PlanContext) => Placement
}

export type MechanismOf<Class extends Mechanism['class']> = Extract<Mechanism, { class: Class }>
export type Entry = { readonly code: Address; readonly selector: Hex }

export const candidate = (
  name: string,
  place: Candidate['place'],
  notes: readonly string[] = [],
): Candidate => ({ name, notes, place })

/** Guards at call sites or other instructions that a diagnosis names. */
export function atSites<Site extends CodeSite>(
  sites: readonly Site[],
  guards: (site: Site) => readonly PlacedGuard[],
): Placement {
  return merge(...sites.map((site) => new Map([[site.code, guards(site)]])))
}

/** A guard where a function is entered. */
export function atEntries(
  entries: readonly Entry[],
  context: PlanContext,
  guard: (pc: number) => readonly PlacedGuard[],
): Placement {
  return merge(
    ...entries.map(({ code, selector }) => {
      const sites = context.targetOf(code).entrySites(selector)
      return new Map([[code, sites.flatMap(guard)]])
    }),
  )
}

/** All guards of several placements. */
export function merge(...placements: readonly Placement[]): Placement {
  const merged = new Map<Address, PlacedGuard[]>()
  for (const placement of placements) {
    for (const [code, guards] of placement) merged.set(code, [...(merged.get(code) ?? []), ...guards])
  }
  return merged
}
