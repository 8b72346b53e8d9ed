import { afterAll, beforeAll, expect, it } from 'vitest'
import { type LocalNode, startLocalNode } from '../chain/local-node.ts'
import { toAddress } from '../core/hex.ts'
import type { Node } from './node-view.ts'
import { rehearse } from './rehearse.ts'
import type { TransactionIntent } from './types.ts'

const FROM = toAddress(`0x${'11'.repeat(20)}`)
/** Counts its calls in slot 0, logs the new count and the time, and reverts with the count from the third call on. */
const COUNTER = toAddress('0x00000000000000000000000000000000c0ffee00')
const CODE = '0x60005460010180600055806000524260205260039010601e5760206000fd5b60406000a000'

let node: LocalNode
beforeAll(async () => {
  node = await startLocalNode({ mining: 'manual', timestamp: 1_700_000_000n })
  await node.rpc.request('anvil_setCode', [COUNTER, CODE])
})
afterAll(() => node.stop())

const call = (id: string): TransactionIntent => ({
  ...{ id, chainId: 31_337, to: COUNTER, data: '0x', value: 0n },
  urgency: 'normal',
})

it('tries each on what the ones before left, in blocks that go on from the head, and sends nothing', async () => {
  const tried = await rehearse(node.rpc, FROM, [call('a'), call('b'), call('c')])
  expect(tried.map(({ succeeded }) => succeeded)).toEqual([true, true, false])
  const logged = tried.map(({ logs }) => logs.map(({ data }) => BigInt(data.slice(0, 66))))
  expect(logged).toEqual([[1n], [2n], []])
  const times = tried.slice(0, 2).map(({ logs }) => BigInt(`0x${logs[0]!.data.slice(66)}`))
  expect(times[0]).toBeGreaterThan(1_700_000_000n)
  expect(times[1]).toBeGreaterThan(times[0]!)
  expect(BigInt(tried[2]!.output)).toBe(3n)
  expect(tried[0]!.gas).toBeGreaterThan(21_000n)
  expect(await node.rpc.request('eth_getStorageAt', [COUNTER, '0x0', 'latest'])).toBe(`0x${'0'.repeat(64)}`)
})

it('says so when the node talks nonsense, or cannot', async () => {
  const answering = (answer: unknown): Node => ({
    chainId: 31_337,
    request: async <T>(method: string, params: readonly unknown[] = []) =>
      method === 'eth_simulateV1' ? (answer as T) : node.rpc.request<T>(method, params),
  })
  for (const nonsense of [null, [], [{ calls: [] }], [{ calls: [{ status: '0x2' }] }]]) {
    const trying = rehearse(answering(nonsense), FROM, [call('a')])
    await expect(trying).rejects.toMatchObject({ code: 'RPC_RESPONSE_INVALID' })
  }
})
