import { keccak256, stringToHex } from 'viem'
import type {
  AccountOverride,
  Execution,
  StateOverride,
  Step,
  TransactionRequest,
} from '../../chain/types.ts'
import { type Address, toAddress } from '../../core/hex.ts'
import type { Variant } from '../types.ts'

/** How the attack went. */
export interface Seen {
  readonly executions: readonly Execution[]
  readonly attackers: ReadonlySet<Address>
}

/** Makes another way of the same attack, or null where there is none. */
export type BuildVariant = (attack: readonly Step[], seen: Seen) => Variant | null

/** More than any attack spends, and far from overflowing when added to. */
const AMPLE = 1n << 100n

/** An address nobody has used, the same one every time. */
export function freshAddress(label: string): Address {
  return toAddress(`0x${keccak256(stringToHex(`suture verification: ${label}`)).slice(-40)}`)
}

export function fund(accounts: Iterable<Address>, extra: AccountOverride = {}): StateOverride {
  return Object.fromEntries([...accounts].map((account) => [account, { balance: AMPLE, ...extra }]))
}

export function sendersOf(attack: readonly Step[]): Address[] {
  return [...new Set(attack.map(({ transaction }) => transaction.from))]
}

export function mapTransactions(
  attack: readonly Step[],
  change: (transaction: TransactionRequest, step: Step) => TransactionRequest,
): Step[] {
  return attack.map((step) => ({ ...step, transaction: change(step.transaction, step) }))
}
