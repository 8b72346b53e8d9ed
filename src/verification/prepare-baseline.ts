import type { Execution, StateOverride } from '../chain/types.ts'
import type { Address } from '../core/hex.ts'
import { findAttackers } from './attackers.ts'
import { GUARD_SLOTS } from './effects.ts'
import { gainsOf, hasGained, paysLike } from './gain.ts'
import { assessHarm, isHarmless, NO_HARM, sharedHarm } from './harm.ts'
import { findHoldings, keyOf, type Movement, measureMovements } from './holdings.ts'
import { limitRuns } from './limit-runs.ts'
import { firstAnchor, functionsUsed, lastAnchor, planProbes } from './probes.ts'
import { replaySteps, stateForAttack } from './replay.ts'
import { replayVariant } from './replay-variant.ts'
import type {
  Baseline,
  Harm,
  Holding,
  Replay,
  ReplayAttempt,
  Variant,
  VariantBaseline,
  VerificationRequest,
} from './types.ts'
import { VARIANTS } from './variants/table.ts'

const DEFAULT_PARALLEL = 2

/**
 * Everything that happens on the original: history, the attack and what it took, its variants, and the probes. Made once; any number of
 * candidate patches is then verified against it (`verifyPatch`) without running the original again.
 */
export async function prepareBaseline(given: VerificationRequest): Promise<Baseline> {
  const request = { ...given, reserved: given.reserved ?? GUARD_SLOTS }
  const run = limitRuns(request.run, request.parallel ?? DEFAULT_PARALLEL)
  const start = request.state ?? {}
  const probing = probeOriginal(request, run, start)
  const history = await replaySteps(run, { steps: request.history, state: start })
  const unknownCode = [...request.protection.contracts]
    .filter((address) => request.codes[address] === undefined)
    .sort()
  const common = { request, run, history, unknownCode }
  const after = stateForAttack(request, history, start)
  const attack = await replaySteps(run, { steps: request.attack, state: after })
  if (!history.ran || !attack.ran) {
    const nothing = { attackers: new Set<Address>(), victims: [], harm: NO_HARM, variants: [] }
    return { ...common, attack, ...nothing, probes: await probing(after) }
  }
  const attackers = findAttackers({
    attack: request.attack,
    executions: attack.executions,
    history: history.executions,
    protection: request.protection,
  })
  const movements = await measureOn(
    { request, run },
    { replay: attack, before: after },
    findHoldings(attack.executions),
  )
  const harm = assess(request, attack.executions, { movements, attackers })
  const victims = movements.map(({ holding }) => holding).filter((holding) => harm.losses.has(keyOf(holding)))
  const scene = { request, run, attack, attackers, victims, harm }
  const [variants, probes] = await Promise.all([runVariants(scene, after), probing(after, attack.executions)])
  return { ...common, attack, attackers, victims, harm, variants, probes }
}

type Scene = Pick<Baseline, 'request' | 'run' | 'attackers' | 'victims' | 'harm'> & {
  readonly attack: Replay
}

/** What a replay of the attack or of a variant did, looking at the holdings the attack took from. */
export async function measureHarm(
  { request, run, attackers, victims }: Pick<Baseline, 'request' | 'run' | 'attackers' | 'victims'>,
  span: {
    readonly replay: Replay
    readonly before: StateOverride
    readonly accomplices?: readonly Address[]
  },
): Promise<Harm> {
  const { executions } = span.replay
  const movements = await measureOn({ request, run }, span, victims)
  const created = executions.flatMap((execution) => execution.created)
  const all = new Set([...attackers, ...created, ...(span.accomplices ?? [])])
  return assess(request, executions, { movements, attackers: all })
}

async function measureOn(
  { request, run }: Pick<Baseline, 'request' | 'run'>,
  { replay, before }: { readonly replay: Replay; readonly before: StateOverride },
  holdings: readonly Holding[],
): Promise<Movement[]> {
  const { executions, state } = replay
  return measureMovements({ run, executions, before, after: state, anchor: lastAnchor(request) }, holdings)
}

function assess(
  { protection, reserved }: Baseline['request'],
  executions: readonly Execution[],
  rest: { readonly movements: readonly Movement[]; readonly attackers: ReadonlySet<Address> },
): Harm {
  return assessHarm({ executions, ...rest, protectedContracts: protection.contracts, reserved })
}

function runVariants(scene: Scene, after: StateOverride): Promise<VariantBaseline[]> {
  const seen = { executions: scene.attack.executions, attackers: scene.attackers }
  const variants = VARIANTS.map((build) => build(scene.request.attack, seen)).filter(
    (variant) => variant !== null,
  )
  const wanted = gainsOf(scene.attack.executions, everyone(scene, scene.attack))
  return Promise.all(
    variants.map(async (variant) => {
      const replay = await replayVariant(scene.run, variant, {
        state: after,
        attack: scene.attack.executions,
      })
      if (!replay.ran) return { variant, replay, harm: null }
      const harm = await measureHarm(scene, { replay, before: after, accomplices: variant.accomplices })
      const shared = sharedHarm(scene.harm, harm)
      // What an honest user would have been paid as well is not the attack's doing.
      const gains = gainsOf(replay.executions, everyone(scene, replay, variant))
      const pays = !hasGained(wanted) || (variant.wider ? paysLike(gains, wanted) : hasGained(gains))
      return { variant, replay, harm: isHarmless(shared) || !pays ? null : shared }
    }),
  )
}

/** Who acts for the attacker in a replay. */
function everyone({ attackers }: Scene, { executions }: Replay, variant?: Variant): ReadonlySet<Address> {
  const created = executions.flatMap((execution) => execution.created)
  return new Set([...attackers, ...created, ...(variant?.accomplices ?? [])])
}

/** Starts with what needs no history; the rest waits for the state history leaves. */
function probeOriginal(request: VerificationRequest, run: Baseline['run'], start: StateOverride) {
  const alone = Promise.all(request.attack.map((step) => runAlone(request, run, { step, state: start })))
  return async (after: StateOverride, together: readonly Execution[] = []): Promise<Baseline['probes']> => {
    const singly = await alone
    const probes = planProbes(request, {
      alone: functionsUsed(request.attack, singly),
      together: functionsUsed(request.attack, [...singly, ...together]),
    })
    return Promise.all(
      probes.map(async (probe) => {
        const state = probe.moment === 'before' ? start : after
        return { probe, replay: await replaySteps(run, { steps: [probe.step], state }) }
      }),
    )
  }
}

/** A transaction of the attack on its own, as if nothing had gone before it. */
async function runAlone(
  request: VerificationRequest,
  run: Baseline['run'],
  { step, state }: { readonly step: VerificationRequest['attack'][number]; readonly state: StateOverride },
): Promise<Execution | null> {
  const steps = [step.at === undefined ? { ...firstAnchor(request), transaction: step.transaction } : step]
  const replay: ReplayAttempt = await replaySteps(run, { steps, state })
  return replay.ran ? replay.executions[0]! : null
}
