import { type BuildVariant, fund, sendersOf } from './context.ts'
import { hasAmounts, scaleAmounts } from './scale-amounts.ts'

/** Twice in a row: a patch that fires once stops nothing. */
export const repeated: BuildVariant = (attack) => ({
  name: 'repeated',
  passes: [attack, attack],
  state: fund(sendersOf(attack)),
  accomplices: [],
})

/** Half of it, and half of it again. */
export const splitInTwo: BuildVariant = (attack) => {
  if (!hasAmounts(attack)) return null
  const half = attack.map((step) => scaleAmounts(step, { times: 1n, over: 2n }))
  return { name: 'split-in-two', passes: [half, half], state: fund(sendersOf(attack)), accomplices: [] }
}
