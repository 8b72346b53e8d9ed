import { type Execution, type Origin, Taint } from '../chain/types.ts'
import { type Address, addressOfWord } from '../core/hex.ts'
import { OP } from '../evm/opcodes.ts'
import { wordBefore } from './authority-state.ts'
import { type Evidence, observed } from './evidence.ts'
import { caller, constant, entry, equal, field, load, not, or, storage } from './expressions.ts'
import { slotFor } from './learn/entries.ts'
import { visitOrigin } from './origins.ts'
import { findRoles } from './roles.ts'
import type { Expression } from './types.ts'

/** A mapping from accounts to flags. Solidity hashes the key first, Vyper the base. */
export interface Membership {
  readonly base: bigint
  readonly order: 'key-first' | 'base-first'
}

/** Somebody a contract trusts: the account in a slot, or every account with a flag in a mapping. */
export type Authority =
  | { readonly kind: 'holder'; readonly context: Address; readonly slot: bigint; readonly shift: number }
  | (Membership & { readonly kind: 'member'; readonly context: Address })

/** Whom guards ask for at most; with more, the condition says little. */
const MOST = 4

/** Whom a contract trusts by what its own code compares or looks up: single holders first. */
export function authoritiesOf(evidence: Evidence, context: Address): readonly Authority[] {
  const holders = findRoles(evidence, context).map(
    ({ slot, shift }): Authority => ({ kind: 'holder', context, slot, shift }),
  )
  const members = membershipsBy(evidence, context, Taint.caller).map(
    (membership): Authority => ({ kind: 'member', context, ...membership }),
  )
  return [...holders, ...members]
}

/**
 * Mappings in which the contract looks its caller (or the sender of the transaction) up to decide a jump, and that hold nothing but flags.
 * A role's own mapping counts when the role is a constant (`hasRole[ROLE][account]`).
 *
 * Failure mode: a flag that anybody can set for itself (a registration) looks like trust; whether benign callers had it tells them apart.
 */
export function membershipsBy(evidence: Evidence, context: Address, key: number): readonly Membership[] {
  const found = new Map<string, Membership>()
  const counts = new Set<string>()
  for (const { observation } of observed([...evidence.history, ...evidence.probes, ...evidence.attack])) {
    const seen = new Set<Origin>()
    for (const { condition } of observation.branches) {
      visitOrigin(condition, seen, (node) => {
        if (node.op !== 'storage' || node.address !== context) return
        const membership = membershipIn(node.slotOrigin, key)
        if (!membership) return
        const name = `${membership.base}:${membership.order}`
        found.set(name, membership)
        if (node.value > 1n) counts.add(name)
      })
    }
  }
  return [...found].filter(([name]) => !counts.has(name)).map(([, membership]) => membership)
}

/** The mapping a slot is the entry of, when it was looked up under nothing but the caller or the sender. */
export function membershipIn(slot: Origin, key: number): Membership | null {
  if (slot.op !== 'compute' || slot.opcode !== OP.KECCAK256 || slot.inputs.length !== 2) return null
  const [first, second] = slot.inputs as readonly [Origin, Origin]
  if (first.taint === key && second.taint === 0) return { base: second.value, order: 'key-first' }
  if (second.taint === key && first.taint === 0) return { base: first.value, order: 'base-first' }
  return null
}

/** Whether an account held an authority when an execution began; null where that is not known. */
export function heldBy(
  evidence: Evidence,
  authority: Authority,
  { execution, account }: { readonly execution: Execution; readonly account: Address },
): boolean | null {
  const address = authority.context
  const slot = authority.kind === 'holder' ? authority.slot : slotFor(BigInt(account), authority)
  const word = wordBefore(evidence, execution, { address, slot })
  if (word === null) return null
  return authority.kind === 'holder' ? holderIn(word, authority.shift) === account : word !== 0n
}

export const holderIn = (word: bigint, shift: number): Address => addressOfWord(word >> BigInt(shift))

/** Somebody who used something, and when. */
export interface Use {
  readonly execution: Execution
  readonly account: Address
}

/**
 * The fewest authorities so that each of the benign uses was by somebody who held one, none of them held in a hostile use. Null where some
 * benign use was by nobody known to be trusted.
 */
export function coverUses(
  evidence: Evidence,
  authorities: readonly Authority[],
  { benign, hostile }: { readonly benign: readonly Use[]; readonly hostile: readonly Use[] },
): readonly Authority[] | null {
  const open = notHeld(evidence, authorities, hostile)
  const chosen: Authority[] = []
  let left = [...benign]
  while (left.length > 0 && chosen.length < MOST) {
    const byReach = open.map((authority) => ({
      authority,
      rest: left.filter((use) => heldBy(evidence, authority, use) !== true),
    }))
    const best = byReach.sort((a, b) => a.rest.length - b.rest.length)[0]
    if (!best || best.rest.length === left.length) return null
    chosen.push(best.authority)
    left = best.rest
  }
  return left.length === 0 ? chosen : null
}

/** Authorities nobody held in any of the uses. */
export function notHeld(
  evidence: Evidence,
  authorities: readonly Authority[],
  uses: readonly Use[],
): Authority[] {
  return authorities.filter((authority) => uses.every((use) => heldBy(evidence, authority, use) !== true))
}

/** Not zero where the caller holds one of the authorities. */
export function isTrusted(authorities: readonly Authority[]): Expression {
  return authorities.map((authority) => holds(authority, caller)).reduce(or)
}

export const isStranger = (authorities: readonly Authority[]): Expression => not(isTrusted(authorities))

/** Not zero where `who` holds the authority. */
export function holds(authority: Authority, who: Expression): Expression {
  if (authority.kind === 'member') return load(entryOf(who, authority))
  const { slot, shift } = authority
  return equal(field(storage(slot), { shift, bits: 160 }), who)
}

function entryOf(who: Expression, { base, order }: Membership): Expression {
  return order === 'key-first' ? entry(who, constant(base)) : entry(constant(base), who)
}

export function describeAuthority(authority: Authority): string {
  return authority.kind === 'holder'
    ? `the account in storage slot 0x${authority.slot.toString(16)}`
    : `accounts set in the mapping at slot 0x${authority.base.toString(16)}`
}

/** Tells authorities apart, as two addresses in one slot. */
export const nameOf = (authority: Authority): string =>
  authority.kind === 'holder'
    ? `${authority.slot}:${authority.shift}`
    : `${authority.base}:${authority.order}`
