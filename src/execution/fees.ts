import { SutureError } from '../core/errors.ts'
import type { Fees, TransactionIntent } from './types.ts'

interface FeeSituation {
  readonly intent: Pick<TransactionIntent, 'id' | 'urgency' | 'outbid'>
  /** Of the newest block, wei per gas. */
  readonly baseFeePerGas: bigint
  /** What the node suggests as priority fee, wei per gas. */
  readonly suggestedTip: bigint
  /** The most the operator pays, wei per gas. */
  readonly cap: bigint
}

export interface PlannedFees extends Fees {
  /** Whether both fees lie strictly above what the intent has to outbid (true where there is nothing to outbid). */
  readonly outbids: boolean
}

/** Above by an eighth: an attacker who replaces his transaction once (10 %) still pays less. */
const OUTBID_DIVISOR = 8n
/** Pools replace a transaction only for 10 % more of both fees (geth's default); an eighth clears that after rounding. */
const REPLACE_DIVISOR = 8n
/** The base fee grows by an eighth per full block at most (EIP-1559), so twice it holds for five full blocks. */
const BASE_FEE_ROOM = 2n

/**
 * Fees for a transaction. Blocks are ordered by the effective tip, min(maxPriorityFee, maxFee − baseFee). With both fees
 * strictly above the attack's, the effective tip is above at any base fee; so `outbid` raises both, also against legacy
 * transactions, whose gas price counts as both.
 *
 * The cap wins over outbidding: a freeze that comes second still stops the next transaction of the attack, and refusing would let
 * an attacker switch freezing off with one high bid. `outbids` says what came of it.
 *
 * @throws SutureError TRANSACTION_FAILED (retryable) where the cap lies below the base fee: no block would take it.
 */
export function planFees(situation: FeeSituation): PlannedFees {
  const { intent, baseFeePerGas, suggestedTip, cap } = situation
  if (cap < baseFeePerGas) {
    throw new SutureError('TRANSACTION_FAILED', 'The fee cap lies below the base fee of the chain.', {
      meta: [
        `intent: ${intent.id}`,
        `base fee: ${baseFeePerGas} wei per gas`,
        `cap: ${cap} wei per gas`,
        'fix: raise maxFeePerGas of the chain in the configuration',
      ],
      retryable: true,
    })
  }
  const rival = intent.urgency === 'outbid' ? intent.outbid : undefined
  const tip = rival ? max(suggestedTip, above(rival.maxPriorityFeePerGas)) : suggestedTip
  const fee = baseFeePerGas * BASE_FEE_ROOM + tip
  const wanted = rival ? max(fee, above(rival.maxFeePerGas)) : fee
  const fees = { maxFeePerGas: min(wanted, cap), maxPriorityFeePerGas: min(tip, cap) }
  return { ...fees, outbids: rival === undefined || outbids(fees, rival) }
}

/** Fees with which a pool accepts a replacement of `previous`, or null where the cap leaves no room for it. */
export function bumpFees(previous: Fees, current: Fees, cap: bigint): Fees | null {
  const fees = {
    maxFeePerGas: max(current.maxFeePerGas, bumped(previous.maxFeePerGas)),
    maxPriorityFeePerGas: max(current.maxPriorityFeePerGas, bumped(previous.maxPriorityFeePerGas)),
  }
  return fees.maxFeePerGas > cap || fees.maxPriorityFeePerGas > fees.maxFeePerGas ? null : fees
}

function outbids(fees: Fees, rival: Fees): boolean {
  return fees.maxFeePerGas > rival.maxFeePerGas && fees.maxPriorityFeePerGas > rival.maxPriorityFeePerGas
}

const above = (fee: bigint) => fee + fee / OUTBID_DIVISOR + 1n
const bumped = (fee: bigint) => fee + fee / REPLACE_DIVISOR + 1n
const max = (a: bigint, b: bigint) => (a > b ? a : b)
const min = (a: bigint, b: bigint) => (a < b ? a : b)
