import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRandom } from '../../test/support/random.ts'
import type { Place } from '../../test/support/random-guards.ts'
import { guardPatch, type Patchable, preparePatchable, probePatch, type RandomPatch } from './patches.ts'
import { type CallPool, encodePlan, poolOf } from './plan.ts'
import { type PatchResult, prepareProject, type RunResult, runPlans, writePlan } from './run-forge.ts'
import type { Subject } from './subject.ts'

export interface DifferentialOptions {
  readonly seed: number
  /** Calls in all, on patched code; each is made on the original too. */
  readonly calls: number
  /** Patches for each contract. */
  readonly patches: number
  readonly processes: number
  /** Calls on each contract to find out which places are reached. */
  readonly census?: number
  readonly onProgress?: (line: string) => void
}

export interface DifferentialResult {
  readonly subjects: readonly Subject[]
  readonly patches: readonly (RandomPatch & { readonly subject: number })[]
  readonly run: RunResult
  /** Of the census, which is compared as well. */
  readonly census: RunResult
  readonly prepared: number
}

interface Prepared {
  readonly subject: Subject
  readonly patchable: Patchable
  readonly pool: CallPool
  readonly probes: RandomPatch
}

const CENSUS_CALLS = 300

/**
 * Calls contracts with random guards beside their originals. First a patch of probes alone tells which places the calls reach, then guards
 * are put mostly there. Contracts in which no window fits are left out. The same seed makes the same patches and calls.
 */
export async function runDifferential(
  found: readonly Subject[],
  { seed, calls, patches, processes, census = CENSUS_CALLS, onProgress = () => {} }: DifferentialOptions,
): Promise<DifferentialResult> {
  const folder = await mkdtemp(join(tmpdir(), 'suture-differential-'))
  try {
    const random = createRandom(seed)
    const begun = performance.now()
    const prepared = found.flatMap((subject): Prepared[] => {
      const patchable = preparePatchable(subject.alloc[subject.address]!.code)
      const probes = patchable.places.length > 0 ? probePatch(random, patchable) : null
      return probes ? [{ subject, patchable, pool: poolOf(random, subject), probes }] : []
    })
    await prepareProject(folder)
    for (const [index, { subject, pool, probes }] of prepared.entries()) {
      await writePlan(folder, index, subject, encodePlan(subject, pool, [probes.runtime], census))
    }
    onProgress(`${prepared.length} contracts, finding out what calls reach`)
    const first = await runPlans(folder, { plans: prepared.length, seed, processes })
    const made: (RandomPatch & { readonly subject: number })[] = []
    const each = Math.ceil(calls / prepared.length / patches)
    for (const [index, { subject, patchable, pool, probes }] of prepared.entries()) {
      const reached = placesReached(probes, first.results.find(({ plan }) => plan === index)!)
      const random = createRandom(seed + 1_000 + index)
      const some = Array.from({ length: patches }, () => guardPatch(random, patchable, { reached, pool }))
      const fitting = some.flatMap((patch) => patch ?? [])
      made.push(...fitting.map((patch) => ({ ...patch, subject: index })))
      await writePlan(
        folder,
        index,
        subject,
        encodePlan(
          subject,
          pool,
          fitting.map(({ runtime }) => runtime),
          each,
        ),
      )
    }
    const ready = (performance.now() - begun) / 1000 - first.seconds
    onProgress(`${made.length} patches, ${each} calls on each`)
    const run = await runPlans(folder, { plans: prepared.length, seed: seed + 1, processes })
    return {
      subjects: prepared.map(({ subject }) => subject),
      patches: made,
      run,
      census: first,
      prepared: ready,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export const placesReached = ({ probed }: RandomPatch, { tally }: PatchResult): Place[] =>
  probed.filter((_, id) => (tally.probes >> BigInt(id)) & 1n)
