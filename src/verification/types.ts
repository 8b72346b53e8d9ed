import type { Hex } from '../core/hex.ts'
import type { Json } from '../core/json.ts'

/** `inconclusive` blocks promotion like `ineffective` does, but says that nothing was shown either way. */
export type VerdictKind = 'effective' | 'ineffective' | 'harmful' | 'inconclusive'

export interface Check {
  /** e.g. `attack`, `attack-variant/other-sender`, `history`, `selectors`, `certificate`. */
  readonly name: string
  readonly result: 'pass' | 'fail' | 'inconclusive'
  readonly detail: string
}

export interface Verdict {
  readonly verdict: VerdictKind
  readonly checks: readonly Check[]
  /** Gas of all benign transactions together. */
  readonly gas: { readonly benignBefore: bigint; readonly benignAfter: bigint }
  readonly bundle: EvidenceBundle
}

/** Everything needed to arrive at the verdict again, addressed by the hash of its canonical JSON. Contains no time and no host. */
export interface EvidenceBundle {
  readonly hash: Hex
  readonly content: { readonly [key: string]: Json }
}
