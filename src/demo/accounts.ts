import { type HDAccount, mnemonicToAccount } from 'viem/accounts'

/** The test accounts every local node knows: worth nothing anywhere else. */
const MNEMONIC = 'test test test test test test test test test test test junk'

export const GUARDIANS = 5
export const THRESHOLD = 3
export const USERS = 20
const WALLET_OWNERS = 4

/** Who takes part. Users from `USERS - WALLET_OWNERS` on act through a contract wallet. */
export interface Cast {
  /** Owns the gate and the Breaker, and deploys; a DAO's timelock in earnest. */
  readonly dao: HDAccount
  /** The key of the watching process: may freeze, nothing else. */
  readonly sentinel: HDAccount
  readonly guardians: readonly HDAccount[]
  readonly attacker: HDAccount
  readonly users: readonly HDAccount[]
}

const at = (addressIndex: number): HDAccount => mnemonicToAccount(MNEMONIC, { addressIndex })
const range = (start: number, count: number): HDAccount[] =>
  Array.from({ length: count }, (_, index) => at(start + index))

/** Accounts the node must fund. */
export const CAST_SIZE = 3 + GUARDIANS + USERS

export function castRoles(): Cast {
  return {
    dao: at(0),
    sentinel: at(1),
    attacker: at(2),
    guardians: range(3, GUARDIANS),
    users: range(3 + GUARDIANS, USERS),
  }
}

/** Whether the user at `index` acts through a contract wallet. */
export const hasWallet = (index: number): boolean => index >= USERS - WALLET_OWNERS

/** A key as processes take it from their environment. */
export function privateKeyOf(account: HDAccount): `0x${string}` {
  return `0x${Buffer.from(account.getHdKey().privateKey!).toString('hex')}`
}
