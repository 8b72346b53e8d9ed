import { SutureError } from '../core/errors.ts'
import type { Address, Hex } from '../core/hex.ts'
import type { CodeSite, Diagnosis, Mechanism } from '../diagnosis/types.ts'
import { OP } from '../evm/opcodes.ts'
import {
  disable,
  guardArithmetic,
  guardCall,
  guardCallAnswer,
  guardCaller,
  guardCallerInSlot,
  guardCallSuccess,
  guardEntry,
  guardOrigin,
  guardPull,
} from './guards.ts'
import type { PatchTarget } from './target.ts'
import type { PlacedGuard } from './types.ts'

export interface PlanContext {
  readonly hardfork: string
  readonly targetOf: (code: Address) => PatchTarget
}

type Placement = ReadonlyMap<Address, readonly PlacedGuard[]>

/** A way to stop the attack, not yet fitted to code. `place` throws PATCH_IMPOSSIBLE where it does not fit. */
export interface Candidate {
  readonly name: string
  /** What a guardian must know besides the guards. */
  readonly notes: readonly string[]
  readonly place: (context: PlanContext) => Placement
}

type MechanismOf<Class extends Mechanism['class']> = Extract<Mechanism, { class: Class }>
type Entry = { readonly code: Address; readonly selector: Hex }

/**
 * The ways to stop what several diagnoses of one class name: the same guard in all of them at once, in order of the first's preference; then
 * each by itself.
 */
export function combinedCandidates(diagnoses: readonly Diagnosis[]): Candidate[] {
  const each = diagnoses.map(candidatesFor)
  const [first = [], ...others] = each
  if (others.length === 0) return first
  const together = first.flatMap((one, index) => {
    const same = others.map((candidates) => candidates[index])
    if (!same.every((other): other is Candidate => other?.name === one.name)) return []
    const all = [one, ...same]
    return candidate(one.name, (context) => merge(...all.map(({ place }) => place(context))), [
      ...new Set(all.flatMap(({ notes }) => notes)),
    ])
  })
  return [...together, ...each.flat()]
}

/** The ways to stop what was diagnosed, most specific first. */
function candidatesFor(diagnosis: Diagnosis): Candidate[] {
  return [...specific(diagnosis), ...(mayRefuse(diagnosis) ? [refuseFunction(diagnosis)] : [])]
}

/** Surer than this that a function should have been somebody's alone. */
const SURE = 0.9

/**
 * Refusing a function altogether is a freeze without an end. It is a remedy only for one that surely should have been somebody's and
 * that nobody is known to have used; anything else stays with containment, which expires.
 */
function mayRefuse({ mechanism, confidence }: Diagnosis): boolean {
  return mechanism.class === 'access-control' && mechanism.knownCallers.length === 0 && confidence >= SURE
}

function specific({ mechanism, ...diagnosis }: Diagnosis): Candidate[] {
  switch (mechanism.class) {
    case 'reentrancy':
      return reentrancy(mechanism, diagnosis.target)
    case 'access-control':
      return accessControl(mechanism)
    case 'arithmetic':
      return arithmetic(mechanism)
    case 'unchecked-call':
      return [
        candidate('call-succeeded', () => atSites(mechanism.calls, ({ pc, how }) => [unchecked[how](pc)])),
      ]
    case 'arbitrary-call':
      return [candidate('pull-from-caller', (context) => pulls(mechanism.calls, context))]
    case 'unknown':
      return []
  }
}

const candidate = (name: string, place: Candidate['place'], notes: readonly string[] = []): Candidate => ({
  name,
  notes,
  place,
})

function refuseFunction({ code, selector }: Diagnosis): Candidate {
  const notes = ['the attacked function is refused to everybody until something better is found']
  return candidate('not-callable', (context) => atEntries([{ code, selector }], context, disable), notes)
}

// ---- reentrancy ----

/**
 * A transient slot belongs to the account whose storage the code works on, so one lock serves calls and entries only in the same context.
 * Entries of another protected contract cannot see it; what is left for them is to refuse calls that come through a contract.
 */
function reentrancy({ calls, entries }: MechanismOf<'reentrancy'>, target: Address): Candidate[] {
  const callers = new Set(calls.map(({ code }) => code))
  const near = entries.filter((entry) => entry.target === target || callers.has(entry.code))
  const far = entries.filter((entry) => !near.includes(entry))
  const notes =
    far.length > 0
      ? ['the lock cannot be seen by another contract: its functions refuse calls through contracts instead']
      : []
  const locked = (context: PlanContext) =>
    atSites(calls, ({ pc }) => guardCall({ pc, hardfork: context.hardfork }))
  const checked = (context: PlanContext) =>
    atEntries(near, context, (pc) => guardEntry({ pc, hardfork: context.hardfork }))
  const foreign = (context: PlanContext) => atEntries(far, context, guardOrigin)
  return [
    candidate('lock', (context) => merge(locked(context), checked(context), foreign(context)), notes),
    candidate('lock-calls', (context) => merge(locked(context), foreign(context)), notes),
    candidate('caller-is-origin', (context) => atEntries(entries, context, guardOrigin)),
  ]
}

// ---- access control ----

function accessControl(mechanism: MechanismOf<'access-control'>): Candidate[] {
  const { entry, knownCallers } = mechanism
  const admits = (holder: Address) => knownCallers.length === 0 || knownCallers.includes(holder)
  const roles = mechanism.roles.toSorted((a, b) => Number(admits(b.holder)) - Number(admits(a.holder)))
  const at = (guard: (pc: number) => PlacedGuard) => (context: PlanContext) =>
    atEntries([entry], context, guard)
  const candidates = roles.map((role) =>
    candidate(
      'caller-in-slot',
      at((pc) => guardCallerInSlot(pc, role)),
      [`the slot holds ${role.holder} now`],
    ),
  )
  const [only, ...others] = knownCallers
  if (only !== undefined && others.length === 0) {
    candidates.push(
      candidate(
        'caller-is',
        at((pc) => guardCaller(pc, only)),
      ),
    )
  }
  if (mechanism.onlyOrigins && mechanism.throughContract) {
    candidates.push(candidate('caller-is-origin', at(guardOrigin)))
  }
  return candidates
}

// ---- arithmetic and calls ----

function arithmetic({ sites }: MechanismOf<'arithmetic'>): Candidate[] {
  const at = (chosen: typeof sites) => (context: PlanContext) =>
    atSites(chosen, ({ code, pc, opcode }) =>
      context
        .targetOf(code)
        .operandSites(pc)
        .map((place) => guardArithmetic({ pc: place, opcode })),
    )
  // A contract may wrap on purpose at one of the places; each alone is tried after all together.
  const single = sites.length > 1 ? sites : []
  return [candidate('checked', at(sites)), ...single.map((site) => candidate('checked-one', at([site])))]
}

function pulls(calls: readonly CodeSite[], context: PlanContext): Placement {
  return atSites(calls, ({ code, pc }) => {
    const opcode = context.targetOf(code).code[pc]
    if (opcode === OP.CALL || opcode === OP.CALLCODE) return [guardPull(pc)]
    throw new SutureError('PATCH_IMPOSSIBLE', 'The guard reads the stack of CALL, and there is no CALL.', {
      meta: [`pc: ${pc}`, `opcode: ${opcode ?? 'none'}`, 'fix: guard the function instead'],
    })
  })
}

const unchecked = { failed: guardCallSuccess, 'returned-false': guardCallAnswer }

// ---- placing ----

function atSites<Site extends CodeSite>(
  sites: readonly Site[],
  guards: (site: Site) => readonly PlacedGuard[],
): Placement {
  return merge(...sites.map((site) => new Map([[site.code, guards(site)]])))
}

function atEntries(
  entries: readonly Entry[],
  context: PlanContext,
  guard: (pc: number) => PlacedGuard,
): Placement {
  return merge(
    ...entries.map(({ code, selector }) => {
      const sites = context.targetOf(code).entrySites(selector)
      return new Map([[code, sites.map(guard)]])
    }),
  )
}

function merge(...placements: readonly Placement[]): Placement {
  const merged = new Map<Address, PlacedGuard[]>()
  for (const placement of placements) {
    for (const [code, guards] of placement) merged.set(code, [...(merged.get(code) ?? []), ...guards])
  }
  return merged
}
