import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LocalNode, startLocalNode } from '../chain/local-node.ts'
import { type Address, type Hex, toAddress } from '../core/hex.ts'
import { findConsumer } from './find-consumer.ts'

let node: LocalNode
let address: Address
const used: { hash: Hex; block: bigint }[] = []

beforeAll(async () => {
  node = await startLocalNode()
  const accounts = await node.rpc.request<Address[]>('eth_accounts')
  address = toAddress(accounts[0]!)
  // Nonces 0, 1 and 2 in blocks far apart.
  for (const gap of [90, 1, 130]) {
    await node.rpc.request('anvil_mine', [`0x${gap.toString(16)}`])
    const hash = await node.rpc.request<Hex>('eth_sendTransaction', [{ from: address, to: address }])
    // Mined a moment after the hash is given.
    let receipt: { blockNumber: Hex } | null = null
    while (receipt === null) receipt = await node.rpc.request('eth_getTransactionReceipt', [hash])
    used.push({ hash, block: BigInt(receipt!.blockNumber) })
  }
  await node.rpc.request('anvil_mine', ['0x40'])
})
afterAll(() => node.stop())

const search = async (nonce: bigint, from: bigint) =>
  findConsumer({
    node: node.rpc,
    address,
    nonce,
    from,
    head: BigInt(await node.rpc.request<Hex>('eth_blockNumber')),
  })

describe('findConsumer', () => {
  it('finds the transaction and its block, wherever the search begins', async () => {
    for (const [nonce, { hash, block }] of used.entries()) {
      for (const from of [0n, block - 1n, block, block + 5n, 10_000n]) {
        expect(await search(BigInt(nonce), from)).toEqual({ hash, block })
      }
    }
  })

  it('finds nothing for a nonce that is not used', async () => {
    expect(await search(3n, 0n)).toBeNull()
  })

  it('finds the block but no transaction where the nonce moved by other means', async () => {
    const before = BigInt(await node.rpc.request<Hex>('eth_blockNumber'))
    await node.rpc.request('anvil_mine', ['0x1'])
    await node.rpc.request('anvil_setNonce', [address, '0x4'])
    await node.rpc.request('anvil_mine', ['0x1'])
    const found = await search(3n, before)
    expect(found?.hash).toBeNull()
    expect(found!.block).toBeGreaterThan(before)
  })
})
