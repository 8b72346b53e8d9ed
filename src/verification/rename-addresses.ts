import type { TransactionRequest } from '../chain/types.ts'
import type { Address, Hex } from '../core/hex.ts'

export type Renames = ReadonlyMap<Address, Address>

/**
 * Puts other addresses into a call's target, calldata and init code, wherever their 20 bytes stand. Fails where the calldata holds
 * them in another form (hashed, signed): such a call then does not do on the original what it did before, and counts as no attack.
 */
export function renameAddresses(transaction: TransactionRequest, renames: Renames): TransactionRequest {
  const { to } = transaction
  let data: string = transaction.data
  for (const [from, into] of renames) data = data.replaceAll(from.slice(2), into.slice(2))
  return { ...transaction, to: to === null ? null : (renames.get(to) ?? to), data: data as Hex }
}
