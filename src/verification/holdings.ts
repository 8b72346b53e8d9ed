import type { Execution, Frame, RunSequence, StateOverride, Step } from '../chain/types.ts'
import { type Address, type Hex, toAddress, ZERO_ADDRESS } from '../core/hex.ts'
import { readBalances } from './read-balances.ts'
import type { Holding } from './types.ts'

const TRANSFER: Hex = '0xa9059cbb'
const TRANSFER_FROM: Hex = '0x23b872dd'
const BALANCE_OF: Hex = '0x70a08231'
/** Which words of the calldata name a holder. */
const HOLDER_ARGUMENTS: Readonly<Record<Hex, readonly number[]>> = {
  [TRANSFER]: [0],
  [TRANSFER_FROM]: [0, 1],
  [BALANCE_OF]: [0],
}
export function keyOf({ token, account, tokenId }: Holding): string {
  return tokenId === null ? `${token}/${account}` : `${token}/${account}/${tokenId}`
}

/**
 * Every holding a sequence may have moved: from its transfers, its native balances, and from the arguments of token calls, because
 * tokens exist that move balances without an event.
 *
 * Fails for a holding that is changed without an event and without anyone naming its holder to the token.
 */
export function findHoldings(executions: readonly Execution[]): readonly Holding[] {
  const found = new Map<string, Holding>()
  const add = (token: Holding['token'], account: Address, tokenId: bigint | null = null) => {
    if (account !== ZERO_ADDRESS) found.set(keyOf({ token, account, tokenId }), { token, account, tokenId })
  }
  for (const { transfers, frames, diff } of executions) {
    for (const { standard, token, from, to, tokenId } of transfers) {
      for (const account of [from, to]) add(token, account, standard === 'erc1155' ? tokenId : null)
    }
    for (const frame of frames) {
      for (const account of holdersNamed(frame)) add(frame.context, account)
      if (frame.selector === TRANSFER) add(frame.context, frame.caller)
    }
    for (const [account, { balance }] of Object.entries(diff)) if (balance) add('native', account as Address)
  }
  return [...found.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

function holdersNamed({ selector, input }: Frame): Address[] {
  return (HOLDER_ARGUMENTS[selector] ?? [])
    .map((index) => input.slice(10 + 64 * index, 10 + 64 * (index + 1)))
    .filter((word) => word.length === 64)
    .map((word) => toAddress(`0x${word.slice(24)}`))
}

interface Span {
  readonly run: RunSequence
  readonly executions: readonly Execution[]
  readonly before: StateOverride
  readonly after: StateOverride
  /** Where balances are read: the block, and the state it stands on. */
  readonly anchor: Omit<Step, 'transaction'>
}

export interface Movement {
  readonly holding: Holding
  /** In the token's smallest unit; negative for a gain. */
  readonly lost: bigint
}

/**
 * What a sequence took from each holding. Native balances are read from the state, tokens are asked with `balanceOf` on the state
 * before and after, and only where they do not answer (ERC-1155, odd tokens) their transfers are added up.
 */
export async function measureMovements(span: Span, holdings: readonly Holding[]): Promise<Movement[]> {
  const { run, anchor, executions } = span
  const asked = holdings.filter(({ token, tokenId }) => token !== 'native' && tokenId === null)
  const [before, after] = await Promise.all([
    readBalances({ run, anchor, state: span.before }, asked),
    readBalances({ run, anchor, state: span.after }, asked),
  ])
  const told = new Map<Holding, bigint>()
  for (const [index, holding] of asked.entries()) {
    const [first, last] = [before[index] ?? null, after[index] ?? null]
    if (first !== null && last !== null) told.set(holding, first - last)
  }
  return holdings.map((holding) => {
    if (holding.token === 'native') return { holding, lost: nativeLoss(executions, holding.account) }
    return { holding, lost: told.get(holding) ?? transferred(executions, holding) }
  })
}

function nativeLoss(executions: readonly Execution[], account: Address): bigint {
  const changes = executions.flatMap(({ diff }) => diff[account]?.balance ?? [])
  return (changes[0]?.before ?? 0n) - (changes.at(-1)?.after ?? 0n)
}

function transferred(executions: readonly Execution[], { token, account, tokenId }: Holding): bigint {
  let lost = 0n
  for (const { transfers } of executions) {
    for (const transfer of transfers) {
      if (transfer.token !== token) continue
      if (tokenId !== null && transfer.tokenId !== tokenId) continue
      if (transfer.from === account) lost += transfer.amount
      if (transfer.to === account) lost -= transfer.amount
    }
  }
  return lost
}
