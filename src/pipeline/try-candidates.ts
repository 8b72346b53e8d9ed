import type { Hex } from '../core/hex.ts'
import type { Diagnosis } from '../diagnosis/types.ts'
import { FURTHER_CANDIDATES } from '../incidents/facts.ts'
import type { PatchSet } from '../patching/types.ts'
import type { Baseline, Check, Verdict, VerdictKind } from '../verification/types.ts'
import { verifyPatch } from '../verification/verify-patch.ts'
import { prepareVerification, type Remedy } from './remedy.ts'
import type { Witnessed } from './scene.ts'
import { mendSource, type SourceRemedy, type Sources } from './source-remedy.ts'
import type { StateRemedy } from './state-remedies.ts'

/** A candidate and how it did. */
export interface Tried {
  readonly patch: PatchSet
  readonly cause: Diagnosis['class']
  readonly verdict: VerdictKind
  readonly general: boolean
  /** The first check that decided against it. */
  readonly against: Check | null
}

/** What came of the candidates. */
export interface Outcome {
  /** The cause: of the patch that is promoted or, where none is, the surest. */
  readonly diagnosis: Diagnosis | null
  /** The patch that is promoted or, where none is, the best that was tried. */
  readonly remedy: PatchSet | null
  /** A call of the protocol's own setter that stops it as well, for who holds the role; looked for where no patch is general. */
  readonly state: StateRemedy | null
  /** The permanent fix in the source; null where no source was given or no patch was found to start from. */
  readonly source: SourceRemedy | null
  /** Every candidate that was verified, in order. */
  readonly tried: readonly Tried[]
  readonly verdict: VerdictKind
  readonly checks: readonly Check[]
  readonly gas: Verdict['gas'] | null
  readonly bundle: Hex | null
}

interface Trial {
  readonly witnessed: Witnessed
  readonly diagnosis: Diagnosis | null
  readonly preState: Hex
}

interface Choice {
  readonly candidates: readonly Remedy[]
  readonly refusals: readonly string[]
  readonly onProgress: (line: string) => void
  readonly sources: Sources | null
  /** Made when they are needed; null where nobody asked for them. */
  readonly stateRemedies: (() => Promise<readonly StateRemedy[]>) | null
}

/** Verifies candidates in order until one is effective and general; a palliative is taken where nothing better comes. */
export async function tryCandidates(
  { witnessed, diagnosis, preState }: Trial,
  choice: Choice,
): Promise<Outcome> {
  const { candidates, refusals, onProgress, sources, stateRemedies } = choice
  if (candidates.length === 0 && !stateRemedies) return withoutRemedy(refusals, null)
  const baseline = await prepareVerification(witnessed, preState, diagnosis)
  const findState = async () => (stateRemedies ? findSetter(baseline, await stateRemedies()) : null)
  if (candidates.length === 0) return withoutRemedy(refusals, await findState())
  let best: (Remedy & { readonly verdict: Verdict }) | null = null
  const tried: Tried[] = []
  let left = candidates.length
  for (const [index, { patch, diagnosis: cause }] of candidates.entries()) {
    if (left-- === 0) break
    onProgress(`verifying patch ${index + 1} of ${candidates.length}: ${patch.description[0] ?? ''}`)
    const verdict = await verifyPatch(baseline, patch)
    tried.push(report({ patch, diagnosis: cause }, verdict))
    if (best === null || rank(verdict) > rank(best.verdict)) best = { patch, diagnosis: cause, verdict }
    if (verdict.verdict !== 'effective') continue
    if (verdict.general) break
    left = Math.min(left, FURTHER_CANDIDATES)
  }
  const { patch, diagnosis: cause, verdict } = best!
  const settled = verdict.verdict === 'effective' && verdict.general
  const state = settled ? null : await findState()
  if (sources) onProgress('mending the source')
  const source = sources && (await mendSource(baseline, witnessed, cause, sources))
  return {
    // A patch that does not work says nothing about the cause: then the surest diagnosis stands.
    diagnosis: verdict.verdict === 'effective' ? cause : diagnosis,
    remedy: patch,
    state,
    source,
    tried,
    verdict: verdict.verdict,
    checks: verdict.checks,
    gas: verdict.gas,
    bundle: verdict.bundle.hash,
  }
}

/** The first setter's call that verification calls effective. Its effect shows in views, so it is offered and never promoted by itself. */
async function findSetter(baseline: Baseline, remedies: readonly StateRemedy[]): Promise<StateRemedy | null> {
  for (const remedy of remedies) {
    const { verdict } = await verifyPatch(baseline, remedy.patch)
    if (verdict === 'effective') return remedy
  }
  return null
}

function report({ patch, diagnosis }: Remedy, { verdict, general, checks }: Verdict): Tried {
  const against = checks.find(({ result }) => result !== 'pass') ?? null
  return { patch, cause: diagnosis.class, verdict, general, against }
}

const RANKS: readonly VerdictKind[] = ['harmful', 'ineffective', 'inconclusive', 'effective']
const rank = ({ verdict, general }: Verdict): number => RANKS.indexOf(verdict) + (general ? 0.5 : 0)

function withoutRemedy(refusals: readonly string[], state: StateRemedy | null): Outcome {
  const detail = refusals.length > 0 ? refusals.join('; ') : 'no class of root cause fits the attack'
  const checks: Check[] = [{ name: 'patch', result: 'fail', detail }]
  const nothing = { diagnosis: null, remedy: null, source: null, tried: [], gas: null, bundle: null }
  return { ...nothing, state, verdict: 'ineffective', checks }
}
