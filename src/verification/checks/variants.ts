import type { Baseline, Check } from '../types.ts'
import { judgeStopped } from './attack.ts'
import { pass, type VariantOutcome } from './context.ts'

/** Begins the names of checks that are reported and do not decide. */
export const GENERALITY = 'generality/'

/** One check for each variant. One that does no harm on the original is no attack and passes, saying so. */
export function checkVariants(variants: Baseline['variants'], outcomes: readonly VariantOutcome[]): Check[] {
  return variants.map(({ variant, replay }) => {
    const name = variant.wider ? `${GENERALITY}${variant.name}` : `attack-variant/${variant.name}`
    const outcome = outcomes.find((candidate) => candidate.variant === variant)
    if (outcome) return judgeStopped(name, outcome)
    const why = replay.ran ? 'it does not do the harm' : `it cannot run (${replay.reason})`
    return pass(name, `not an attack on the original: ${why}`)
  })
}
