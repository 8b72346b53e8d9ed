import type { SequenceResult, StateOverride, Step } from '../chain/types.ts'
import { findAttackers } from '../verification/attackers.ts'
import { assessHarm, isHarmless, remainingHarm, sharedHarm } from '../verification/harm.ts'
import { findHoldings, keyOf, measureMovements } from '../verification/holdings.ts'
import { lastAnchor } from '../verification/probes.ts'
import type { Harm, Holding } from '../verification/types.ts'
import { hasAmounts, scaleAmounts } from '../verification/variants/scale-amounts.ts'
import { stateBefore, type Witnessed } from './scene.ts'

/** Whether the attack is stopped when it starts on another state. */
export type AttackTrial = (state: StateOverride) => Promise<boolean>

/** A sequence that must do no harm any more, and what it did. */
interface Threat {
  readonly steps: readonly Step[]
  readonly harm: Harm
}

/**
 * A cheap preview of verification's first question, for planning: the attack, and the attack with half its amounts, are stopped when all their
 * transactions fail or nothing is left of the harm they did. Other variants, history and probes are not looked at. Null where the attack did
 * no harm that could be measured.
 */
export async function prepareTrial(witnessed: Witnessed): Promise<AttackTrial | null> {
  const { run, attack, benign, hostile } = witnessed
  const before = stateBefore(attack, benign)
  const holdings = findHoldings(hostile.executions)
  const harm = await harmOf(witnessed, hostile, { before, holdings })
  if (isHarmless(harm)) return null
  const victims = holdings.filter((holding) => harm.losses.has(keyOf(holding)))
  const threats: Threat[] = [{ steps: attack, harm }]
  if (hasAmounts(attack)) {
    const steps = attack.map((step) => scaleAmounts(step, { times: 1n, over: 2n }))
    const halved = await run({ steps, state: before })
    const shared = sharedHarm(harm, await harmOf(witnessed, halved, { before, holdings: victims }))
    if (!isHarmless(shared)) threats.push({ steps, harm: shared })
  }
  return async (state) => {
    for (const threat of threats) {
      const result = await run({ steps: threat.steps, state })
      if (result.executions.every(({ status }) => status !== 'success')) continue
      const left = await harmOf(witnessed, result, { before: state, holdings: victims })
      if (remainingHarm(threat.harm, left) !== null) return false
    }
    return true
  }
}

/** Accounts that act for the attacker (see `findAttackers`). */
export function attackersIn({
  attack,
  hostile,
  benign,
  protection,
}: Witnessed): ReturnType<typeof findAttackers> {
  const executions = hostile.executions
  return findAttackers({ attack, executions, history: benign.executions, protection })
}

interface Span {
  readonly before: StateOverride
  readonly holdings: readonly Holding[]
}

async function harmOf(
  witnessed: Witnessed,
  { executions, state: after }: SequenceResult,
  { before, holdings }: Span,
): Promise<Harm> {
  const { run, protection } = witnessed
  const anchor = lastAnchor(witnessed)
  const movements = await measureMovements({ run, executions, before, after, anchor }, holdings)
  const created = executions.flatMap((execution) => execution.created)
  const attackers = new Set([...attackersIn(witnessed), ...created])
  const protectedContracts = protection.contracts
  return assessHarm({ executions, movements, attackers, protectedContracts, reserved: [] })
}
