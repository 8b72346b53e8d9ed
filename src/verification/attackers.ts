import type { Execution, Step } from '../chain/types.ts'
import type { Address } from '../core/hex.ts'
import type { Protection } from '../detectors/types.ts'

interface AttackerContext {
  readonly attack: readonly Step[]
  readonly executions: readonly Execution[]
  readonly history: readonly Execution[]
  readonly protection: Protection
}

/**
 * The accounts that act for the attacker, whose own losses are nobody's concern: the senders, the contracts they created, and a
 * contract that was there before when it is the only one the attack's transactions go to, is not protected, is unknown to history and
 * emits nothing (tokens, pools and lending markets do).
 *
 * Fails where an attack goes through somebody else's silent contract only: what that contract itself loses is then not counted. It
 * errs to the strict side where an attacker uses several contracts of his own that were there before: they are taken for victims.
 */
export function findAttackers({
  attack,
  executions,
  history,
  protection,
}: AttackerContext): ReadonlySet<Address> {
  const attackers = new Set<Address>(attack.map(({ transaction }) => transaction.from))
  for (const { created } of executions) for (const address of created) attackers.add(address)
  for (const contract of protection.contracts) attackers.delete(contract)
  const entries = new Set(attack.map(({ transaction }) => transaction.to).filter((to) => to !== null))
  const [entry] = entries
  if (entry && entries.size === 1 && isAttackContract(entry, { executions, history, protection }))
    attackers.add(entry)
  return attackers
}

function isAttackContract(
  entry: Address,
  { executions, history, protection }: Omit<AttackerContext, 'attack'>,
): boolean {
  if (protection.contracts.has(entry) || protection.implementations.has(entry)) return false
  if (executions.some(({ logs }) => logs.some(({ address }) => address === entry))) return false
  return !history.some(({ frames }) =>
    frames.some(({ context, code }) => context === entry || code === entry),
  )
}
