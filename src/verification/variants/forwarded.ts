import type { Hex } from '../../core/hex.ts'
import { renameAddresses } from '../rename-addresses.ts'
import { type BuildVariant, freshAddress, fund, mapTransactions, sendersOf } from './context.ts'

/**
 * Forwards calldata behind the first word, with the value, to the address in the first word, and returns or reverts with what came
 * back. Only when called by the transaction's sender; from anyone else it takes value and callbacks silently.
 *
 *     CALLER ORIGIN EQ, else STOP · CALLDATACOPY(0, 32, size - 32) · CALL(GAS, word 0, CALLVALUE, 0, size - 32, 0, 0)
 *     RETURNDATACOPY(0, 0, size) · RETURN on success, else REVERT
 */
const FORWARDER: Hex =
  '0x333214600757005b6020360380602060003760006000826000346000355af13d600060003e602c573d6000fd5b3d6000f3'

/** Through a contract in between: a patch that knows the caller by being an account without code, or by its address, is tested by it. */
export const forwarded: BuildVariant = (attack) => {
  if (attack.every(({ transaction }) => transaction.to === null)) return null
  const forwarder = freshAddress('forwarder')
  const renames = new Map(sendersOf(attack).map((sender) => [sender, forwarder]))
  const pass = mapTransactions(attack, (transaction) => {
    if (transaction.to === null) return transaction
    const { to, data } = renameAddresses(transaction, renames)
    return { ...transaction, to: forwarder, data: `0x${to!.slice(2).padStart(64, '0')}${data.slice(2)}` }
  })
  return {
    name: 'forwarded',
    passes: [pass],
    state: fund([forwarder], { code: FORWARDER, nonce: 1n }),
    accomplices: [forwarder],
  }
}
