import type { StateOverride } from '../chain/types.ts'
import type { Patch, PatchSet } from '../patching/types.ts'
import { bundleEvidence } from './bundle.ts'
import { checkAttack } from './checks/attack.ts'
import { checkCertificates } from './checks/certificate.ts'
import type { Candidate, ProbeOutcome, VariantOutcome } from './checks/context.ts'
import { checkHistory } from './checks/history.ts'
import { showsParameter } from './checks/parameters.ts'
import { checkRestriction } from './checks/restriction.ts'
import { checkSelectors, isExpected } from './checks/selectors.ts'
import { checkSize } from './checks/size.ts'
import { checkStorageLayout } from './checks/storage-layout.ts'
import { checkVariants } from './checks/variants.ts'
import { compareExecutions } from './compare.ts'
import { decideVerdict, isGeneral } from './decide-verdict.ts'
import { NO_HARM } from './harm.ts'
import { overlayPatches } from './overlay-patches.ts'
import { measureHarm } from './prepare-baseline.ts'
import { probeTargets } from './probes.ts'
import { replaySteps, stateForAttack } from './replay.ts'
import { replayVariant } from './replay-variant.ts'
import type { Baseline, Check, ReplayAttempt, ReservedSlots, Verdict } from './types.ts'

/** Probes between two looks at whether one already differs: a contract that burns all gas would make every one of them slow. */
const PROBES_AT_A_TIME = 32

/**
 * Decides whether a set of patches stops the attack and does nothing else, by running history, the attack, its variants and probes of
 * every function on original and patched contracts side by side.
 *
 * Variants and probes are tried only where history is unharmed and the attack itself is stopped; a verdict is clear without them otherwise.
 * The result depends on the inputs alone: the same on any host, whatever ran first.
 *
 * @example
 * const baseline = await prepareBaseline(request)
 * for (const patchSet of candidates) {
 *   const { verdict, checks } = await verifyPatch(baseline, patchSet)
 *   if (verdict === 'effective') break
 * }
 */
export async function verifyPatch(baseline: Baseline, patchSet: PatchSet): Promise<Verdict> {
  const { request, run } = baseline
  const { patches } = patchSet
  const start = overlayPatches(request.state ?? {}, patches)
  const candidate: Candidate = { baseline, patches, start }
  const history = await replaySteps(run, { steps: request.history, state: start })
  const after = stateForAttack(request, history, start)
  const attacked = await runAttack(candidate, after)

  const benign = checkHistory(baseline.history, history, request.reserved)
  const stopped = checkAttack({ original: baseline.attack, originalHarm: baseline.harm, ...attacked })
  const goOn = benign.result === 'pass' && stopped.result === 'pass'
  const [probes, variants] = goOn
    ? await Promise.all([runProbes(candidate, after), runVariants(candidate, after)])
    : [[], []]

  const checks: Check[] = [
    checkCertificates(request, patches),
    checkSize(patches),
    checkStorageLayout(baseline, patches),
    benign,
    ...(goOn
      ? [
          checkSelectors({
            patches,
            reserved: request.reserved,
            outcomes: probes,
            narrow: isNarrow(candidate),
            unprobed: findUnprobed(candidate),
          }),
        ]
      : []),
    checkRestriction(
      patches,
      [
        { original: baseline.history, patched: history },
        ...(benign.result === 'pass' ? [{ original: baseline.attack, patched: attacked.patched }] : []),
        ...probes,
        ...variants,
      ],
      request.reserved,
    ),
    stopped,
    ...(goOn ? checkVariants(baseline.variants, variants) : []),
  ]
  const gas = { benignBefore: gasOf(baseline.history), benignAfter: gasOf(history) }
  const verdict = { verdict: decideVerdict(checks), general: isGeneral(checks), checks, gas }
  const bundle = bundleEvidence({
    baseline,
    patchSet,
    history,
    attack: attacked.patched,
    variants,
    probes,
    verdict,
  })
  return { ...verdict, bundle }
}

/** Whether all guards of all patches refuse faulty steps only. */
function isNarrow({ baseline, patches }: Candidate): boolean {
  const { isNarrow: decide } = baseline.request
  return (
    decide !== undefined &&
    patches.length > 0 &&
    patches.every(({ certificate }) => certificate !== null && decide(certificate))
  )
}

async function runAttack({ baseline }: Candidate, after: StateOverride) {
  const patched = await replaySteps(baseline.run, { steps: baseline.request.attack, state: after })
  const patchedHarm = patched.ran ? await measureHarm(baseline, { replay: patched, before: after }) : NO_HARM
  return { patched, patchedHarm }
}

async function runVariants({ baseline }: Candidate, after: StateOverride): Promise<VariantOutcome[]> {
  const { attack, run, variants } = baseline
  const executions = attack.ran ? attack.executions : []
  const outcomes = variants.map(async ({ variant, replay, harm }): Promise<VariantOutcome | null> => {
    if (harm === null) return null
    const patched = await replayVariant(run, variant, { state: after, attack: executions })
    const span = { before: after, accomplices: variant.accomplices }
    const patchedHarm = patched.ran ? await measureHarm(baseline, { replay: patched, ...span }) : NO_HARM
    return { variant, original: replay, originalHarm: harm, patched, patchedHarm }
  })
  return (await Promise.all(outcomes)).filter((outcome) => outcome !== null)
}

async function runProbes(candidate: Candidate, after: StateOverride): Promise<ProbeOutcome[]> {
  const { baseline, start } = candidate
  const { run, probes, request } = baseline
  const outcomes: ProbeOutcome[] = []
  const narrow = isNarrow(candidate)
  for (let first = 0; first < probes.length; first += PROBES_AT_A_TIME) {
    const some = probes.slice(first, first + PROBES_AT_A_TIME).map(async ({ probe, replay: original }) => {
      const state = probe.moment === 'before' ? start : after
      return { probe, original, patched: await replaySteps(run, { steps: [probe.step], state }) }
    })
    outcomes.push(...(await Promise.all(some)))
    const tolerance = { patches: candidate.patches, reserved: request.reserved, narrow }
    if (outcomes.some((outcome) => differs(outcome, tolerance))) break
  }
  return outcomes
}

interface Tolerance {
  readonly patches: readonly Patch[]
  readonly reserved: readonly ReservedSlots[]
  readonly narrow: boolean
}

function differs({ probe, original, patched }: ProbeOutcome, tolerance: Tolerance): boolean {
  if (probe.attacked || !original.ran || !patched.ran) return false
  const { patches, reserved, narrow } = tolerance
  const [before, now] = [original.executions[0]!, patched.executions[0]!]
  if (isExpected(probe, now, narrow) || showsParameter(patches, before, now)) return false
  return compareExecutions(before, now, reserved) !== null
}

/** Known to have no code: the account is new, and nobody can have used it. Not known at all is another thing. */
function findUnprobed({ baseline, patches }: Candidate): string[] {
  const { request, unknownCode } = baseline
  const probed = new Set(probeTargets(request))
  const missed = patches
    .map(({ target }) => target)
    .filter((target) => !probed.has(target) && request.codes[target] !== '0x')
  return [...new Set([...unknownCode, ...missed])]
}

function gasOf(replay: ReplayAttempt): bigint {
  return replay.ran ? replay.executions.reduce((sum, { gasUsed }) => sum + gasUsed, 0n) : 0n
}
