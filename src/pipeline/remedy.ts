import type { Execution } from '../chain/types.ts'
import { SutureError } from '../core/errors.ts'
import { type Address, bytesOf } from '../core/hex.ts'
import type { Diagnosis } from '../diagnosis/types.ts'
import { buildCfg } from '../evm/cfg.ts'
import { checkCertificate } from '../patching/checker/check-certificate.ts'
import { isNarrow } from '../patching/narrow.ts'
import { planPatches } from '../patching/plan.ts'
import { buildSiteMap, type SiteMap } from '../patching/site-map.ts'
import type { PatchSet } from '../patching/types.ts'
import { prepareBaseline } from '../verification/prepare-baseline.ts'
import type { Baseline, CheckCertificate } from '../verification/types.ts'
import { selectorsOf, type Witnessed } from './scene.ts'

/** A candidate patch and the surest of the diagnoses it follows from. */
export interface Remedy {
  readonly patch: PatchSet
  readonly diagnosis: Diagnosis
}

/** Candidate patches, and why where there are none. */
export interface Remedies {
  readonly candidates: readonly Remedy[]
  readonly refusals: readonly string[]
}

/** Candidate patches for all diagnoses: those of the surest first, and within one the most specific and cheapest first. */
export function planRemedies(
  { benign, hostile, codes, hardfork }: Witnessed,
  diagnoses: readonly Diagnosis[],
  siteMaps?: ReadonlyMap<Address, SiteMap>,
): Remedies {
  const executed = executedCode([...benign.executions, ...hostile.executions])
  const candidates: Remedy[] = []
  const refusals: string[] = []
  for (const alike of groupAlike(diagnoses)) {
    try {
      const patches = planPatches(alike, codes, { hardfork, executed, ...(siteMaps ? { siteMaps } : {}) })
      candidates.push(...patches.map((patch) => ({ patch, diagnosis: alike[0]! })))
    } catch (error) {
      if (!(error instanceof SutureError) || !['PATCH_IMPOSSIBLE', 'BYTECODE_INVALID'].includes(error.code))
        throw error
      refusals.push(error.message)
    }
  }
  return { candidates, refusals }
}

/** Diagnoses of one class in one code stand together: functions with the same flaw are mended at once. The order of the surest stays. */
function groupAlike(diagnoses: readonly Diagnosis[]): Diagnosis[][] {
  const groups = new Map<string, Diagnosis[]>()
  for (const diagnosis of diagnoses) {
    const key = `${diagnosis.class}/${diagnosis.code}/${diagnosis.confidence}`
    groups.set(key, [...(groups.get(key) ?? []), diagnosis])
  }
  return [...groups.values()]
}

/**
 * Site maps as onboarding computed and registered them: from the code alone. A gate refuses a certificate over any other map, so
 * what executions show besides must not widen it.
 */
export function registeredMaps({ codes }: Witnessed): Map<Address, SiteMap> {
  const maps = new Map<Address, SiteMap>()
  for (const [account, code] of codes) {
    if (code !== '0x') maps.set(account, buildSiteMap(buildCfg(bytesOf(code))))
  }
  return maps
}

/** Program counters seen executed, by the account of the code: proof of reachability that no analysis has to find. */
function executedCode(executions: readonly Execution[]): Map<Address, Set<number>> {
  const executed = new Map<Address, Set<number>>()
  for (const { frames, observation } of executions) {
    for (const [frame, starts] of observation?.blocks ?? []) {
      const { code } = frames[frame]!
      const known = executed.get(code) ?? new Set()
      for (const pc of starts) known.add(pc)
      executed.set(code, known)
    }
  }
  return executed
}

/** What verification compares every candidate with. `preState` names the state the node holds. */
export function prepareVerification(
  { run, chainId, hardfork, history, attack, protection, codes }: Witnessed,
  preState: `0x${string}`,
  diagnosis: Diagnosis | null,
): Promise<Baseline> {
  return prepareBaseline({
    run,
    chainId,
    hardfork,
    preState,
    history,
    attack,
    protection,
    codes: Object.fromEntries(codes),
    recoverSelectors: selectorsOf,
    checkCertificate: checkPatch,
    isNarrow,
    diagnosis,
  })
}

export const checkPatch: CheckCertificate = ({ original, patched, certificate }) => {
  const result = checkCertificate({ original: bytesOf(original), patched: bytesOf(patched), certificate })
  return result.accepted ? result : { accepted: false, reason: result.reason, detail: result.detail }
}
