import { type Origin, type StorageAccess, Taint } from '../chain/types.ts'
import { type Address, toWord } from '../core/hex.ts'
import { OP } from '../evm/opcodes.ts'
import { asksCaller } from './access-control.ts'
import { holderIn } from './authority-holders.ts'
import { codeSite, type Diagnoser, distinct, type Evidence, observed } from './evidence.ts'
import {
  add,
  and,
  caller,
  constant,
  equal,
  field,
  greater,
  load,
  not,
  or,
  selectorIs,
  stack,
  subtract,
} from './expressions.ts'
import { type Call, calledFunctions, writesOf } from './learn/calls.ts'
import { visitOrigin } from './origins.ts'
import { comparedWith, storedField } from './roles.ts'
import type { Diagnosis, Expression } from './types.ts'

/** A member of the entries of a mapping whose address the contract compares with its caller: who is in charge of that entry. */
interface EntryRole {
  readonly base: bigint
  readonly offset: bigint
  readonly shift: number
}

interface Taken {
  readonly call: Call
  readonly access: StorageAccess
  readonly role: EntryRole
}

const SLOT = stack(0)

/**
 * Who is in charge of an entry (a host, an owner of a record) was set anew by a function that takes no notice of its caller. Where the function
 * writes it, it is refused once somebody is in charge, unless one of those in charge of the entry calls.
 *
 * Failure mode: an entry anybody may take over by the rules (an offer that is outbid) looks the same where no benign call did so.
 */
export const diagnoseEntryAuthority: Diagnoser = (evidence) =>
  calledFunctions(evidence).flatMap((fn) => {
    const roles = entryRoles(evidence, fn.ref.target)
    if (roles.length === 0) return []
    const taken = fn.hostile
      .filter((call) => !asksCaller(call.execution, call.activation))
      .flatMap((call) => takenIn(call, roles))
    if (taken.length === 0 || fn.benign.some((call) => takenIn(call, roles).length > 0)) return []
    const writes = [...fn.hostile, ...fn.benign].flatMap((call) => roleWrites(call, roles))
    const sites = distinct(writes, ({ call, access }) => `${siteOf(call, access).code}:${access.pc}`)
    const first = taken[0]!
    const rules = sites.map(({ call, access, role }) => ({
      place: { at: 'instruction' as const, ...siteOf(call, access) },
      refuse: and(selectorIs(call.execution.frames[access.frame]!.selector), isTaken(role, roles)),
    }))
    const diagnosis: Diagnosis = {
      class: 'access-control',
      target: fn.ref.target,
      code: fn.ref.code,
      selector: fn.ref.selector,
      pc: first.access.pc,
      slots: [toWord(first.access.slot)],
      confidence: 0.75,
      mechanism: {
        class: 'logic',
        invariants: [
          {
            name: 'entry-by-its-holder',
            rules,
            notes: [
              `${fn.ref.selector} changes who is in charge of an entry only for those in charge of it, once there are any`,
            ],
          },
        ],
      },
      summary: `${fn.ref.selector} of ${fn.ref.target} changed who is in charge of an entry and did not ask who was calling`,
      evidence: { benignCalls: fn.benign.length },
    }
    return [diagnosis]
  })

function entryRoles(evidence: Evidence, context: Address): readonly EntryRole[] {
  const found: EntryRole[] = []
  for (const { observation, frames } of observed([
    ...evidence.history,
    ...evidence.probes,
    ...evidence.attack,
  ])) {
    const seen = new Set<Origin>()
    for (const { condition, frame } of observation.branches) {
      if (frames[frame]!.context !== context) continue
      visitOrigin(condition, seen, (node) => {
        const other = comparedWith(Taint.caller, node)
        const stored = other && storedField(other)
        const member = stored && memberOf(stored.read.slotOrigin)
        if (member && stored.read.address === context) found.push({ ...member, shift: stored.shift })
      })
    }
  }
  return distinct(found, ({ base, offset, shift }) => `${base}:${offset}:${shift}`)
}

/** The mapping and the member of its entries that a slot is, when the entry was not looked up under the caller. */
function memberOf(slot: Origin): Pick<EntryRole, 'base' | 'offset'> | null {
  if (slot.op !== 'compute' || slot.taint & (Taint.caller | Taint.callerKeyed | Taint.origin)) return null
  if (slot.opcode === OP.ADD) {
    const entry = slot.inputs.find((input) => input.op === 'compute')
    const offset = slot.inputs.find((input) => input.op === 'constant')
    const member = entry && offset ? memberOf(entry) : null
    return member && offset ? { base: member.base, offset: member.offset + offset.value } : null
  }
  const base =
    slot.opcode === OP.KECCAK256 && slot.inputs.length === 2
      ? slot.inputs.find(({ op }) => op === 'constant')
      : null
  return base ? { base: base.value, offset: 0n } : null
}

/** Writes of a call to members that say who is in charge. */
function roleWrites(call: Call, roles: readonly EntryRole[]): Taken[] {
  return writesOf(call).flatMap((access) => {
    const member = access.slotOrigin && memberOf(access.slotOrigin)
    return roles
      .filter(({ base, offset }) => member?.base === base && member.offset === offset)
      .filter(({ shift }) => holderIn(access.previous, shift) !== holderIn(access.value, shift))
      .map((role) => ({ call, access, role }))
  })
}

/** Those that took an entry from somebody else. */
function takenIn(call: Call, roles: readonly EntryRole[]): Taken[] {
  return roleWrites(call, roles).filter(({ access, role }) => {
    const holder = holderIn(access.previous, role.shift)
    return BigInt(holder) !== 0n && holder !== call.caller
  })
}

const siteOf = ({ execution }: Call, access: StorageAccess) => codeSite(execution, access)

/** Whether the member to be written has a holder, and the caller is in charge of nothing in the entry. */
function isTaken(role: EntryRole, roles: readonly EntryRole[]): Expression {
  const holder = (member: EntryRole) => field(load(slotOf(role, member)), { shift: member.shift, bits: 160 })
  const mine = roles.filter(({ base }) => base === role.base).map((member) => equal(holder(member), caller))
  return and(greater(holder(role), constant(0n)), not(mine.reduce(or)))
}

function slotOf(from: EntryRole, to: EntryRole): Expression {
  if (to.offset === from.offset) return SLOT
  return to.offset > from.offset
    ? add(SLOT, constant(to.offset - from.offset))
    : subtract(SLOT, constant(from.offset - to.offset))
}
