import { keccak256 } from 'viem'
import type { Upgradable } from '../chain/deployment/types.ts'
import { type Address, bytesOf, type Hex } from '../core/hex.ts'
import { buildCfg } from '../evm/cfg.ts'
import { recoverFunctions } from '../evm/cfg-functions.ts'
import { findSelfReferences } from '../patching/self.ts'
import { buildSiteMap } from '../patching/site-map.ts'

/** What the analysis of an implementation found, as far as onboarding tells it. */
export interface CodeFacts {
  readonly bytes: number
  readonly codeHash: Hex
  /** Selectors of the external functions found, ascending. */
  readonly functions: readonly Hex[]
  readonly siteMap: { readonly root: Hex; readonly runs: number; readonly patchableBytes: number }
  /** Sentences. */
  readonly risks: readonly string[]
}

/** The same as `suture inspect` shows, and what of it should give a reader pause. */
export function readCodeFacts({
  code,
  implementation,
}: Pick<Upgradable, 'code' | 'implementation'>): CodeFacts {
  const bytes = bytesOf(code)
  const cfg = buildCfg(bytes)
  const siteMap = buildSiteMap(cfg)
  return {
    bytes: bytes.length,
    codeHash: keccak256(code),
    functions: recoverFunctions(cfg).map(({ selector }) => selector),
    siteMap: {
      root: siteMap.root,
      runs: siteMap.runs.length,
      patchableBytes: siteMap.runs.reduce((sum, { start, end }) => sum + end - start, 0),
    },
    risks: [...selfRisk(bytes, implementation), ...analysisRisk(siteMap.unresolved, siteMap.possible)],
  }
}

function selfRisk(code: Uint8Array, implementation: Address): string[] {
  const places = findSelfReferences(code, implementation).length
  if (places === 0) return []
  return [
    `the implementation holds its own address in ${places} places: functions that compare it (onlyProxy) are refused while a freeze lasts, ` +
      'and whether a patched copy may carry its own address instead is checked per patch',
  ]
}

function analysisRisk(unresolved: readonly number[], possible: readonly number[]): string[] {
  if (unresolved.length === 0) return []
  return [
    `${unresolved.length} jumps could not be resolved; ${possible.length} blocks they may lead to are left out of the site map and cannot be patched`,
  ]
}
