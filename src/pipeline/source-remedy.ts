import { messageOf, SutureError } from '../core/errors.ts'
import type { Diagnosis } from '../diagnosis/types.ts'
import { planSourcePatches } from '../patching/source/plan-source-patch.ts'
import type { Compile, CompilerInput, SourcePatch } from '../patching/source/types.ts'
import type { Baseline, Verdict } from '../verification/types.ts'
import { verifyPatch } from '../verification/verify-patch.ts'
import type { Witnessed } from './scene.ts'

/** What contracts were compiled from, and with what. */
export interface Sources {
  readonly inputs: readonly CompilerInput[]
  readonly compile: Compile
}

/** The permanent fix beside a restriction, for the owner to ratify; or why there is none. */
export type SourceRemedy =
  | { readonly found: true; readonly patch: SourcePatch; readonly verdict: Verdict }
  | { readonly found: false; readonly reason: string }

/** Edits tried at most; each is compiled and verified. */
const ATTEMPTS = 4

/** The first edit of the source that verification calls effective. A class of root cause that has no edit is a reason, not an error. */
export async function mendSource(
  baseline: Baseline,
  { codes }: Witnessed,
  diagnosis: Diagnosis,
  { inputs, compile }: Sources,
): Promise<SourceRemedy> {
  const reasons: string[] = []
  try {
    for await (const patch of planSourcePatches({ diagnosis, sources: inputs, compile, deployed: codes })) {
      const verdict = await verifyPatch(baseline, {
        patches: [patch.patch],
        description: patch.notes,
        cost: 0,
      })
      if (verdict.verdict === 'effective') return { found: true, patch, verdict }
      const against = verdict.checks.find(({ result }) => result !== 'pass')
      reasons.push(`${verdict.verdict}: ${against?.name}: ${against?.detail}`)
      if (reasons.length === ATTEMPTS) break
    }
  } catch (error) {
    if (!(error instanceof SutureError) || error.code !== 'PATCH_IMPOSSIBLE') throw error
    reasons.push(messageOf(error).split('\n').slice(0, 3).join(';'))
  }
  return { found: false, reason: reasons.join('; ') }
}
