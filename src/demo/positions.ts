import type { Rpc } from '../chain/types.ts'
import type { Address } from '../core/hex.ts'
import { dollarAbi, lendingPoolAbi, savingsReserveAbi } from '../generated/demo.ts'
import { type Deployment, ETHER, ETHER_PRICE } from './deploy.ts'
import { type NumberView, readEther, readNumbers } from './read.ts'

/** What an account has in the protocol and of its own. Wei and dollars (six decimals). */
export interface Position {
  readonly ether: bigint
  readonly dollars: bigint
  readonly collateral: bigint
  readonly debt: bigint
  readonly supplied: bigint
  readonly deposit: bigint
  readonly advance: bigint
}

/** What the protocol's contracts say an account has in them. */
export function claimViews({ pool, reserve }: Deployment, account: Address): NumberView[] {
  const args = [account]
  return [
    { address: pool, abi: lendingPoolAbi, name: 'collateralOf', args },
    { address: pool, abi: lendingPoolAbi, name: 'debtOf', args },
    { address: pool, abi: lendingPoolAbi, name: 'suppliedOf', args },
    { address: reserve, abi: savingsReserveAbi, name: 'depositOf', args },
    { address: reserve, abi: savingsReserveAbi, name: 'advanceOf', args },
  ]
}

export async function readPosition(rpc: Rpc, deployment: Deployment, account: Address): Promise<Position> {
  const balance = { address: deployment.dollar, abi: dollarAbi, name: 'balanceOf', args: [account] }
  const [ether, [dollars, collateral, debt, supplied, deposit, advance]] = await Promise.all([
    readEther(rpc, account),
    readNumbers(rpc, [balance, ...claimViews(deployment, account)]),
  ])
  return {
    ether,
    dollars: dollars!,
    collateral: collateral!,
    debt: debt!,
    supplied: supplied!,
    deposit: deposit!,
    advance: advance!,
  }
}

/** Collateral that no debt needs: three quarters of the value may be borrowed. */
export function freeCollateral({ collateral, debt }: Position): bigint {
  const needed = (debt * ETHER * 4n) / (ETHER_PRICE * 3n) + 1n
  return debt === 0n ? collateral : atLeastZero(collateral - needed)
}

/** What may be borrowed on top of the debt, the fee included. */
export const borrowable = ({ collateral, debt }: Position): bigint =>
  atLeastZero((((collateral * ETHER_PRICE) / ETHER) * 3n) / 4n - debt)

/** What may still be taken as an advance. */
export const headroom = ({ deposit, advance }: Position): bigint => atLeastZero(deposit / 2n - advance)

export const lesser = (a: bigint, b: bigint): bigint => [a, b].sort((x, y) => (x < y ? -1 : 1))[0]!

export const atLeastZero = (amount: bigint): bigint => (amount > 0n ? amount : 0n)
