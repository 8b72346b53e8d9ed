import { SutureError } from '../../src/core/errors.ts'
import { bytesOf, type Hex, toWord } from '../../src/core/hex.ts'
import { buildCfg } from '../../src/evm/cfg.ts'
import { OP } from '../../src/evm/opcodes.ts'
import { type AssembledPatch, assemblePatch } from '../../src/patching/assemble.ts'
import { checkCertificate } from '../../src/patching/checker/check-certificate.ts'
import { guardCall } from '../../src/patching/guards.ts'
import { buildSiteMap, type SiteMap } from '../../src/patching/site-map.ts'
import type { PlacedGuard } from '../../src/patching/types.ts'
import type { Random } from '../../test/support/random.ts'
import {
  type Place,
  pick,
  placesOf,
  randomSentence,
  randomWhole,
  type Words,
} from '../../test/support/random-guards.ts'

/** A contract's code, analysed once. */
export interface Patchable {
  readonly code: Uint8Array
  readonly siteMap: SiteMap
  readonly places: readonly Place[]
}

export interface RandomPatch {
  readonly runtime: Hex
  readonly guards: readonly PlacedGuard[]
  /** Places with a probe, by the number of the probe. */
  readonly probed: readonly Place[]
}

/** Slots that probes read; `Differential.t.sol` knows them. Nothing is ever written there. */
const PROBES = 0x6b1f0c5e24a98d37f2e1n << 176n
const MOST_PROBES = 48
const ATTEMPTS = 12

export function preparePatchable(code: Hex): Patchable {
  const bytes = bytesOf(code)
  const siteMap = buildSiteMap(buildCfg(bytes))
  return { code: bytes, siteMap, places: placesOf(siteMap) }
}

/** Code that refuses nothing and tells which of some random places are reached; null when none fits. */
export function probePatch(random: Random, { code, siteMap, places }: Patchable): RandomPatch | null {
  const room = Math.floor((24_000 - code.length) / 110)
  for (let most = Math.min(MOST_PROBES, room); most > 0; most = Math.floor(most / 2)) {
    const probed = spread(random, places, most)
    const patch = tryAssemble(
      code,
      siteMap,
      probed.flatMap(({ pc }, id) => probe(id, pc)),
    )
    if (patch) return { runtime: patch.runtime, guards: [], probed }
  }
  return null
}

/** Code with some random guards, each behind a probe, mostly at places known to be reached; null when none fits. */
export function guardPatch(
  random: Random,
  { code, siteMap, places }: Patchable,
  { reached, pool }: { readonly reached: readonly Place[]; readonly pool: Words },
): RandomPatch | null {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const count = random.between(1, 8)
    const chosen = Array.from({ length: count }, () =>
      pick(random, reached.length > 0 && random.chance(0.85) ? reached : places),
    )
    const probed = [...new Map(chosen.map((place) => [place.pc, place])).values()].sort((a, b) => a.pc - b.pc)
    const guards = probed.flatMap((place) => guardAt(random, place, pool))
    const probes = probed.flatMap(({ pc }, id) => probe(id, pc))
    const patch = tryAssemble(code, siteMap, [...probes, ...guards])
    if (patch) return { runtime: patch.runtime, guards, probed }
  }
  return null
}

function guardAt(random: Random, place: Place, pool: Words): PlacedGuard[] {
  if (place.next === OP.CALL && random.chance(0.3)) {
    return guardCall({ pc: place.pc, hardfork: random.chance(0.5) ? 'cancun' : 'shanghai' })
  }
  return random.chance(0.35) ? randomWhole(random, place, pool) : randomSentence(random, place, pool)
}

/** Reads a slot that is never written: refuses nothing, and can be seen from outside. */
const probe = (id: number, pc: number): PlacedGuard[] => [
  { template: 'storage@1', args: { slot: toWord(PROBES | BigInt(id)) }, pc },
  { template: 'refuse-if@1', args: {}, pc },
]

/** null where the windows do not fit; every patch is checked. */
function tryAssemble(
  code: Uint8Array,
  siteMap: SiteMap,
  guards: readonly PlacedGuard[],
): AssembledPatch | null {
  try {
    const patch = assemblePatch({ code, siteMap, guards })
    const claim = { original: code, patched: bytesOf(patch.runtime), certificate: patch.certificate }
    const result = checkCertificate({ ...claim, siteMapRoot: siteMap.root })
    if (result.accepted) return patch
    throw new SutureError('CERTIFICATE_REJECTED', 'The checker rejects what the assembler made.', {
      meta: [`reason: ${result.reason}`, `detail: ${result.detail}`],
    })
  } catch (error) {
    if (error instanceof SutureError && error.code === 'PATCH_IMPOSSIBLE') return null
    throw error
  }
}

function spread(random: Random, places: readonly Place[], most: number): Place[] {
  const chosen = new Map<number, Place>()
  for (let i = 0; i < most && places.length > 0; i++) {
    const place = pick(random, places)
    chosen.set(place.pc, place)
  }
  return [...chosen.values()].sort((a, b) => a.pc - b.pc)
}
