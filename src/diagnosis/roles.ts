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
      for (const { slot, shift, holder } of comparisonsWithCaller(condition, seen)) {
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

function comparisonsWithCaller(
  condition: Origin,
  seen: Set<Origin>,
): { slot: bigint; shift: number; holder: Address }[] {
  const found: { slot: bigint; shift: number; holder: Address }[] = []
  visitOrigin(condition, seen, (node) => {
    // Optimisers compare by EQ, or by SUB or XOR and a jump on the difference.
    if (node.op !== 'compute' || ![OP.EQ, OP.SUB, OP.XOR].includes(node.opcode as 0x14)) return
    const caller = node.inputs.find((input) => isOnlyCaller(input))
    const stored = node.inputs.find((input) => input !== caller)
    const read = caller && stored ? storedAddress(stored) : null
    if (read) found.push(read)
  })
  return found
}

const isOnlyCaller = (origin: Origin): boolean => origin.taint === Taint.caller

/** An address taken from a fixed slot: the read itself, behind masks and a shift (or a division by a power of two, in old code). */
function storedAddress(origin: Origin): { slot: bigint; shift: number; holder: Address } | null {
  let shift = 0
  let node = origin
  for (let depth = 0; depth < 8; depth++) {
    if (node.op === 'storage') {
      const fixed = node.slotOrigin.op === 'constant'
      return fixed ? { slot: node.slot, shift, holder: addressOfWord(node.value >> BigInt(shift)) } : null
    }
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
