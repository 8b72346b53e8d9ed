import { type Address, type Hex, toQuantity } from '../core/hex.ts'
import type { AccountOverride, StateDiff, StateOverride } from './types.ts'

/** `state` with what a transaction changed laid over it. Neither argument is modified. */
export function applyDiff(state: StateOverride, diff: StateDiff): StateOverride {
  const next: Record<Address, AccountOverride> = { ...state }
  for (const [key, change] of Object.entries(diff)) {
    const address = key as Address
    const storage: Record<Hex, Hex> = {}
    for (const [slot, { after }] of Object.entries(change.storage)) storage[slot as Hex] = after
    next[address] = layOver(next[address], {
      ...(change.balance ? { balance: change.balance.after } : {}),
      ...(change.nonce ? { nonce: change.nonce.after } : {}),
      ...(change.code ? { code: change.code.after } : {}),
      storage,
    })
  }
  return next
}

/** Both overlays, `upper` winning. */
export function mergeOverrides(lower: StateOverride, upper: StateOverride): StateOverride {
  const next: Record<Address, AccountOverride> = { ...lower }
  for (const [key, account] of Object.entries(upper))
    next[key as Address] = layOver(next[key as Address], account)
  return next
}

function layOver(lower: AccountOverride | undefined, upper: AccountOverride): AccountOverride {
  if (!lower) return upper
  return { ...lower, ...upper, storage: { ...lower.storage, ...upper.storage } }
}

/** The third argument of `debug_traceCall` and `eth_call`. */
export function toRpcOverrides(state: StateOverride): Record<Address, object> {
  const overrides: Record<Address, object> = {}
  for (const [address, { balance, nonce, code, storage }] of Object.entries(state)) {
    overrides[address as Address] = {
      ...(balance === undefined ? {} : { balance: toQuantity(balance) }),
      ...(nonce === undefined ? {} : { nonce: toQuantity(nonce) }),
      ...(code === undefined ? {} : { code }),
      ...(storage === undefined ? {} : { stateDiff: storage }),
    }
  }
  return overrides
}
