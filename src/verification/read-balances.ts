import type { RunSequence, StateOverride, Step } from '../chain/types.ts'
import { type Address, type Hex, toWord } from '../core/hex.ts'
import { mergeOverrides } from './overlay-patches.ts'
import { replaySteps } from './replay.ts'
import type { Holding } from './types.ts'

/** Asks for balances: an account nobody knows, put there for the reading only. */
const READER: Address = '0x00000000000000000000000000000000be9a11ce'
/**
 * For each pair of words (token, account) of its calldata calls `balanceOf(account)` of the token with a million gas, and returns a pair of
 * words: whether at least a word came back, and that word.
 *
 *     for i = 0; i < CALLDATASIZE; i += 64:
 *       mem[0x1c..0x40) = 70a08231, word(i + 32)
 *       ok = CALL(1000000, word(i), 0, 0x1c, 0x24, 0x40, 0x20) & (RETURNDATASIZE > 31)
 *       mem[0x80 + i] = ok, mem[0xa0 + i] = mem[0x40]
 *     RETURN(0x80, CALLDATASIZE)
 */
const READER_CODE: Hex = `0x${[
  '60005b368110600d57366080f35b',
  '6370a0823160005280602001356020526000604052',
  '602060406024601c600085',
  '35620f4240f1601f3d1116',
  '816080015260405181',
  '60a00152604001600256',
].join('')}`
/** As many as fit the gas a transaction may have anywhere (EIP-7825). */
const AT_A_TIME = 12
const GAS = 16_000_000n
const WORD = 64

interface Moment {
  readonly run: RunSequence
  readonly state: StateOverride
  readonly anchor: Omit<Step, 'transaction'>
}

/** Balances as the tokens themselves tell them, in the order of `holdings`; null where one does not answer. */
export async function readBalances(moment: Moment, holdings: readonly Holding[]): Promise<(bigint | null)[]> {
  const groups: Holding[][] = []
  for (let first = 0; first < holdings.length; first += AT_A_TIME)
    groups.push(holdings.slice(first, first + AT_A_TIME))
  return (await Promise.all(groups.map((group) => readGroup(moment, group)))).flat()
}

async function readGroup(
  { run, state, anchor }: Moment,
  holdings: readonly Holding[],
): Promise<(bigint | null)[]> {
  const words = holdings.flatMap(({ token, account }) => [token === 'native' ? '0x0' : token, account])
  const data: Hex = `0x${words.map((word) => toWord(BigInt(word)).slice(2)).join('')}`
  const gas = anchor.block.gasLimit < GAS ? anchor.block.gasLimit : GAS
  const transaction = { from: READER, to: READER, data, value: 0n, gas }
  const replay = await replaySteps(run, {
    steps: [{ ...anchor, transaction }],
    state: mergeOverrides(state, { [READER]: { code: READER_CODE } }),
  })
  const output =
    replay.ran && replay.executions[0]!.status === 'success' ? replay.executions[0]!.output.slice(2) : ''
  return holdings.map((_, index) => {
    const [answered, balance] = [2 * index, 2 * index + 1].map((at) =>
      output.slice(at * WORD, (at + 1) * WORD),
    )
    return answered?.endsWith('1') ? BigInt(`0x${balance}`) : null
  })
}
