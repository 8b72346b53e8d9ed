import type { BuildVariant } from './context.ts'

const SECONDS_PER_BLOCK = 12n

/** Each transaction in a block of its own: a patch that only bounds what one block sees stops nothing. */
export const spreadOverBlocks: BuildVariant = (attack) => {
  if (attack.length < 2) return null
  const pass = attack.map((step, index) => {
    const { block } = step
    const later = BigInt(index)
    const number = block.number + later
    return {
      ...step,
      block: { ...block, number, timestamp: block.timestamp + later * SECONDS_PER_BLOCK },
    }
  })
  return { name: 'spread-over-blocks', passes: [pass], state: {}, accomplices: [] }
}
