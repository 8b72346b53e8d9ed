import type { Execution, Frame, Step } from '../../chain/types.ts'
import type { Address } from '../../core/hex.ts'
import { type BuildVariant, fund, type Seen } from './context.ts'

/** More steps than this are a loop; a variant of it says no more than a shorter attack's would. */
const STEPS = 64
const SECONDS_PER_BLOCK = 12n

/**
 * The calls the attacker's contracts made, each as a transaction of its own from the same account: what an ordinary account could have
 * sent. A patch that only refuses contracts, or several steps in one transaction, stops nothing of it.
 */
export const unwrapped: BuildVariant = (attack, seen) => build('unwrapped', 0n, unwrap(attack, seen), seen)

/** The same with a block for each call: a patch that bounds what one block sees stops nothing of it. */
export const unwrappedOverBlocks: BuildVariant = (attack, seen) =>
  build('unwrapped-over-blocks', 1n, unwrap(attack, seen), seen)

function build(name: string, apart: bigint, steps: readonly Step[] | null, { attackers }: Seen) {
  if (steps === null) return null
  const pass = steps.map((step, index) => {
    const later = BigInt(index) * apart
    const { block } = step
    return {
      ...step,
      block: {
        ...block,
        number: block.number + later,
        timestamp: block.timestamp + later * SECONDS_PER_BLOCK,
      },
    }
  })
  return { name, wider: true as const, passes: [pass], state: fund(attackers), accomplices: [] }
}

/** Null where nothing was wrapped. */
function unwrap(attack: readonly Step[], { executions, attackers }: Seen): Step[] | null {
  let wrapped = false
  const steps = attack.flatMap((step, index) => {
    const execution = executions[index]
    const calls = execution ? outwardCalls(execution, attackers) : null
    if (!calls) return [step]
    wrapped = true
    return calls.map(({ caller: from, context: to, input: data, value }) => ({
      ...step,
      transaction: { ...step.transaction, from, to, data, value },
    }))
  })
  return wrapped && steps.length <= STEPS ? steps : null
}

/** Calls that left the attacker's own contracts, in order; callbacks into them are not followed. Null where the transaction is such a call itself. */
function outwardCalls({ frames }: Execution, attackers: ReadonlySet<Address>): Frame[] | null {
  const found: Frame[] = []
  const walk = (frame: Frame) => {
    for (const index of frame.children) {
      const child = frames[index]!
      if (child.reverted) continue
      if (attackers.has(child.context)) walk(child)
      else if (child.type === 'CALL') found.push(child)
    }
  }
  const [root] = frames
  if (!root || !attackers.has(root.context)) return null
  walk(root)
  return found.length > 0 ? found : null
}
