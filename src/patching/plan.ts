import { messageOf, SutureError } from '../core/errors.ts'
import { type Address, type Hex, hexOf } from '../core/hex.ts'
import type { Diagnosis } from '../diagnosis/types.ts'
import { assemblePatch } from './assemble.ts'
import type { Candidate, PlanContext } from './candidates/candidate.ts'
import { combinedCandidates } from './candidates/table.ts'
import { describeSentence } from './describe.ts'
import { findSelfReferences } from './self.ts'
import { splitSentences } from './sentences.ts'
import { runAt, type SiteMap } from './site-map.ts'
import { type PatchTarget, prepareTarget } from './target.ts'
import type { Certificate, Patch, PatchSet, PlacedGuard } from './types.ts'

export interface PlanOptions {
  /** Decides whether locks are transient. */
  readonly hardfork: string
  /** Offsets seen executed in each code. */
  readonly executed?: ReadonlyMap<Address, Iterable<number>>
  /** Registered site maps by the account of the code; built from the code where absent. */
  readonly siteMaps?: ReadonlyMap<Address, SiteMap>
}

/**
 * Candidate patches for a diagnosis, most specific and cheapest first; the last resort is to refuse the attacked function altogether.
 * Given several diagnoses, the same flaw in several functions, what mends all of them at once comes first.
 * `codes` holds the runtime code of every account the diagnoses name. Each patch carries its certificate; none has been verified yet.
 *
 * @throws PATCH_IMPOSSIBLE when none of the candidates fits the code, with the reason for each.
 */
export function planPatches(
  diagnosis: Diagnosis | readonly Diagnosis[],
  codes: ReadonlyMap<Address, Hex>,
  options: PlanOptions,
): PatchSet[] {
  const context = createContext(codes, options)
  const sets: PatchSet[] = []
  const reasons: string[] = []
  for (const candidate of combinedCandidates([diagnosis].flat())) {
    try {
      const set = assembleSet(candidate.place(context), candidate, context)
      if (!sets.some((known) => sameCode(known, set))) sets.push(set)
    } catch (error) {
      if (!(error instanceof SutureError)) throw error
      if (error.code !== 'PATCH_IMPOSSIBLE' && error.code !== 'BYTECODE_INVALID') throw error
      reasons.push(`${candidate.name}: ${messageOf(error).split('\n').slice(0, 3).join(';')}`)
    }
  }
  if (sets.length > 0) return sets
  throw new SutureError('PATCH_IMPOSSIBLE', 'No patch fits the code of this diagnosis.', {
    meta: [...reasons, 'fix: contain the function by a breaker or shim, and patch the source'],
  })
}

function createContext(codes: ReadonlyMap<Address, Hex>, options: PlanOptions): PlanContext {
  const targets = new Map<Address, PatchTarget>()
  const targetOf = (address: Address): PatchTarget => {
    const known = targets.get(address)
    if (known) return known
    const code = codes.get(address)
    if (code === undefined) {
      throw new SutureError('PATCH_IMPOSSIBLE', 'The code to patch was not given.', {
        meta: [`account: ${address}`, 'fix: pass the code of every account the diagnosis names'],
      })
    }
    const executed = options.executed?.get(address)
    const siteMap = options.siteMaps?.get(address)
    const target = prepareTarget({
      address,
      code,
      ...(executed && { executed }),
      ...(siteMap && { siteMap }),
    })
    targets.set(address, target)
    return target
  }
  return { hardfork: options.hardfork, targetOf }
}

function assembleSet(
  guards: ReadonlyMap<Address, readonly PlacedGuard[]>,
  candidate: Candidate,
  context: PlanContext,
): PatchSet {
  const patches: Patch[] = []
  const description: string[] = []
  const refused = new Set<string>()
  if (guards.size === 0) {
    throw new SutureError('PATCH_IMPOSSIBLE', 'The diagnosis names no place for this guard.', {
      meta: [`candidate: ${candidate.name}`],
    })
  }
  for (const [address, placed] of guards) {
    const target = context.targetOf(address)
    const sentences = withoutRepeats(placed)
    const unique = sentences.flat()
    const { runtime, certificate } = assemblePatch({
      code: target.code,
      siteMap: target.siteMap,
      guards: unique,
      self: selfOf(address, target.code),
    })
    patches.push({ target: address, kind: 'bytecode', runtime, certificate })
    for (const sentence of sentences) {
      const { pc } = sentence[0]!
      const functions = target.functionsReaching(placeOf(target, pc))
      for (const selector of functions) refused.add(`${address}${selector}`)
      description.push(describe({ address, pc, functions }, sentence))
    }
  }
  return { patches, description: [...description, ...candidate.notes], cost: refused.size }
}

/** Windows keep off an own address, so that the patch can be moved to where it will live (see `relocatePatch`). */
function selfOf(address: Address, code: Uint8Array): Certificate['self'] {
  const offsets = findSelfReferences(code, address)
  return offsets.length === 0 ? null : { from: address, to: address, offsets }
}

/** A guard behind the last instruction of a run belongs to the block that ends there, not to the one that begins. */
function placeOf({ cfg, siteMap }: PatchTarget, pc: number): number {
  if (runAt(siteMap, pc)?.end !== pc) return pc
  const before = [...cfg.reached].find((start) => cfg.blocks.get(start)!.end === pc)
  return before ?? pc
}

/** What is asked at one place is asked once, however many functions or flaws want it. */
function withoutRepeats(guards: readonly PlacedGuard[]): (readonly PlacedGuard[])[] {
  const keyOf = (sentence: readonly PlacedGuard[]) =>
    sentence.map(({ pc, template, args }) => `${pc}/${template}/${Object.values(args).join()}`).join(';')
  return [...new Map(splitSentences(guards).map((sentence) => [keyOf(sentence), sentence])).values()]
}

interface Described {
  readonly address: Address
  readonly pc: number
  readonly functions: readonly Hex[]
}

function describe({ address, pc, functions }: Described, sentence: readonly PlacedGuard[]): string {
  const place = `${address} at ${hexOf(Uint8Array.of(pc >> 8, pc & 0xff))}`
  const who = functions.length > 0 ? ` (reached by ${functions.join(', ')})` : ''
  return `${place}${who}: ${describeSentence(sentence)}`
}

const sameCode = (a: PatchSet, b: PatchSet): boolean =>
  a.patches.length === b.patches.length &&
  a.patches.every(
    (patch, i) => patch.target === b.patches[i]!.target && patch.runtime === b.patches[i]!.runtime,
  )
