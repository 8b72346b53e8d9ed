import { expect, test } from 'vitest'
import { checksumOf, toSafeBatch } from './safe-batch.ts'
import type { Batch } from './types.ts'

const SAFE = '0xa77de01e157f9f57c7c4a326eee9c4874d0598b6'

/** A file the app wrote. */
const EXPORTED = {
  version: '1.0',
  chainId: '1',
  createdAt: 1761326849944,
  meta: {
    name: 'Transactions Batch',
    description: '',
    txBuilderVersion: '1.18.2',
    createdFromSafeAddress: '0xA77DE01e157f9f57C7c4A326eeE9C4874D0598b6',
    createdFromOwnerAddress: '',
    checksum: '0x8b5032f716845c8b08bab3d63dbd9ba92e056f3557793cd041e59b84e16aa989',
  },
  transactions: [
    {
      to: '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48',
      value: '0',
      data: null,
      contractMethod: {
        inputs: [
          { internalType: 'address', name: 'spender', type: 'address' },
          { internalType: 'uint256', name: 'value', type: 'uint256' },
        ],
        name: 'approve',
        payable: false,
      },
      contractInputsValues: {
        spender: '0x474e5Ded6b5D078163BFB8F6dBa355C3aA5478C8',
        value: '100000000000',
      },
    },
  ],
}

const batch: Batch = {
  sender: { kind: 'safe', address: SAFE, version: '1.5.0', threshold: 1, owners: [], modules: [] },
  calls: [
    {
      from: SAFE,
      to: '0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48',
      data: '0x8da5cb5b',
      what: 'a call',
    },
  ],
}
const options = { chainId: 10, name: 'onboard', description: 'What for', createdAt: 1_700_000_000_000 }

test('the checksum is the one the app writes', () => {
  expect(checksumOf(EXPORTED)).toBe(EXPORTED.meta.checksum)
})

test('neither the order of fields nor the name of the batch is part of the checksum, its calls are', () => {
  const { version, transactions, ...rest } = EXPORTED
  const meta = { ...EXPORTED.meta, name: 'another' }
  expect(checksumOf({ transactions, ...rest, meta, version })).toBe(EXPORTED.meta.checksum)
  expect(checksumOf({ ...EXPORTED, transactions: [] })).not.toBe(EXPORTED.meta.checksum)
})

test('a batch becomes a file with checksummed addresses, plain calldata and its own checksum', () => {
  const file = toSafeBatch(batch, options) as typeof EXPORTED
  expect(file).toMatchObject({
    version: '1.0',
    chainId: '10',
    createdAt: 1_700_000_000_000,
    meta: { createdFromSafeAddress: '0xA77DE01e157f9f57C7c4A326eeE9C4874D0598b6' },
    transactions: [
      {
        to: '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48',
        value: '0',
        data: '0x8da5cb5b',
        contractMethod: null,
      },
    ],
  })
  expect(file.meta.checksum).toBe(checksumOf(file))
})
