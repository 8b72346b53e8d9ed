import { SutureError } from '../core/errors.ts'
import { type Address, bytesOf, type Hex } from '../core/hex.ts'
import { blockAt, buildCfg, type Cfg, reachableFrom } from '../evm/cfg.ts'
import { functionEntry, recoverFunctions } from '../evm/cfg-functions.ts'
import { sitesForEntry } from './entry.ts'
import { sitesForInstruction } from './operands.ts'
import { buildSiteMap, type SiteMap } from './site-map.ts'

/** Steps spent on one function when asking who reaches a site. */
const MAX_STEPS_PER_FUNCTION = 60_000

/** One account's code, analysed once, as far as planning asks. */
export interface PatchTarget {
  readonly address: Address
  readonly code: Uint8Array
  readonly cfg: Cfg
  readonly siteMap: SiteMap
  /** Offsets to guard so that the function cannot be entered otherwise. */
  entrySites(selector: Hex): number[]
  /** Offsets to guard so that every execution of the instruction at `pc` is seen with its operands. */
  operandSites(pc: number): number[]
  /** Selectors of the functions that can run the instruction at `pc`. Listed functions only; the fallback is not one. */
  functionsReaching(pc: number): readonly Hex[]
}

export interface TargetSource {
  readonly address: Address
  readonly code: Hex
  /** Offsets seen executed: admits code behind jumps that could not be resolved. */
  readonly executed?: Iterable<number>
  /** The registered map; built from the code when absent. */
  readonly siteMap?: SiteMap
}

/** @throws BYTECODE_INVALID when the code cannot be analysed. */
export function prepareTarget({ address, code: text, executed, siteMap }: TargetSource): PatchTarget {
  const code = bytesOf(text)
  const cfg = buildCfg(code, executed ? { executed } : {})
  const map = siteMap ?? buildSiteMap(cfg)
  let reach: (readonly [Hex, ReadonlySet<number>])[] | null = null
  return {
    address,
    code,
    cfg,
    siteMap: map,
    entrySites: (selector) => entrySites(cfg, map, selector),
    operandSites: (pc) => sitesForInstruction(cfg, map, pc),
    functionsReaching: (pc) => {
      reach ??= reachByFunction(cfg)
      const block = blockAt(cfg, pc).start
      return reach.filter(([, blocks]) => blocks.has(block)).map(([selector]) => selector)
    },
  }
}

function entrySites(cfg: Cfg, siteMap: SiteMap, selector: Hex): number[] {
  const { entries } = functionEntry(cfg, selector)
  if (entries.length === 0) {
    throw new SutureError('PATCH_IMPOSSIBLE', `No function of the code answers to ${selector}.`, {
      meta: [`selector: ${selector}`, 'fix: guard the call sites instead of the entry, or use a shim'],
    })
  }
  return [...new Set(entries.flatMap((entry) => sitesForEntry(cfg, siteMap, entry)))].sort((a, b) => a - b)
}

function reachByFunction(cfg: Cfg): (readonly [Hex, ReadonlySet<number>])[] {
  return recoverFunctions(cfg).map(({ selector, entries }) => {
    const blocks = entries.flatMap((entry) => [...reachableFrom(cfg, entry, MAX_STEPS_PER_FUNCTION)])
    return [selector, new Set(blocks)] as const
  })
}
