import { type Origin, Taint } from '../chain/types.ts'
import { type Address, addressOfWord } from '../core/hex.ts'
import { OP } from '../evm/opcodes.ts'
import { attackersOf, type Evidence, observed } from './evidence.ts'
import { visitOrigin } from './origins.ts'

/** A storage slot whose address the contract's own code compares with its caller. */
export interface Role {
  readonly context: Address
  readonly slot: bigint
  /** Bits to shift the slot's word right to get the address. */
  readonly shift: number
  readonly holder: Address
  /** In how many functions the comparison was seen. */
  readonly functions: number
}

/**
 * Whom the protected contracts trust, read from their own behaviour: every `EQ` of CALLER with an address from a fixed storage slot
 * that decided a jump, over history, attack and the stranger's probes. Most used first; nobody (zero) after
 * somebody, the attacker last.
 *
 * Failure mode: roles kept in mappings (`hasRole[role][account]`) have no single holder and are not listed.
 */
export function findRoles(evidence: Evidence, context: Address): readonly Role[] {
  const roles = rolesOf.get(evidence) ?? readRoles(evidence)
  rolesOf.set(evidence, roles)
  return roles.filter((role) => role.context === context)
}

const rolesOf = new WeakMap<Evidence, readonly Role[]>()

function readRoles(evidence: Evidence): readonly Role[] {
  const { probes, history, attack } = evidence
  const attackers = attackersOf(evidence)
  const found = new Map<string, Omit<Role, 'functions'> & { selectors: Set<string> }>()
  // The first reading counts: what the attack has rewritten says nothing about who was trusted.
  for (const { frames, observation } of observed([...history, ...probes, ...attack])) {
    const seen = new Set<Origin>()
    for (const { frame, condition } of observation.branches) {
      const { context, selector } = frames[frame]!
      for (const { slot, shift, holder } of comparisonsWith(Taint.caller, condition, seen)) {
        const key = `${context}:${slot}:${shift}`
        const role = found.get(key) ?? { context, slot, shift, holder, selectors: new Set() }
        role.selectors.add(selector)
        found.set(key, role)
      }
    }
  }
  const rank = ({ holder, functions }: Role) =>
    (attackers.has(holder) ? 0 : BigInt(holder) === 0n ? 1_000 : 1_000_000) + functions
  return [...found.values()]
    .map(({ selectors, ...role }) => ({ ...role, functions: selectors.size }))
    .sort((a, b) => rank(b) - rank(a))
}

/** Addresses from fixed slots that an expression compares with the caller or, by the other taint, with the transaction's sender. */
export function comparisonsWith(
  who: typeof Taint.caller | typeof Taint.origin,
  condition: Origin,
  seen: Set<Origin>,
): { slot: bigint; shift: number; holder: Address }[] {
  const found: { slot: bigint; shift: number; holder: Address }[] = []
  visitOrigin(condition, seen, (node) => {
    const stored = comparedWith(who, node)
    const read = stored ? storedAddress(stored) : null
    if (read) found.push(read)
  })
  return found
}

/** The other side of a comparison with the caller or the sender; null for anything else. */
export function comparedWith(who: number, node: Origin): Origin | null {
  // Optimisers compare by EQ, or by SUB or XOR and a jump on the difference.
  if (node.op !== 'compute' || ![OP.EQ, OP.SUB, OP.XOR].includes(node.opcode as 0x14)) return null
  const self = node.inputs.find(({ taint }) => taint === who)
  return (self && node.inputs.find((input) => input !== self)) ?? null
}
function storedAddress(origin: Origin): { slot: bigint; shift: number; holder: Address } | null {
  const stored = storedField(origin)
  if (stored?.read.slotOrigin.op !== 'constant') return null
  const { read, shift } = stored
  return { slot: read.slot, shift, holder: addressOfWord(read.value >> BigInt(shift)) }
}

/** A part of a word of storage: the read itself, behind masks and a shift (or a division by a power of two, in old code). */
export function storedField(
  origin: Origin,
): { readonly read: Extract<Origin, { op: 'storage' }>; readonly shift: number } | null {
  let shift = 0
  let node = origin
  for (let depth = 0; depth < 8; depth++) {
    if (node.op === 'storage') return { read: node, shift }
    if (node.op !== 'compute') return null
    const next = node.inputs.find((input) => input.taint & Taint.storage)
    const other = node.inputs.find((input) => input !== next)
    if (!next) return null
    if (node.opcode === OP.SHR && other) shift += Number(other.value)
    else if (node.opcode === OP.DIV && other) shift += other.value.toString(2).length - 1
    else if (node.opcode !== OP.AND) return null
    node = next
  }
  return null
}
