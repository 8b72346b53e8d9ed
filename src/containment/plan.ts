import type { Execution } from '../chain/types.ts'
import type { Address, Hex } from '../core/hex.ts'
import type { Finding, FunctionRef, Protection } from '../detectors/types.ts'
import { entriesOf, type FunctionProfiles, isExit, profileKey } from './exits.ts'
import type { Containment, ContainmentMeans } from './types.ts'

/** How the functions of one target can be stopped. Absent: not at all. */
export interface Capability {
  /** Calldata of the protocol's own brake. It stops the whole contract, so a finer means is preferred. */
  readonly pause?: Hex
  /** A Breaker the contract already asks. */
  readonly breaker?: Address
  /** A gate that can put a shim before the contract. */
  readonly gate?: Address
}

export interface ContainmentOptions {
  readonly protection: Protection
  readonly capabilities: ReadonlyMap<Address, Capability>
  /** What benign history says about functions; see `profileFunctions`. */
  readonly profiles?: FunctionProfiles
  /** Seconds a freeze lasts; default six hours. */
  readonly duration?: bigint
}

const SIX_HOURS = 21_600n
/** Sets of functions offered at most; the pipeline simulates one after the other. */
const MOST_CANDIDATES = 12

/**
 * The smallest set of functions that stops the attack, and how. Null where no protected function that can be stopped lies on its
 * way: the attack cannot be contained with the means there are.
 *
 * @example
 * const containment = planContainment(findings, execution, { protection, capabilities })
 */
export function planContainment(
  findings: readonly Finding[],
  execution: Execution,
  options: ContainmentOptions,
): Containment | null {
  return candidateContainments(findings, execution, options)[0] ?? null
}

/**
 * Containments that stop every finding, the least costly first, so that each can be tried on a simulation in which its functions
 * revert. A function stops a finding when it is on the call path to where the harm was done: reverting there undoes it, unless the
 * attacker catches the revert or takes another way in, which is what the simulation is for.
 */
export function candidateContainments(
  findings: readonly Finding[],
  execution: Execution,
  options: ContainmentOptions,
): Containment[] {
  const used = new Map(entriesOf(execution, options.protection).map(({ ref }) => [profileKey(ref), ref]))
  const needed = findings
    .filter(({ severity }) => severity !== 'info' && severity !== 'low')
    .map(({ functions }) => functions.filter((ref) => used.has(profileKey(ref)) && isStoppable(ref, options)))
    .filter((choices) => choices.length > 0)
  if (needed.length === 0) return []
  const sets = hittingSets(needed, (ref) => costOf(ref, options))
  return sets.map((functions) => containmentOf(functions, [...used.values()], options))
}

const isStoppable = ({ target }: FunctionRef, { capabilities }: ContainmentOptions): boolean => {
  const capability = capabilities.get(target)
  return Boolean(capability && (capability.pause ?? capability.breaker ?? capability.gate))
}

/** A choice costs what its users lose: an exit more than any amount of other use, and use more than the place in the call tree. */
function costOf(ref: FunctionRef, { profiles = new Map(), capabilities }: ContainmentOptions): number {
  const { uses } = profiles.get(profileKey(ref)) ?? { uses: 0 }
  const capability = capabilities.get(ref.target)!
  const coarse = capability.breaker === undefined && capability.gate === undefined
  return (isExit(ref, profiles) ? 1_000_000 : 0) + (coarse ? 100_000 : 0) + Math.min(uses, 10_000) * 10 + 1
}

/**
 * Sets with one choice for every need, cheapest first; among equals the one whose functions lie further in. Needs are few and their
 * choices fewer, so that a beam over them is exact in practice.
 */
function hittingSets(
  needs: readonly (readonly FunctionRef[])[],
  cost: (ref: FunctionRef) => number,
): FunctionRef[][] {
  interface Partial {
    readonly refs: ReadonlyMap<string, FunctionRef>
    readonly cost: number
    readonly depth: number
  }
  const byCost = (a: Partial, b: Partial) => a.cost - b.cost || a.refs.size - b.refs.size || a.depth - b.depth
  let beam: Partial[] = [{ refs: new Map(), cost: 0, depth: 0 }]
  for (const choices of [...needs].sort((a, b) => a.length - b.length)) {
    const next = new Map<string, Partial>()
    for (const partial of beam) {
      if (choices.some((ref) => partial.refs.has(profileKey(ref)))) {
        next.set(keyOf(partial.refs), partial)
        continue
      }
      for (const [depth, ref] of choices.entries()) {
        const refs = new Map([...partial.refs, [profileKey(ref), ref] as const])
        const grown = { refs, cost: partial.cost + cost(ref), depth: partial.depth + depth }
        const known = next.get(keyOf(refs))
        if (!known || byCost(grown, known) < 0) next.set(keyOf(refs), grown)
      }
    }
    beam = [...next.values()].sort(byCost).slice(0, MOST_CANDIDATES)
  }
  return beam.map(({ refs }) => [...refs.values()])
}

const keyOf = (refs: ReadonlyMap<string, FunctionRef>): string => [...refs.keys()].sort().join()

function containmentOf(
  functions: readonly FunctionRef[],
  used: readonly FunctionRef[],
  options: ContainmentOptions,
): Containment {
  const { duration = SIX_HOURS } = options
  const chosen = new Set(functions.map(profileKey))
  const means = meansFor(functions, options)
  const paused = new Set(means.flatMap((one) => (one.kind === 'pause' ? [one.target] : [])))
  const leftOpen = used
    .filter((ref) => !chosen.has(profileKey(ref)) && !paused.has(ref.target))
    .map((ref) => ({ ...ref, why: whyOpen(ref, options) }))
  return { functions, means, leftOpen, duration }
}

function whyOpen(ref: FunctionRef, options: ContainmentOptions): string {
  if (!isStoppable(ref, options)) return 'there is no means to stop it'
  return isExit(ref, options.profiles ?? new Map())
    ? 'users need it to get out, and the attack stops without freezing it'
    : 'the attack stops without freezing it'
}

function meansFor(
  functions: readonly FunctionRef[],
  { capabilities }: ContainmentOptions,
): ContainmentMeans[] {
  const byTarget = new Map<Address, Hex[]>()
  for (const { target, selector } of functions)
    byTarget.set(target, [...(byTarget.get(target) ?? []), selector])
  return [...byTarget].flatMap(([target, selectors]): ContainmentMeans[] => {
    const { breaker, gate, pause } = capabilities.get(target) ?? {}
    if (breaker) return [{ kind: 'breaker', breaker, target, selectors }]
    if (gate) return [{ kind: 'shim', gate, target, selectors }]
    return pause ? [{ kind: 'pause', target, calldata: pause }] : []
  })
}
