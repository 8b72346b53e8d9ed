import type { Account } from '../../chain/deployment/types.ts'
import { type Address, ZERO_ADDRESS } from '../../core/hex.ts'
import { askBreaker, askGate, registerTarget, targetKey } from './calls.ts'
import { deployForwarder, installForwarder } from './forwarder.ts'
import { handBack, handOver } from './hand-over.ts'
import type { Batch, BatchCall, GateSite, Pauser, Registrable } from './types.ts'

interface Onboarding {
  readonly site: GateSite
  readonly targets: readonly Registrable[]
  readonly pausers: readonly Pauser[]
  /** Whether shims stay in place for good. */
  readonly standing?: boolean
}

/**
 * The batches that put targets under a gate, in the order in which they must be executed: the authority first, then the breaker learns the
 * gate and the pausers, then the targets are registered, which proves the authority by using it. Between two batches nothing is at
 * risk that was not before: a gate does nothing with a target it does not know, and its owner could be given the authority as well.
 */
export function planOnboarding({ site, targets, pausers, standing = false }: Onboarding): Batch[] {
  const unknown = targets.filter(({ forwarder }) => !forwarder?.registered)
  return groupBySender(accountsOf(site, targets), [
    ...handOver(site, targets),
    ...targets.flatMap((target) => deployForwarder(site, target)),
    ...unknown.flatMap((target) => introduce(site, target, pausers)),
    ...unknown.map((target) => registerTarget(site, target)),
    ...(standing ? unknown.map((target) => askGate(site, 'setStanding', [targetKey(target), true])) : []),
    ...targets.flatMap(installForwarder),
  ])
}

/** The batches that undo `planOnboarding`: everything is as it was, but for what patches changed. */
export function planExit({ site, targets, pausers }: Onboarding): Batch[] {
  const accounts = accountsOf(site, targets)
  const leave = targets.map((target) => askGate(site, 'deregisterTarget', [targetKey(target)]))
  const back = handBack(site, targets)
  const ending = targets.flatMap((target) => forget(site, target, pausers))
  // The breaker's part may come at any time after the first: where it fits best depends on who owns what.
  const orders = [
    [...leave, ...back, ...ending],
    [...leave, ...ending, ...back],
  ].map((calls) => groupBySender(accounts, calls))
  return orders[0]!.length <= orders[1]!.length ? orders[0]! : orders[1]!
}

interface Migration {
  readonly from: GateSite
  readonly to: GateSite
  /** As `from` holds them. */
  readonly targets: readonly Registrable[]
  readonly pausers: readonly Pauser[]
}

/** The batches that move targets from one gate to another. Freezes that last are over with the first of them. */
export function planMigration({ from, to, targets, pausers }: Migration): Batch[] {
  const apart = from.breaker !== to.breaker
  return groupBySender(
    [...accountsOf(from, targets), ...accountsOf(to, [])],
    [
      ...targets.map((target) => askGate(from, 'deregisterTarget', [targetKey(target)])),
      ...handOver(to, targets, [from]),
      ...(apart ? targets.flatMap((target) => forget(from, target, pausers)) : []),
      ...targets.flatMap((target) => introduce(to, target, apart ? pausers : [])),
      ...targets.map((target) => registerTarget(to, target)),
    ],
  )
}

function introduce(site: GateSite, target: Registrable, pausers: readonly Pauser[]): BatchCall[] {
  const key = targetKey(target)
  return [
    askBreaker(site, 'setGate', [key, site.gate]),
    ...pausers.map(({ account, budget }) => askBreaker(site, 'setPauser', [key, account, budget])),
  ]
}

function forget(site: GateSite, target: Registrable, pausers: readonly Pauser[]): BatchCall[] {
  const key = targetKey(target)
  return [
    ...pausers.map(({ account }) => askBreaker(site, 'setPauser', [key, account, 0])),
    askBreaker(site, 'setGate', [key, ZERO_ADDRESS]),
  ]
}

function accountsOf(site: GateSite, targets: readonly Registrable[]): Account[] {
  return [site.owner, site.breakerOwner, ...targets.map(({ authority }) => authority.holder)]
}

/** Neighbouring calls of one sender become one batch; the order of the calls stays. */
function groupBySender(accounts: readonly Account[], calls: readonly BatchCall[]): Batch[] {
  const known = new Map<Address, Account>(accounts.map((account) => [account.address, account]))
  const batches: { sender: Account; calls: BatchCall[] }[] = []
  for (const call of calls) {
    const last = batches.at(-1)
    if (last?.sender.address === call.from) last.calls.push(call)
    else batches.push({ sender: known.get(call.from)!, calls: [call] })
  }
  return batches
}
