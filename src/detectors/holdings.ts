import { concat, keccak256 } from 'viem'
import type { Execution, Transfer } from '../chain/types.ts'
import { type Address, type Hex, toWord, ZERO_ADDRESS } from '../core/hex.ts'

/** What one transaction moved out of and into one holder, in one token. */
export interface Flow {
  readonly holder: Address
  readonly token: Address | 'native'
  readonly standard: Transfer['standard']
  readonly out: bigint
  readonly in: bigint
  /** Where most of it left: the frame of the largest transfer out. */
  readonly frame: number
  /** Who got most of it. */
  readonly to: Address
}

/** Net movements of every holder, in order of first appearance. */
export function flowsOf({ transfers }: Execution): Flow[] {
  const flows = new Map<string, { -readonly [K in keyof Flow]: Flow[K] } & { largest: bigint }>()
  const flowOf = (holder: Address, { token, standard, frame }: Transfer) => {
    const key = `${holder}${token}`
    let flow = flows.get(key)
    if (!flow) {
      flow = { holder, token, standard, out: 0n, in: 0n, frame, to: ZERO_ADDRESS, largest: -1n }
      flows.set(key, flow)
    }
    return flow
  }
  for (const transfer of transfers) {
    if (transfer.from === transfer.to) continue
    const from = flowOf(transfer.from, transfer)
    from.out += transfer.amount
    if (transfer.amount > from.largest) {
      from.largest = transfer.amount
      from.frame = transfer.frame
      from.to = transfer.to
    }
    flowOf(transfer.to, transfer).in += transfer.amount
  }
  return [...flows.values()].map(({ largest: _largest, ...flow }) => flow)
}

/** Highest storage position tried for a token's balance mapping. */
const MAPPING_POSITIONS = 64
const BALANCE_OF = '0x70a08231'

/**
 * What a holder had of a token before the transaction; null where the execution does not tell.
 *
 * Native: from the state diff. ERC-20: the slot of the token whose change equals the net flow, told apart from others by the
 * mapping's key; else an answer of `balanceOf` seen during the transaction, carried back over the transfers before it.
 * Fails for tokens that move balances by another number than they announce (fees, rebasing) and that nobody asked.
 */
export function balanceBefore(execution: Execution, flow: Flow): bigint | null {
  const { holder, token } = flow
  if (token === 'native') return execution.diff[holder]?.balance?.before ?? null
  if (flow.standard === 'erc1155') return null
  return fromStorage(execution, flow, token) ?? fromAnswer(execution, flow, token)
}

function fromStorage({ diff }: Execution, flow: Flow, token: Address): bigint | null {
  const change = flow.out - flow.in
  const slots = Object.entries(diff[token]?.storage ?? {}).filter(
    ([, { before, after }]) => BigInt(before) - BigInt(after) === change,
  )
  if (slots.length === 0) return null
  const keyed = slots.length === 1 ? slots[0] : slots.find(([slot]) => isKeyedBy(slot as Hex, flow.holder))
  if (keyed) return BigInt(keyed[1].before)
  // Which of several slots it is cannot be told: the largest gives the smallest share, so nothing is exaggerated.
  return largestOf(slots.map(([, { before }]) => BigInt(before)))
}

/** Whether `slot` is `mapping[key]` of a mapping at a low position, as Solidity or Vyper lay it out. */
export function isKeyedBy(slot: Hex, key: Address): boolean {
  const word = toWord(BigInt(key))
  for (let position = 0; position < MAPPING_POSITIONS; position++) {
    const at = toWord(BigInt(position))
    if (keccak256(concat([word, at])) === slot || keccak256(concat([at, word])) === slot) return true
  }
  return false
}

function fromAnswer({ frames, transfers }: Execution, flow: Flow, token: Address): bigint | null {
  const input = `${BALANCE_OF}${toWord(BigInt(flow.holder)).slice(2)}`
  const asked = frames.find(
    (frame) =>
      frame.context === token && frame.input === input && frame.output.length === 66 && !frame.reverted,
  )
  if (!asked) return null
  let before = BigInt(asked.output)
  for (const transfer of transfers) {
    if (transfer.frame > asked.index || transfer.token !== token) continue
    if (transfer.from === flow.holder) before += transfer.amount
    if (transfer.to === flow.holder) before -= transfer.amount
  }
  return before < 0n ? null : before
}

/** The largest of the values; 0 of none. */
export function largestOf(values: readonly bigint[]): bigint {
  let largest = 0n
  for (const value of values) if (value > largest) largest = value
  return largest
}

/** `part / whole` between 0 and 1, to six digits; 0 of nothing is 0. */
export function shareOf(part: bigint, whole: bigint): number {
  if (part <= 0n) return 0
  if (whole <= 0n || part >= whole) return 1
  return Number((part * 1_000_000n) / whole) / 1_000_000
}
