import { describe, expect, it } from 'vitest'
import { contractsOf, parseBlockFile } from './block-file.ts'

const sender = '0x00000000000000000000000000000000000000aa'
const counter = '0x00000000000000000000000000000000000000BB'
const file = {
  format: 'suture-block/1',
  chainId: 1,
  hardfork: 'london',
  block: { number: '0x10', timestamp: '0x20', gasLimit: '0x1c9c380', baseFeePerGas: '0x7', miner: sender },
  alloc: { [sender]: { balance: '0xff' }, [counter]: { code: '0x5f', storage: { '0x1': '0x2' } } },
  transactions: [
    { hash: `0x${'11'.repeat(32)}`, from: sender, to: counter, data: '0x', value: '0x0', gas: '0x5208' },
  ],
}

describe('parseBlockFile', () => {
  it('brings addresses and words into their one form and fills what old blocks lack', () => {
    const parsed = parseBlockFile(file)
    expect(parsed.alloc[counter.toLowerCase() as '0x']?.storage).toEqual({
      [`0x${'1'.padStart(64, '0')}`]: `0x${'2'.padStart(64, '0')}`,
    })
    expect(parsed.block).toMatchObject({ number: 16n, coinbase: sender, prevRandao: `0x${'00'.repeat(32)}` })
    expect(contractsOf(parsed)).toEqual([counter.toLowerCase()])
  })

  it('names field and fix of what it cannot use', () => {
    const broken = { ...file, transactions: [{ ...file.transactions[0], gas: 21_000 }] }
    expect(() => parseBlockFile(broken)).toThrowError(expect.objectContaining({ code: 'BLOCK_FILE_INVALID' }))
    expect(() => parseBlockFile({ ...file, format: 'suture-case/1' })).toThrowError(/suture-block\/1/)
  })
})
