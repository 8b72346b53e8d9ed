import { expect, it } from 'vitest'
import { type Address, type Hex, toWord } from '../core/hex.ts'
import type { BlockFile } from './block-file.ts'
import { replayBlock } from './replay-block.ts'
import type { Execution } from './types.ts'

const sender: Address = '0x00000000000000000000000000000000000000a1'
const counter: Address = '0x00000000000000000000000000000000000000b1'
const hash: Hex = `0x${'11'.repeat(32)}`
/** Adds one to slot 0 and returns NUMBER. */
const code: Hex = '0x6000546001016000554360005260206000f3'

const account = { balance: 0n, nonce: 0n, code: '0x' as Hex, storage: {} }
const transaction = { hash, from: sender, to: counter, data: '0x' as Hex, value: 5n, gas: 100_000n }
const file: BlockFile = {
  chainId: 1,
  hardfork: 'shanghai',
  block: {
    number: 100n,
    timestamp: 1_700_000_000n,
    baseFeePerGas: 9n,
    gasLimit: 30_000_000n,
    coinbase: sender,
    prevRandao: toWord(0n),
  },
  alloc: { [sender]: { ...account, balance: 100n }, [counter]: { ...account, code } },
  transactions: [transaction, transaction, transaction],
}

it('runs each transaction on what the ones before it left, in the block they belong to', async () => {
  const executions: Execution[] = []
  for await (const execution of replayBlock(file, { watch: new Set([counter]) })) executions.push(execution)
  expect(executions.map(({ status }) => status)).toEqual(['success', 'success', 'success'])
  expect(executions.map(({ diff }) => diff[counter]?.storage[toWord(0n)]?.after)).toEqual([
    toWord(1n),
    toWord(2n),
    toWord(3n),
  ])
  expect(executions[1]?.output).toBe(toWord(100n))
  expect(executions[1]?.diff[counter]?.balance).toEqual({ before: 5n, after: 10n })
  expect(executions[1]?.observation?.accesses.map(({ value }) => value)).toEqual([1n, 2n])
})
