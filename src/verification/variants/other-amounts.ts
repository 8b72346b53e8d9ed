import type { BuildVariant } from './context.ts'
import { hasAmounts, scaleAmounts } from './scale-amounts.ts'

const build =
  (name: string, times: bigint, over: bigint): BuildVariant =>
  (attack) => {
    if (!hasAmounts(attack)) return null
    const pass = attack.map((step) => scaleAmounts(step, { times, over }))
    return { name, passes: [pass], state: {}, accomplices: [] }
  }

/** Smaller amounts: a bound set right under what the attack took stops nothing. */
export const halfAmounts = build('half-amounts', 1n, 2n)
export const nineTenthsAmounts = build('nine-tenths-amounts', 9n, 10n)
