import { keccak256, stringToHex } from 'viem'
import type { AccountDiff, Execution } from '../chain/types.ts'
import { type Hex, toWord } from '../core/hex.ts'
import { hashJson, type Json, toJson } from '../core/json.ts'
import type { ReservedSlots } from './types.ts'

/** The error every guard refuses with. */
export const RESTRICTED = keccak256(stringToHex('SutureRestricted()')).slice(0, 10) as Hex

/**
 * Where guards keep locks on forks without transient storage: the 256 slots from the ERC-7201 location of `suture.storage.lock` on. 0 and 1
 * are free, 2 is taken.
 */
export const LOCK_SLOTS: ReservedSlots = {
  prefix: erc7201('suture.storage.lock').slice(0, -2) as Hex,
  free: [toWord(0n), toWord(1n)],
}

/** Where sentences keep marks: the low 16 bytes come from a hash, the high 16 from the ERC-7201 location of `suture.marks`. */
export const MARK_SLOTS: ReservedSlots = { prefix: erc7201('suture.marks').slice(0, 34) as Hex, free: null }

/** All that Suture's own guards write. */
export const GUARD_SLOTS: readonly ReservedSlots[] = [LOCK_SLOTS, MARK_SLOTS]

export function isReserved(slot: string, reserved: readonly ReservedSlots[]): boolean {
  return reserved.some(({ prefix }) => slot.startsWith(prefix))
}

/**
 * What an execution did, as others can tell: result, logs, movements, state. Gas, frames and the slots reserved for guards are left
 * out; they may differ between a contract and its restriction.
 */
export function effectOf(execution: Execution, reserved: readonly ReservedSlots[]): Json {
  const { status, output, logs, transfers, created, diff } = execution
  const accounts: Record<string, Json> = {}
  for (const [address, account] of Object.entries(diff)) {
    const changes = changesOf(account, reserved)
    if (Object.keys(changes).length > 0) accounts[address] = changes
  }
  return toJson({
    status,
    output,
    logs: logs.map(({ frame: _frame, ...log }) => log),
    transfers: transfers.map(({ frame: _frame, ...transfer }) => transfer),
    created,
    accounts,
  })
}

export function hashEffect(execution: Execution, reserved: readonly ReservedSlots[]): Hex {
  return hashJson(effectOf(execution, reserved))
}

/** Whether a guard refused, in the transaction's own call or anywhere below it. */
export function wasRestricted({ frames }: Execution): boolean {
  return frames.some(({ status, output }) => status === 'revert' && output.startsWith(RESTRICTED))
}

function changesOf({ balance, nonce, code, storage }: AccountDiff, reserved: readonly ReservedSlots[]) {
  const slots = Object.entries(storage).filter(
    ([slot, { before, after }]) => before !== after && !isReserved(slot, reserved),
  )
  return {
    ...(balance && balance.before !== balance.after ? { balance: toJson(balance) } : {}),
    ...(nonce && nonce.before !== nonce.after ? { nonce: toJson(nonce) } : {}),
    ...(code && code.before !== code.after
      ? { code: { before: keccak256(code.before), after: keccak256(code.after) } }
      : {}),
    ...(slots.length > 0 ? { storage: toJson(Object.fromEntries(slots)) } : {}),
  }
}

/** keccak256(keccak256(id) - 1) with the last byte cleared. */
function erc7201(id: string): Hex {
  const inner = BigInt(keccak256(stringToHex(id))) - 1n
  return `0x${keccak256(toWord(inner)).slice(2, -2)}00`
}
