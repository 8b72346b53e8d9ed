import { type Renames, renameAddresses } from '../rename-addresses.ts'
import { type BuildVariant, freshAddress, fund, mapTransactions, sendersOf } from './context.ts'

/** The same attack by somebody else: a patch that only locks out this attacker stops nothing. */
export const otherSender: BuildVariant = (attack) => {
  const renames: Renames = new Map(sendersOf(attack).map((from, i) => [from, freshAddress(`sender ${i}`)]))
  const pass = mapTransactions(attack, (transaction) => ({
    ...renameAddresses(transaction, renames),
    from: renames.get(transaction.from)!,
  }))
  return {
    name: 'other-sender',
    passes: [pass],
    state: fund(renames.values()),
    accomplices: [...renames.values()],
  }
}
