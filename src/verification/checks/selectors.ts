import type { Execution } from '../../chain/types.ts'
import type { Patch } from '../../patching/types.ts'
import { compareExecutions, describeDifference } from '../compare.ts'
import { wasRestricted } from '../effects.ts'
import type { Check, Probe, ReservedSlots } from '../types.ts'
import { fail, inconclusive, type ProbeOutcome, pass } from './context.ts'
import { showsParameter } from './parameters.ts'

const NAME = 'selectors'

interface SelectorsOutcome {
  readonly patches: readonly Patch[]
  readonly reserved: readonly ReservedSlots[]
  readonly outcomes: readonly ProbeOutcome[]
  /** Whether every guard of the patch refuses a faulty step only (see `patching/narrow.ts`). */
  readonly narrow: boolean
  /** Targets of the patches that were not probed because they are neither protected nor behind a protected contract. */
  readonly unprobed: readonly string[]
}

/**
 * Every function the attack does not use answers as before. Two exceptions: on a state in use, or with arguments that fit the caller, a
 * probe may happen upon the flaw through a function that shares it; a guard that refuses the faulty step itself then does what it is for. And
 * a parameter that was changed may be told and set (see `showsParameter`).
 */
export function checkSelectors({ patches, reserved, outcomes, narrow, unprobed }: SelectorsOutcome): Check {
  const answers = new Map<string, boolean>()
  const tolerated = new Map<string, boolean>()
  for (const { probe, original, patched } of outcomes) {
    const where = `${probe.selector} of ${probe.target} called by ${probe.step.transaction.from} (${probe.moment} history)`
    if (!original.ran)
      return inconclusive(NAME, `${where} could not run on the original (${original.reason})`)
    if (!patched.ran)
      return inconclusive(NAME, `${where} could not run on the patched contract (${patched.reason})`)
    const now = patched.executions[0]!
    const before = original.executions[0]!
    if (before.status === 'success') {
      const key = `${probe.selector} of ${probe.target}`
      const seen = probe.attacked ? answers : tolerated
      seen.set(key, (seen.get(key) ?? false) || now.status === 'success')
    }
    if (probe.attacked || isExpected(probe, now, narrow)) continue
    const difference = compareExecutions(before, now, reserved)
    if (difference && !showsParameter(patches, before, now))
      return fail(NAME, `${where} differs in ${describeDifference(difference)}`)
  }
  if (unprobed.length > 0)
    return inconclusive(NAME, `not probed, for lack of code or protection: ${unprobed.join(', ')}`)
  const probed = outcomes.filter(({ probe }) => !probe.attacked).length
  const attacked = noteQuiet('functions of the attack that no longer answer any probe', answers)
  const others = noteQuiet('other functions that no longer answer any probe', tolerated)
  return pass(NAME, `${probed} probe(s) alike in every field${attacked}${others}`)
}

/** A narrow guard may still refuse every probe that used to get through; whoever reads the verdict should know. */
function noteQuiet(what: string, answers: ReadonlyMap<string, boolean>): string {
  const quiet = [...answers].filter(([, any]) => !any).map(([key]) => key)
  return quiet.length > 0 ? `; ${what}: ${quiet.join(', ')}` : ''
}

/** Whether a probe came upon the flaw that the patch is about. */
export function isExpected({ strict }: Probe, patched: Execution, narrow: boolean): boolean {
  return narrow && !strict && wasRestricted(patched)
}
