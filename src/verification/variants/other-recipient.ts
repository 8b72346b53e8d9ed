import { renameAddresses } from '../rename-addresses.ts'
import { type BuildVariant, freshAddress, mapTransactions, sendersOf } from './context.ts'

/** For somebody else's benefit: a patch that only refuses to serve whoever calls for itself stops nothing. */
export const otherRecipient: BuildVariant = (attack) => {
  const recipients = new Map(
    sendersOf(attack).map((sender, i) => [sender, freshAddress(`recipient ${i}`)] as const),
  )
  const pass = mapTransactions(attack, (transaction) => ({
    ...renameAddresses(transaction, recipients),
    from: transaction.from,
    to: transaction.to,
  }))
  const changed = pass.some(({ transaction }, i) => transaction.data !== attack[i]!.transaction.data)
  if (!changed) return null
  return { name: 'other-recipient', passes: [pass], state: {}, accomplices: [...recipients.values()] }
}
