import type { Execution, RunSequence, StateOverride, Step } from '../chain/types.ts'
import type { Address } from '../core/hex.ts'
import { mergeOverrides } from './overlay-patches.ts'
import { type Renames, renameAddresses } from './rename-addresses.ts'
import { replaySteps } from './replay.ts'
import type { ReplayAttempt, Variant } from './types.ts'

/**
 * Runs a variant from a state. Contracts a pass creates lie at other addresses than the attack's did; they are matched in order of
 * creation, and later steps of the pass are sent to the new ones.
 */
export async function replayVariant(
  run: RunSequence,
  variant: Variant,
  from: { readonly state: StateOverride; readonly attack: readonly Execution[] },
): Promise<ReplayAttempt> {
  const executions: Execution[] = []
  let state = mergeOverrides(from.state, variant.state)
  for (const pass of variant.passes) {
    const renames = new Map<Address, Address>()
    for (const [index, step] of pass.entries()) {
      const replay = await replaySteps(run, { steps: [renameStep(step, renames)], state })
      if (!replay.ran) return replay
      const execution = replay.executions[0]!
      executions.push(execution)
      state = replay.state
      const created = from.attack[index]?.created ?? []
      for (const [position, address] of created.entries()) {
        const now = execution.created[position]
        if (now && now !== address) renames.set(address, now)
      }
    }
  }
  return { ran: true, executions, state }
}

function renameStep(step: Step, renames: Renames): Step {
  return renames.size === 0 ? step : { ...step, transaction: renameAddresses(step.transaction, renames) }
}
