import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LocalNode, startLocalNode } from '../chain/local-node.ts'
import { type Address, toAddress } from '../core/hex.ts'
import { dryRun } from './dry-run.ts'
import type { TransactionIntent } from './types.ts'

const GWEI = 10n ** 9n
const TARGET = toAddress('0x00000000000000000000000000000000c0ffee00')
const INTENT: TransactionIntent = {
  id: 'test',
  chainId: 31_337,
  to: TARGET,
  data: '0x',
  value: 0n,
  urgency: 'normal',
}

let node: LocalNode
let signer: { address: Address }

beforeAll(async () => {
  node = await startLocalNode({ mining: 'manual' })
  // SLOAD(0)+1 → SSTORE(0)
  await node.rpc.request('anvil_setCode', [TARGET, '0x60005460010160005500'])
  signer = { address: (await node.rpc.request<Address[]>('eth_accounts'))[0]! }
})
afterAll(() => node.stop())

describe('dryRun', () => {
  it('says what would happen and sends nothing', async () => {
    const planned: TransactionIntent = {
      ...INTENT,
      urgency: 'outbid',
      outbid: { maxFeePerGas: 80n * GWEI, maxPriorityFeePerGas: 40n * GWEI },
    }
    const report = await dryRun({ rpc: node.rpc, signer, maxFeePerGas: 500n * GWEI }, planned)
    expect(report).toMatchObject({ succeeded: true, outbids: true, output: '0x' })
    expect(report.gas).toBeGreaterThan(21_000n)
    expect(await node.rpc.request('txpool_status')).toEqual({ pending: '0x0', queued: '0x0' })
  })

  it('reports a revert with its data', async () => {
    // mstore(0, 42) revert(0, 32)
    await node.rpc.request('anvil_setCode', [TARGET, '0x602a60005260206000fd'])
    const report = await dryRun({ rpc: node.rpc, signer, maxFeePerGas: 500n * GWEI }, INTENT)
    expect(report).toMatchObject({ succeeded: false, gas: null, output: `0x${'2a'.padStart(64, '0')}` })
  })
})
