import type { AccountOverride, StateOverride } from '../chain/types.ts'
import type { Address } from '../core/hex.ts'
import type { Patch } from '../patching/types.ts'

/** Both overlays, `upper` winning by field and slot. */
export function mergeOverrides(lower: StateOverride, upper: StateOverride): StateOverride {
  const merged: Record<Address, AccountOverride> = { ...lower }
  for (const [key, account] of Object.entries(upper)) {
    const address = key as Address
    const below = merged[address]
    const storage = { ...below?.storage, ...account.storage }
    merged[address] = { ...below, ...account, ...(Object.keys(storage).length > 0 ? { storage } : {}) }
  }
  return merged
}

/** A patch set is applied as what it is: other code and other slots for some accounts. */
export function overlayPatches(state: StateOverride, patches: readonly Patch[]): StateOverride {
  let patched = state
  for (const { target, runtime, storage } of patches) {
    const account = { ...(runtime ? { code: runtime } : {}), ...(storage ? { storage } : {}) }
    patched = mergeOverrides(patched, { [target]: account })
  }
  return patched
}
