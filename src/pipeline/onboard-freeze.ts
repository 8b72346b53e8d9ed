import type { StateOverride } from '../chain/types.ts'
import { type Address, type Hex, toWord } from '../core/hex.ts'
import { targetKey } from '../governance/batches/calls.ts'
import type { GateSite, Pauser, Registrable } from '../governance/batches/types.ts'
import { planFreeze } from '../governance/plan-freeze.ts'
import { decodeRevert } from './explain-revert.ts'
import { probe, rehearse, type Stage } from './onboard-rehearse.ts'

/** What a freeze of one function of a target did, tried on a copy of the state. */
export interface FreezeTrial {
  readonly selector: Hex
  /** Whether a user's call to the function was refused by the shim. */
  readonly refused: boolean
  /** What another function costs more than today; null where none could be called without arguments. */
  readonly addedGas: { readonly idle: bigint; readonly frozen: bigint } | null
  readonly failed: string | null
  readonly state: StateOverride
}

interface FreezeOptions {
  readonly site: GateSite
  readonly target: Registrable
  readonly functions: readonly Hex[]
  readonly pauser: Pauser
}

const SECONDS = 3_600
const MAX_PROBES = 16
const ANYBODY = '0x00000000000000000000000000000000000a11ce'
/** Functions a proxy or its administration answers, which a freeze is no test of. */
const ADMINISTRATION: readonly Hex[] = ['0x3659cfe6', '0x4f1ef286', '0x52d1902d', '0xad3cb1cc']

/** Freezes one function through the gate and calls it as a user would. null where the target has no function to try. */
export async function tryFreeze(
  stage: Stage,
  { site, target, functions, pauser }: FreezeOptions,
  state: StateOverride,
): Promise<FreezeTrial | null> {
  const own = (target.selectors.length > 0 ? target.selectors : functions).filter(
    (selector) => !ADMINISTRATION.includes(selector),
  )
  const selector = own[0]
  if (selector === undefined) return null
  const call = planFreeze({
    gate: site.gate,
    target: targetKey(target),
    selectors: [selector],
    duration: BigInt(Math.min(SECONDS, pauser.budget)),
    incident: toWord(0n),
  })
  const freezing = { ...call, from: pauser.account, what: `PatchGate.freeze(${target.target}, ${selector})` }
  const frozen = await rehearse(stage, [{ calls: [freezing] }], state)
  if (frozen.failed) {
    return { selector, refused: false, addedGas: null, failed: frozen.failed.reason, state }
  }
  const { proxy: to } = target
  const answer = await probe(stage, { from: ANYBODY, to, data: selector }, frozen.state)
  const refused = decodeRevert(answer.output) === `FunctionFrozen(${selector})`
  const addedGas = await measure(stage, { to, selectors: own.slice(1) }, [state, frozen.state])
  return { selector, refused, addedGas, failed: null, state: frozen.state }
}

/** What the first function that can be called without arguments costs more on the second and third state than on the first. */
async function measure(
  stage: Stage,
  { to, selectors }: { readonly to: Address; readonly selectors: readonly Hex[] },
  [idle, frozen]: readonly [StateOverride, StateOverride],
): Promise<FreezeTrial['addedGas']> {
  for (const data of selectors.slice(0, MAX_PROBES)) {
    const call = { from: ANYBODY, to, data } as const
    const today = await probe(stage, call, {})
    if (!today.succeeded) continue
    const [then, meanwhile] = await Promise.all([probe(stage, call, idle), probe(stage, call, frozen)])
    if (then.succeeded && meanwhile.succeeded)
      return { idle: then.gasUsed - today.gasUsed, frozen: meanwhile.gasUsed - today.gasUsed }
  }
  return null
}
