import { bytesOf, type Hex } from '../core/hex.ts'
import { blockAt, buildCfg, type Cfg, reachableFrom } from '../evm/cfg.ts'
import { recoverFunctions } from '../evm/cfg-functions.ts'
import type { Certificate, PlacedGuard } from '../patching/types.ts'

/** What one guard does, and to whom. */
export interface ExplainedGuard {
  readonly pc: number
  /** Its name; of a guard made of pieces the names of all, in order. */
  readonly template: string
  /** What it refuses, with its arguments. */
  readonly words: string
  /** Selectors of the functions that can run into it; empty where the analysis of the code finds none. */
  readonly functions: readonly Hex[]
}

interface GuardSource {
  /** Runtime code the certificate is about, as the chain has it. */
  readonly original: Hex
  readonly certificate: Certificate
  /** Splits guards into those that belong together, pieces of one guard at one place. */
  readonly splitGuards: (guards: readonly PlacedGuard[]) => readonly (readonly PlacedGuard[])[]
  /** The effect of guards that belong together in words; null where a template is not on the list, or they make no sense. */
  readonly describeGuards: (guards: readonly PlacedGuard[]) => string | null
}

/** Says of each guard of a certificate what it refuses and which functions of the original lead to it. */
export function explainGuards(source: GuardSource): ExplainedGuard[] {
  const { original, certificate, splitGuards, describeGuards } = source
  const cfg = buildCfg(bytesOf(original))
  const reachable = recoverFunctions(cfg).map(({ selector, entries }) => ({
    selector,
    blocks: new Set(entries.flatMap((pc) => [...reachableFrom(cfg, pc)])),
  }))
  return certificate.sites.flatMap((site) => {
    const block = blockOf(cfg, site.pc)
    const functions = reachable.filter(({ blocks }) => block !== null && blocks.has(block))
    return splitGuards(site.guards).map((guards) => ({
      pc: guards[0]!.pc,
      template: guards.map(({ template }) => template).join(' '),
      words: describeGuards(guards) ?? 'UNKNOWN TEMPLATE: nobody can say what it does',
      functions: functions.map(({ selector }) => selector),
    }))
  })
}

/** null where the certificate names an offset at which no instruction starts: the checker refuses it for that. */
function blockOf(cfg: Cfg, pc: number): number | null {
  try {
    return blockAt(cfg, pc).start
  } catch {
    return null
  }
}
