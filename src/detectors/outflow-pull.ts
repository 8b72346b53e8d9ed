import type { Execution, Frame, Transfer } from '../chain/types.ts'
import { type Address, addressOfWord, ZERO_ADDRESS } from '../core/hex.ts'
import { ancestorsOf, entryOf, functionOf, protectedAt } from './scope.ts'
import type { FunctionRef, Protection } from './types.ts'

/** A protected contract moved a third party's tokens, using an allowance the third party gave it. */
export interface Pull {
  readonly transfer: Transfer
  readonly victim: Address
  /** The protected contract that moved it. */
  readonly spender: Address
  /** The protected function below which it happened. */
  readonly function: FunctionRef
  readonly entry: Frame
}

/**
 * Tokens that a protected contract took from somebody who neither sent the transaction nor is anywhere on the way to the call,
 * did not sign for it and got nothing in return. Allowances given by holders make routers do this when their calldata is trusted.
 *
 * Fails where a holder agreed on chain beforehand (orders placed in another transaction, subscriptions); history and the contract's
 * own check of its caller tell those apart.
 */
export function findPulls(execution: Execution, protection: Protection): Pull[] {
  const { frames, transfers, transaction } = execution
  const paid = new Set(transfers.map(({ to }) => to))
  const agreed = signers(frames)
  const pulls: Pull[] = []
  for (const transfer of transfers) {
    const victim = transfer.from
    if (transfer.token === 'native' || victim === ZERO_ADDRESS || victim === transfer.to) continue
    if (
      victim === transaction.from ||
      paid.has(victim) ||
      agreed.has(victim) ||
      protectedAt(victim, protection)
    )
      continue
    const move = callToToken(frames, transfer)
    if (!move || victim === move.caller) continue
    const spender = protectedAt(move.caller, protection)
    if (!spender || move.parent === null) continue
    const path = [...ancestorsOf(frames, move)]
    if (path.some(({ context, caller }) => context === victim || caller === victim)) continue
    const entry = entryOf(frames, frames[move.parent]!)
    const ref = functionOf(frames, entry, protection)
    if (ref) pulls.push({ transfer, victim, spender, function: ref, entry })
  }
  return pulls
}

/** The call into the token that moved it: the frame that logged the transfer, or the proxy call around it. */
function callToToken(frames: readonly Frame[], { frame, token }: Transfer): Frame | null {
  const entry = entryOf(frames, frames[frame]!)
  return entry.context === token ? entry : null
}

const ECRECOVER: Address = '0x0000000000000000000000000000000000000001'

/** ERC-1271 `isValidSignature(bytes32,bytes)`. */
const IS_VALID_SIGNATURE = '0x1626ba7e'

/** Who agreed within the transaction: signatures recovered, and contracts that were asked for theirs. */
function signers(frames: readonly Frame[]): Set<Address> {
  const found = new Set<Address>()
  for (const { context, output, selector, reverted } of frames) {
    if (reverted) continue
    if (context === ECRECOVER && output.length === 66) found.add(addressOfWord(BigInt(output)))
    if (selector === IS_VALID_SIGNATURE) found.add(context)
  }
  return found
}
