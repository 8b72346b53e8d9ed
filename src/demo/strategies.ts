import type { Address, Hex } from '../core/hex.ts'
import { lendingPoolAbi, savingsReserveAbi } from '../generated/demo.ts'
import { calldata } from './actor.ts'
import { type Deployment, DOLLAR, ETHER } from './deploy.ts'
import { atLeastZero, borrowable, freeCollateral, headroom, lesser, type Position } from './positions.ts'
import type { Random } from './random.ts'

/** One use of the protocol. */
export interface Action {
  readonly name: string
  readonly to: Address
  readonly data: Hex
  /** Wei. */
  readonly value: bigint
}

interface Situation {
  readonly position: Position
  readonly deployment: Deployment
  readonly random: Random
  /** Somebody else, to move collateral to. */
  readonly friend: Address
}

/** Whole dollars, and thousandths of an ether: what people type. */
const dollars = (amount: bigint): bigint => (amount / DOLLAR) * DOLLAR
const ether = (amount: bigint): bigint => (amount / (ETHER / 1_000n)) * (ETHER / 1_000n)

/** Parts in which a recovery is told. */
export const MILLION = 1_000_000n

type Proposal = readonly [name: string, amount: bigint]

function proposals({ position, random }: Situation): Proposal[] {
  const free = freeCollateral(position)
  const { debt, supplied, deposit, advance } = position
  const spare = position.dollars
  return [
    ['addCollateral', ether(random.share(atLeastZero(position.ether - 10n * ETHER), 0.0001, 0.0004))],
    ['removeCollateral', ether(random.share(free, 0.02, 0.25))],
    ['moveCollateral', ether(random.share(free, 0.02, 0.15))],
    ['borrow', dollars(random.share(borrowable(position), 0.02, 0.12))],
    ['repay', dollars(random.share(lesser(debt, spare), 0.2, 0.8))],
    ['supply', dollars(random.share(spare, 0.01, 0.05))],
    ['redeem', dollars(random.share(supplied, 0.02, 0.15))],
    ['deposit', dollars(random.share(spare, 0.01, 0.05))],
    // What is left must still be twice the advance, or there would be no headroom to speak of.
    ['withdraw', dollars(random.share(atLeastZero(deposit - 2n * advance), 0.02, 0.15))],
    ['advance', dollars(random.share(headroom(position), 0.05, 0.3))],
    ['settle', dollars(random.share(lesser(advance, spare), 0.2, 0.8))],
  ]
}

const IN_RESERVE: ReadonlySet<string> = new Set(['deposit', 'withdraw', 'advance', 'settle'])

/** Something a user in this situation might do, by chance; null where nothing is possible. */
export function chooseAction(situation: Situation): Action | null {
  const possible = proposals(situation).filter(([, amount]) => amount > 0n)
  if (possible.length === 0) return null
  const [name, amount] = situation.random.pick(possible)
  return toAction(situation, name, amount)
}

function toAction(
  { deployment, friend }: Omit<Situation, 'random' | 'position'>,
  name: string,
  amount: bigint,
): Action {
  const { pool, reserve } = deployment
  if (IN_RESERVE.has(name)) {
    return { name, to: reserve, data: calldata(savingsReserveAbi, name, [amount]), value: 0n }
  }
  if (name === 'addCollateral') return { name, to: pool, data: calldata(lendingPoolAbi, name), value: amount }
  const args = name === 'moveCollateral' ? [friend, amount] : [amount]
  return { name, to: pool, data: calldata(lendingPoolAbi, name, args), value: 0n }
}

/**
 * What a user does who leaves as far as it can: pays back, takes out collateral and savings. `recovery` is the part of savings that is there
 * to be paid out, in parts of a million: nobody takes more than that from the others.
 */
export function exitActions(deployment: Deployment, position: Position, recovery: bigint): Action[] {
  const { collateral, debt, deposit, advance } = position
  const repaid = debt <= position.dollars
  const settled = advance <= position.dollars - (repaid ? debt : 0n)
  const savings = settled ? deposit : atLeastZero(deposit - advance)
  const steps: Proposal[] = [
    ['repay', repaid ? debt : 0n],
    ['removeCollateral', repaid ? collateral : freeCollateral(position)],
    ['settle', settled ? advance : 0n],
    ['withdraw', (savings * recovery) / MILLION],
  ]
  return steps
    .filter(([, amount]) => amount > 0n)
    .map(([name, amount]) => toAction({ deployment, friend: deployment.pool }, name, amount))
}
