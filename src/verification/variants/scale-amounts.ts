import type { Step } from '../../chain/types.ts'
import type { Hex } from '../../core/hex.ts'

/** Smaller words are indices, fees, enumerations and offsets; larger ones addresses, hashes and "everything" markers. */
const LEAST = 1_000n
const MOST = 1n << 112n
/** Words this near to the block's time (seconds) are deadlines. */
const DEADLINE_SPAN = 10n * 365n * 86_400n

/**
 * The step with its value and every argument word that looks like an amount multiplied by `share`. Init code is left alone. A guess:
 * a word wrongly taken for an amount makes a call that fails on the original, which is then no attack and not held against a patch.
 */
export function scaleAmounts(step: Step, share: { readonly times: bigint; readonly over: bigint }): Step {
  const { transaction, block } = step
  const scale = (amount: bigint) => (amount * share.times) / share.over
  const value = scale(transaction.value)
  if (transaction.to === null) return { ...step, transaction: { ...transaction, value } }
  const head = transaction.data.slice(0, 10)
  const words = transaction.data.slice(10).match(/.{1,64}/g) ?? []
  const scaled = words.map((word) => {
    const amount = BigInt(`0x${word}`)
    const dated = amount > block.timestamp - DEADLINE_SPAN && amount < block.timestamp + DEADLINE_SPAN
    if (word.length < 64 || amount < LEAST || amount >= MOST || dated) return word
    return scale(amount).toString(16).padStart(64, '0')
  })
  return { ...step, transaction: { ...transaction, value, data: `${head}${scaled.join('')}` as Hex } }
}

export function hasAmounts(attack: readonly Step[]): boolean {
  return attack.some((step) => {
    const { transaction } = scaleAmounts(step, { times: 1n, over: 2n })
    return transaction.value !== step.transaction.value || transaction.data !== step.transaction.data
  })
}
