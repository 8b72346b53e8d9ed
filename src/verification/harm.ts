import type { Execution } from '../chain/types.ts'
import { type Address, type Hex, ZERO_ADDRESS } from '../core/hex.ts'
import { isReserved } from './effects.ts'
import { keyOf, type Movement } from './holdings.ts'
import type { Harm, ReservedSlots } from './types.ts'

export const NO_HARM: Harm = {
  losses: new Map(),
  minted: new Map(),
  captured: new Set(),
  changed: new Map(),
  recoded: new Set(),
}

/** Slots below this are declared variables; mappings and dynamic arrays lie at hashes. */
const DECLARED_SLOTS = 1n << 32n
/** ERC-1967: implementation, admin, beacon. */
const PROXY_SLOTS: ReadonlySet<string> = new Set([
  '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc',
  '0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103',
  '0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50',
])
interface Scene {
  readonly executions: readonly Execution[]
  readonly movements: readonly Movement[]
  readonly attackers: ReadonlySet<Address>
  readonly protectedContracts: ReadonlySet<Address>
  readonly reserved: readonly ReservedSlots[]
}

/**
 * What a sequence did to everyone but the attackers. A role kept in a mapping (`hasRole[role][attacker] = true`) is not told from a
 * balance, so it counts as captured only where the attack took nothing of value (see `remainingHarm`).
 */
export function assessHarm({ executions, movements, attackers, protectedContracts, reserved }: Scene): Harm {
  const losses = new Map<string, bigint>()
  for (const { holding, lost } of movements) {
    if (!attackers.has(holding.account) && lost > 0n) losses.set(keyOf(holding), lost)
  }
  const captured = new Set<string>()
  const changed = new Map<string, Hex>()
  const recoded = new Set<string>()
  for (const contract of protectedContracts) {
    for (const [slot, { before, after }] of netStorage(executions, contract)) {
      if (before === after || isReserved(slot, reserved)) continue
      changed.set(`${contract}/${slot}`, after)
      const declared = BigInt(slot) < DECLARED_SLOTS || PROXY_SLOTS.has(slot)
      if (declared && namesAny(after, attackers) && !namesAny(before, attackers))
        captured.add(`${contract}/${slot}`)
    }
    if (executions.some(({ diff }) => diff[contract]?.code)) recoded.add(contract)
  }
  return { losses, minted: mintedTo(executions, attackers), captured, changed, recoded }
}

function mintedTo(executions: readonly Execution[], attackers: ReadonlySet<Address>): Map<string, bigint> {
  const minted = new Map<string, bigint>()
  const add = (token: Address | 'native', amount: bigint) =>
    minted.set(`${token}/${ZERO_ADDRESS}`, (minted.get(`${token}/${ZERO_ADDRESS}`) ?? 0n) + amount)
  for (const { transfers } of executions) {
    for (const { standard, token, from, to, amount } of transfers) {
      if (standard === 'native') continue
      if (from === ZERO_ADDRESS && attackers.has(to)) add(token, amount)
      if (to === ZERO_ADDRESS && attackers.has(from)) add(token, -amount)
    }
  }
  return new Map([...minted].filter(([, amount]) => amount > 0n))
}

function netStorage(executions: readonly Execution[], contract: Address) {
  const net = new Map<string, { before: Hex; after: Hex }>()
  for (const { diff } of executions) {
    for (const [slot, { before, after }] of Object.entries(diff[contract]?.storage ?? {})) {
      net.set(slot, { before: net.get(slot)?.before ?? before, after })
    }
  }
  return net
}

/** Whether a word holds one of the addresses, packed with other fields or not. */
function namesAny(word: Hex, addresses: ReadonlySet<Address>): boolean {
  for (let start = 2; start + 40 <= word.length; start += 2) {
    if (addresses.has(`0x${word.slice(start, start + 40)}`)) return true
  }
  return false
}

export function isHarmless({ losses, minted, captured, changed, recoded }: Harm): boolean {
  return losses.size + minted.size + captured.size + changed.size + recoded.size === 0
}

/**
 * What is left of an attack's harm: the first part of it that `later` still shows, or null. A loss is gone at 1 % of what it was.
 *
 * Only the gravest kind the attack did is held against `later` (value taken, else tokens minted, else state changed), because an
 * attack of several transactions begins with harmless ones that go through either way; captured variables and replaced code always are.
 */
export function remainingHarm(original: Harm, later: Harm): string | null {
  for (const key of original.recoded) if (later.recoded.has(key)) return `the code of ${key} is replaced`
  for (const key of original.captured) if (later.captured.has(key)) return `${key} names the attacker`
  if (original.losses.size > 0) return remainingAmount(original.losses, later.losses, 'lost')
  if (original.minted.size > 0) return remainingAmount(original.minted, later.minted, 'minted')
  for (const key of original.changed.keys()) if (later.changed.has(key)) return `${key} is changed`
  return null
}

function remainingAmount(
  original: ReadonlyMap<string, bigint>,
  later: ReadonlyMap<string, bigint>,
  verb: string,
): string | null {
  for (const [key, amount] of original) {
    const left = later.get(key) ?? 0n
    if (left * 100n > amount) return `${key}: ${left} of ${amount} ${verb}`
  }
  return null
}

/** The part of a variant's harm that is the attack's: the same holdings, slots and contracts. */
export function sharedHarm(attack: Harm, variant: Harm): Harm {
  const shared = <V>(
    a: ReadonlyMap<string, V>,
    b: ReadonlyMap<string, V>,
    keep: (key: string, value: V) => boolean,
  ) => new Map([...b].filter(([key, value]) => a.has(key) && keep(key, value)))
  const inBoth = (a: ReadonlySet<string>, b: ReadonlySet<string>) =>
    new Set([...b].filter((key) => a.has(key)))
  const noted = (all: ReadonlyMap<string, bigint>) => (key: string, amount: bigint) =>
    amount * 100n > all.get(key)!
  const losses = shared(attack.losses, variant.losses, noted(attack.losses))
  const minted =
    attack.losses.size > 0 ? new Map() : shared(attack.minted, variant.minted, noted(attack.minted))
  const stateOnly = attack.losses.size + attack.minted.size === 0
  return {
    losses,
    minted,
    captured: inBoth(attack.captured, variant.captured),
    changed: stateOnly ? shared(attack.changed, variant.changed, () => true) : new Map(),
    recoded: inBoth(attack.recoded, variant.recoded),
  }
}
