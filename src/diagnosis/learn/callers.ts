import { Taint } from '../../chain/types.ts'
import type { Address } from '../../core/hex.ts'
import { attackersOf, deployedByAttackers, type Evidence, isBelow, ofFrames } from '../evidence.ts'
import { caller, differ, field, origin, storage } from '../expressions.ts'
import { findRoles } from '../roles.ts'
import type { Call, CalledFunction, Learned } from './calls.ts'

/** Only accounts that sign transactions have called the function, and the attack came through a contract of its own. */
export function callerIsOrigin(evidence: Evidence, fn: CalledFunction): Learned[] {
  const direct = fn.benign.every((call) => call.caller === call.origin)
  const through = fn.hostile.some((call) => call.caller !== call.origin && isAttackContract(evidence, call))
  if (!direct || !through) return []
  const invariant = {
    name: 'caller-is-origin',
    rules: [{ place: { at: 'entry' as const, ...fn.ref }, refuse: differ(caller, origin) }],
    notes: ['contract wallets cannot use the function any more'],
  }
  return [{ invariant, support: fn.benign.length }]
}

/**
 * Whether the caller is a contract of the attacker's: one the attack's senders deployed, or that they drive and that never emits anything.
 * Pairs, routers and tokens that an attack calls emit.
 */
function isAttackContract(evidence: Evidence, { caller: contract }: Call): boolean {
  if (deployedByAttackers(evidence).has(contract)) return true
  const emits = evidence.attack.some(({ logs }) => logs.some(({ address }) => address === contract))
  return !emits && attackersOf(evidence).has(contract)
}

/**
 * A function that serves nobody in particular (it keeps no account of its caller and takes nothing from it) was left to whoever comes; the
 * contract knows roles, so it can be theirs. Refuses everybody else.
 */
export function callerHoldsRole(evidence: Evidence, fn: CalledFunction): Learned[] {
  if (fn.hostile.some(servesCaller) || fn.benign.some(servesCaller)) return []
  const admits = (holder: Address) => fn.benign.every((call) => call.caller === holder)
  return findRoles(evidence, fn.ref.target)
    .filter(({ holder }) => BigInt(holder) !== 0n && admits(holder))
    .filter(({ holder }) => !fn.hostile.some((call) => call.caller === holder))
    .map(({ slot, shift, holder }) => ({
      invariant: {
        name: 'caller-holds-role',
        rules: [
          {
            place: { at: 'entry', ...fn.ref },
            refuse: differ(field(storage(slot), { shift, bits: 160 }), caller),
          },
        ],
        notes: [`only ${holder}, kept in slot ${slot}, can use the function any more`],
      },
      support: fn.benign.length,
    }))
}

function servesCaller({ execution, entry, activation, caller: from }: Call): boolean {
  const keyed = ofFrames(execution.observation.accesses, activation).some(
    ({ slotOrigin }) => (slotOrigin?.taint ?? 0) & (Taint.caller | Taint.callerKeyed),
  )
  const paid = execution.transfers.some(
    (transfer) => transfer.from === from && isBelow(execution, execution.frames[transfer.frame]!, entry),
  )
  return keyed || paid
}
