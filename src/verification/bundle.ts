import { keccak256 } from 'viem'
import { hashJson, type Json, toJson } from '../core/json.ts'
import type { PatchSet } from '../patching/types.ts'
import type { ProbeOutcome, VariantOutcome } from './checks/context.ts'
import { hashEffect } from './effects.ts'
import type { Baseline, EvidenceBundle, ReplayAttempt, Verdict } from './types.ts'

interface Findings {
  readonly baseline: Baseline
  readonly patchSet: PatchSet
  readonly history: ReplayAttempt
  readonly attack: ReplayAttempt
  readonly variants: readonly VariantOutcome[]
  readonly probes: readonly ProbeOutcome[]
  readonly verdict: Omit<Verdict, 'bundle'>
}

/**
 * The record of a verification: every input that is needed to run it again on the same pre-state, and what every transaction did, by
 * hash. It holds no time, host or duration, and nothing whose order depends on what finished first, so that anyone who runs it again
 * arrives at the same hash.
 */
export function bundleEvidence(findings: Findings): EvidenceBundle {
  const { baseline, patchSet, history, attack, variants, probes, verdict } = findings
  const { request } = baseline
  const { reserved, protection } = request
  const effects = (replay: ReplayAttempt): Json =>
    replay.ran
      ? replay.executions.map((execution) => ({
          status: execution.status,
          gasUsed: toJson(execution.gasUsed),
          effect: hashEffect(execution, reserved),
        }))
      : { couldNotRun: replay.reason }
  const content = {
    format: 'suture-evidence/1',
    chainId: request.chainId,
    hardfork: request.hardfork,
    preState: request.preState,
    state: toJson(request.state ?? {}),
    codes: Object.fromEntries(
      Object.entries(request.codes).map(([address, code]) => [address, keccak256(code)]),
    ),
    protected: [...protection.contracts].sort(),
    implementations: Object.fromEntries(protection.implementations),
    reserved: toJson(reserved),
    history: toJson(request.history),
    attack: toJson(request.attack),
    diagnosis: toJson(request.diagnosis ?? null),
    patches: toJson(patchSet),
    verdict: toJson(verdict),
    attackers: [...baseline.attackers].sort(),
    losses: toJson(Object.fromEntries([...baseline.harm.losses].sort())),
    results: {
      history: { original: effects(baseline.history), patched: effects(history) },
      attack: { original: effects(baseline.attack), patched: effects(attack) },
      variants: Object.fromEntries(
        variants.map(({ variant, original, patched }) => [
          variant.name,
          { original: effects(original), patched: effects(patched) },
        ]),
      ),
      probes: {
        count: probes.length,
        original: hashJson(probes.map(({ original }) => effects(original))),
        patched: hashJson(probes.map(({ patched }) => effects(patched))),
      },
    },
  }
  return { hash: hashJson(content), content }
}
