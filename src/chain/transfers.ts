import { type Address, addressOfWord, bytesOf, type Hex, ZERO_ADDRESS } from '../core/hex.ts'
import { wordAt } from '../evm/words.ts'
import type { ExecutionLog, Frame, Transfer } from './types.ts'

// keccak256 of the event signatures of ERC-20/721, ERC-1155 and the wrapped native token (WETH9).
const TRANSFER = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'
const TRANSFER_SINGLE = '0xc3d58168c5ae7397731d063d5bbf3d657854427343f4c083240f7aacaa2d0f62'
const TRANSFER_BATCH = '0x4a39dc06d4c0dbc64b70af90fd698a233a518aa5d07e595d983b8c0526c8f7fb'
const DEPOSIT = '0xe1fffcc4923d04b559f4d29a8bfc6cda04eb5b0d3c460751c2402c5c5cc9109c'
const WITHDRAWAL = '0x7fcf532c15f0a6db0bd6d0e038bea71d30d808c7d98cb3bf7268a95bf5081b65'

/**
 * Native and token movements of a traced transaction that lasted, in order of the frames they happened in.
 *
 * Tokens are read from their events, so a token that moves balances without saying so is not seen here (its storage is, in the
 * state diff). Wrapping and unwrapping the native token counts as mint and burn when the event's amount moved natively too.
 */
export function extractTransfers(frames: readonly Frame[], logs: readonly ExecutionLog[]): Transfer[] {
  const transfers: Transfer[] = []
  for (const frame of frames) {
    if (frame.value > 0n && !frame.reverted) transfers.push(nativeTransfer(frame))
  }
  for (const log of logs) transfers.push(...tokenTransfers(log, frames))
  return transfers.sort((a, b) => a.frame - b.frame)
}

function nativeTransfer(frame: Frame): Transfer {
  return {
    standard: 'native',
    token: 'native',
    from: frame.caller,
    to: frame.context,
    amount: frame.value,
    tokenId: null,
    frame: frame.index,
  }
}

const topicAddress = (topic: Hex): Address => addressOfWord(BigInt(topic))

function tokenTransfers(log: ExecutionLog, frames: readonly Frame[]): Transfer[] {
  const { topics, address: token, frame } = log
  const [event, first, second, third] = topics
  if (event === TRANSFER && first && second) {
    const from = topicAddress(first)
    const to = topicAddress(second)
    if (third) return [{ standard: 'erc721', token, from, to, amount: 1n, tokenId: BigInt(third), frame }]
    const amount = wordAt(bytesOf(log.data), 0)
    return [{ standard: 'erc20', token, from, to, amount, tokenId: null, frame }]
  }
  if ((event === TRANSFER_SINGLE || event === TRANSFER_BATCH) && second && third) {
    return multiTokenTransfers(log, topicAddress(second), topicAddress(third))
  }
  if ((event === DEPOSIT || event === WITHDRAWAL) && first && topics.length === 2) {
    return wrappedTransfer(log, topicAddress(first), event === DEPOSIT, frames)
  }
  return []
}

function multiTokenTransfers(log: ExecutionLog, from: Address, to: Address): Transfer[] {
  const data = bytesOf(log.data)
  const word = (index: number) => wordAt(data, index * 32)
  const one = (tokenId: bigint, amount: bigint): Transfer => ({
    standard: 'erc1155',
    token: log.address,
    from,
    to,
    amount,
    tokenId,
    frame: log.frame,
  })
  if (log.topics[0] === TRANSFER_SINGLE) return [one(word(0), word(1))]
  const ids = Number(word(0) / 32n)
  const amounts = Number(word(1) / 32n)
  const count = Math.min(Number(word(ids)), data.length / 32)
  return Array.from({ length: count }, (_, i) => one(word(ids + 1 + i), word(amounts + 1 + i)))
}

function wrappedTransfer(
  log: ExecutionLog,
  holder: Address,
  deposit: boolean,
  frames: readonly Frame[],
): Transfer[] {
  const amount = wordAt(bytesOf(log.data), 0)
  const emitter = frames[log.frame]!
  const movedNatively = deposit
    ? emitter.value === amount
    : emitter.children.some((child) => frames[child]!.value === amount && frames[child]!.status === 'success')
  if (!movedNatively) return []
  const [from, to] = deposit ? [ZERO_ADDRESS, holder] : [holder, ZERO_ADDRESS]
  return [{ standard: 'erc20', token: log.address, from, to, amount, tokenId: null, frame: log.frame }]
}
