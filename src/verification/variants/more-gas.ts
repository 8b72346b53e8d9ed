import type { BuildVariant } from './context.ts'

const TIMES = 4n

/** With gas to spare: an attack that fails on the patched contract only because a guard costs gas is not stopped. */
export const moreGas: BuildVariant = (attack) => ({
  name: 'more-gas',
  passes: [
    attack.map((step) => {
      const { transaction, block } = step
      const gas = transaction.gas * TIMES
      return {
        ...step,
        transaction: { ...transaction, gas },
        block: gas > block.gasLimit ? { ...block, gasLimit: gas } : block,
      }
    }),
  ],
  state: {},
  accomplices: [],
})
