import { expect, test } from 'vitest'
import { SutureError } from '../core/errors.ts'
import {
  parseBlock,
  parseFilterChanges,
  parseFilterId,
  parseHash,
  parsePool,
  parseTransaction,
} from './stream-schema.ts'

const word = (byte: string) => `0x${byte.repeat(32)}`
const transaction = {
  hash: word('11'),
  from: '0xAb00000000000000000000000000000000000001',
  to: '0x0000000000000000000000000000000000000002',
  input: '0xABcd',
  value: '0x1',
  gas: '0x5208',
  nonce: '0x0',
  gasPrice: '0x7',
}
const block = {
  number: '0x10',
  hash: word('aa'),
  parentHash: word('bb'),
  timestamp: '0x64',
  gasLimit: '0x1c9c380',
  baseFeePerGas: '0x7',
  miner: '0xAb00000000000000000000000000000000000003',
  mixHash: word('cc'),
  transactions: [transaction],
}

test('a block is read with hexadecimal in lower case and quantities as integers', () => {
  expect(parseBlock(block)).toEqual({
    number: 16n,
    hash: word('aa'),
    parentHash: word('bb'),
    timestamp: 100n,
    gasLimit: 30_000_000n,
    baseFeePerGas: 7n,
    coinbase: '0xab00000000000000000000000000000000000003',
    prevRandao: word('cc'),
    transactions: [
      {
        hash: word('11'),
        from: '0xab00000000000000000000000000000000000001',
        to: '0x0000000000000000000000000000000000000002',
        data: '0xabcd',
        value: 1n,
        gas: 21_000n,
        nonce: 0n,
        maxFeePerGas: 7n,
        maxPriorityFeePerGas: 7n,
      },
    ],
  })
})

test('what older and other chains leave out has a neutral value', () => {
  const { baseFeePerGas, miner, mixHash, ...rest } = block
  expect(parseBlock(rest)).toMatchObject({ baseFeePerGas: 0n, prevRandao: word('00') })
})

test('a transaction without `to` creates', () => {
  const { to, ...creation } = transaction
  expect(parseTransaction(creation).to).toBeNull()
  expect(parseTransaction({ ...creation, to: null }).to).toBeNull()
})

test('what a sender offers at most counts, not what was paid', () => {
  const offered = { ...transaction, gasPrice: '0x5', maxFeePerGas: '0x9', maxPriorityFeePerGas: '0x2' }
  expect(parseTransaction(offered)).toMatchObject({ maxFeePerGas: 9n, maxPriorityFeePerGas: 2n })
})

const inBlock = (change: object) => () => parseBlock({ ...block, ...change })
const inTransaction = (change: object) => () =>
  parseBlock({ ...block, transactions: [{ ...transaction, ...change }] })

test.each<[string, () => unknown, string]>([
  ['null', () => parseBlock(null), 'result'],
  ['text', () => parseBlock('0x10'), 'result'],
  ['a list', () => parseBlock([block]), 'result'],
  ['a block without a number', inBlock({ number: undefined }), 'number'],
  ['a pending block', inBlock({ number: null, hash: null }), 'number'],
  ['a decimal number', inBlock({ number: '16' }), 'number'],
  ['a number as a number', inBlock({ number: 16 }), 'number'],
  ['an empty quantity', inBlock({ timestamp: '0x' }), 'timestamp'],
  ['a negative quantity', inBlock({ timestamp: '-0x1' }), 'timestamp'],
  ['a quantity beyond 256 bits', inBlock({ gasLimit: `0x${'f'.repeat(65)}` }), 'gasLimit'],
  ['a short hash', inBlock({ hash: '0xaa' }), 'hash'],
  ['a hash that is none', inBlock({ parentHash: `0x${'zz'.repeat(32)}` }), 'parentHash'],
  ['a miner that is none', inBlock({ miner: '0x1' }), 'miner'],
  ['no transactions', inBlock({ transactions: undefined }), 'transactions'],
  ['transactions as hashes only', inBlock({ transactions: [word('11')] }), 'transactions.0'],
  ['a transaction without a sender', inTransaction({ from: undefined }), 'transactions.0.from'],
  ['a recipient that is none', inTransaction({ to: '0x' }), 'transactions.0.to'],
  ['half a byte of input', inTransaction({ input: '0xabc' }), 'transactions.0.input'],
  ['a missing price', inTransaction({ gasPrice: undefined }), 'transactions.0.gasPrice'],
  ['a value as text', inTransaction({ value: 'one' }), 'transactions.0.value'],
  ['a hash of a transaction that is none', () => parseHash('0x11'), 'result'],
  ['filter changes that are no list', () => parseFilterChanges({}), 'result'],
  ['an empty filter id', () => parseFilterId(''), 'result'],
  ['a pool without pending', () => parsePool({ queued: {} }), 'pending'],
  ['a pool as a list', () => parsePool([]), 'result'],
  ['a pool whose senders hold text', () => parsePool({ pending: { '0x1': 'x' } }), 'pending.0x1'],
])('%s is refused, naming the field', (_name, parse, field) => {
  let thrown: unknown
  try {
    parse()
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(SutureError)
  expect(thrown).toMatchObject({
    code: 'RPC_RESPONSE_INVALID',
    meta: expect.arrayContaining([`field: ${field}`]),
  })
})
