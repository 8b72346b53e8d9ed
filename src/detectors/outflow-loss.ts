import { type Execution, Taint } from '../chain/types.ts'
import { type Address, toWord, ZERO_ADDRESS } from '../core/hex.ts'
import { balanceBefore, type Flow, isKeyedBy, largestOf, shareOf } from './holdings.ts'
import { foldWindow, type OutflowState, type OutflowWindow, windowAt } from './outflow-state.ts'
import { isBorrowed, protectedEntries } from './scope.ts'
import type { Protection } from './types.ts'

const FIXED_SLOTS = 1n << 32n

/** What a holder lost in a transaction, together with what it lost in the blocks just before. */
export interface Loss {
  readonly holder: Address
  /** The flow that took the largest share. */
  readonly flow: Flow
  readonly before: bigint
  /** Share of that token that is gone, over the window. */
  readonly share: number
  /** Share of that token that left in this transaction alone. */
  readonly shareNow: number
  /** Share of the holder's value that is gone and not made up for by what came in, as far as ratios can tell. */
  readonly value: number
  readonly window: OutflowWindow
}

/**
 * Weighs a holder's outflow against its inflow without any price: the geometric mean of `after / before` over the tokens that
 * moved. A trade along a constant product leaves it at 1 or above; taking without giving lowers it.
 *
 * Fails for holders whose tokens are not worth the same in total (concentrated liquidity, lending pools): there a trade can look
 * like a loss. What was never held before counts as no compensation, since anybody can send a token made up for the purpose.
 */
export function measureLoss(execution: Execution, flows: readonly Flow[], state: OutflowState): Loss | null {
  const [{ holder }] = flows as [Flow]
  let window = windowAt(state.windows[holder], execution.block.number)
  let worst: { flow: Flow; before: bigint; share: number } | null = null
  for (const flow of flows) {
    const net = flow.out - flow.in
    if (net === 0n) continue
    const before = balanceBefore(execution, flow)
    if (before === null) continue
    window = foldWindow(window, { token: flow.token, before, net })
    const { base, net: total } = window.tokens[flow.token]!
    const share = shareOf(BigInt(total), BigInt(base))
    if (net > 0n && (!worst || share > worst.share)) worst = { flow, before, share }
  }
  if (!worst) return null
  const shareNow = shareOf(worst.flow.out - worst.flow.in, worst.before)
  return { holder, ...worst, shareNow, value: valueLost(window), window }
}

function valueLost({ tokens }: OutflowWindow): number {
  const logs: number[] = []
  for (const { base, net } of Object.values(tokens)) {
    const before = BigInt(base)
    const after = before - BigInt(net)
    if (before <= 0n || after === before) continue
    // A holder emptied to the last unit would make the logarithm infinite and hide what came in.
    logs.push(Math.log(Math.max(Number(after), Number(before) * 1e-9)) - Math.log(Number(before)))
  }
  if (logs.length === 0) return 0
  return Math.max(0, 1 - Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length))
}

/**
 * The share of claims on a holder that were given up in the transaction: the largest fraction of a token's supply that was burned.
 * A holder that pays out 40 % while 40 % of its shares are burned is being redeemed, not drained.
 * Fails for claims that are not tokens.
 */
export function shareRedeemed({ transfers, diff }: Execution, holder: Address): number {
  const given = new Set(transfers.filter(({ from }) => from === holder).map(({ token }) => token))
  const burned = new Map<Address, bigint>()
  for (const { standard, token, to, amount } of transfers) {
    if (standard !== 'erc20' || token === 'native' || to !== ZERO_ADDRESS) continue
    // What the holder itself gave away is a loss and no claim on it, unless it issues the token.
    if (token !== holder && given.has(token)) continue
    burned.set(token, (burned.get(token) ?? 0n) + amount)
  }
  let redeemed = 0
  for (const [token, amount] of burned) {
    const supplies = Object.values(diff[token]?.storage ?? {})
      .filter(({ before, after }) => BigInt(before) - BigInt(after) === amount)
      .map(({ before }) => BigInt(before))
    const supply = largestOf(supplies)
    if (supply > 0n) redeemed = Math.max(redeemed, shareOf(amount, supply))
  }
  return redeemed
}

/**
 * Contracts that are not protected but lost value in a transaction that changed a protected contract: the pools of a protected
 * token, the vaults behind a protected router. Only passive ones: a contract that itself calls anything but tokens and whoever
 * called it is somebody's wallet, router or bot, and decides about its own value.
 */
export function counterparties(
  execution: Execution,
  protection: Protection,
  known: (holder: Address) => boolean,
): Set<Address> {
  const entries = protectedEntries(execution, protection)
  const changed = entries.some((entry) => entry.type === 'CALL' && !entry.reverted)
  const passive = passiveContracts(execution)
  // A swap of a pool's other token only asks the protected token for a balance; a pool known from before is judged even then.
  return new Set([...passive].filter((holder) => changed || (entries.length > 0 && known(holder))))
}

function passiveContracts({ frames, transfers, created, transaction }: Execution): Set<Address> {
  const tokens = new Set(transfers.map(({ token }) => token))
  const callers = new Map<Address, Set<Address>>()
  for (const frame of frames) {
    if (isBorrowed(frame)) continue
    callers.set(frame.context, (callers.get(frame.context) ?? new Set()).add(frame.caller))
  }
  const active = new Set<Address>([transaction.from, ...created])
  for (const frame of frames) {
    if (frame.parent === null || frame.type === 'STATICCALL' || isBorrowed(frame)) continue
    const answers = callers.get(frame.caller)?.has(frame.context)
    if (!tokens.has(frame.context) && !answers) active.add(frame.caller)
  }
  return new Set([...callers.keys()].filter((holder) => !active.has(holder)))
}

/**
 * Whether the holder paid somebody's own record down by exactly what it paid out: an entry of a mapping under the caller's key fell by
 * the amount. Paying out more than the record held, or against nobody's record, does not pass.
 * Fails for records in other units (shares): those count as tokens burned, where they are tokens.
 */
export function paysOwnRecord(execution: Execution, { flow }: Loss, caller: Address): boolean {
  const { observation, diff } = execution
  const paid = flow.out - flow.in
  for (const access of observation?.accesses ?? []) {
    if (access.kind !== 'write' || access.transient || access.slot < FIXED_SLOTS) continue
    const change = diff[access.address]?.storage[toWord(access.slot)]
    if (!change || BigInt(change.before) - BigInt(change.after) !== paid) continue
    const taint = access.slotOrigin?.taint
    const own = taint === undefined ? isKeyedBy(toWord(access.slot), caller) : (taint & Taint.caller) !== 0
    // The token's own ledger always falls by what it moves.
    if (own && access.address !== flow.token) return true
  }
  return false
}

/** Whether the sender, what it called first or what it created ends up with more of anything than it had. */
export function senderGains(execution: Execution, flows: readonly Flow[], holder: Address): boolean {
  const { transaction, created, frames } = execution
  const side = new Set<Address>([transaction.from, frames[0]!.context, ...created])
  side.delete(holder)
  return flows.some((flow) => side.has(flow.holder) && flow.in > flow.out)
}
