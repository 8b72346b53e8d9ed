import { startLocalNode } from '../../src/chain/local-node.ts'
import type { Genesis } from '../../src/chain/types.ts'
import { type Address, type Hex, toQuantity } from '../../src/core/hex.ts'
import type { CaseAccount, CaseFile, CaseTransaction } from './types.ts'

export interface CaseNode {
  request<T = unknown>(method: string, params?: readonly unknown[]): Promise<T>
  /** Mines one block with this time (seconds since the epoch) and the case's base fee. */
  mine(timestamp: bigint): Promise<void>
  stop(): Promise<void>
}

export interface CaseNodeOptions {
  readonly chainId: number
  readonly hardfork: string
  readonly block: CaseFile['block']
  /** The genesis block, before everything. */
  readonly first: { readonly number: bigint; readonly timestamp: bigint }
  readonly alloc: Readonly<Record<Address, CaseAccount>>
}

/** Starts a node that mines only when told, impersonates every sender and charges no gas price. */
export async function startCaseNode(options: CaseNodeOptions): Promise<CaseNode> {
  const { chainId, hardfork, block, first, alloc } = options
  const { rpc, stop } = await startLocalNode({
    chainId,
    hardfork,
    genesis: toGenesis(alloc),
    blockNumber: first.number,
    timestamp: first.timestamp,
    baseFeePerGas: BigInt(block.baseFeePerGas),
    gasLimit: BigInt(block.gasLimit),
    coinbase: block.coinbase,
    prevRandao: block.prevRandao,
    gasPrice: 0n,
    mining: 'manual',
    order: 'fifo',
    autoImpersonate: true,
    disableBlockGasLimit: true,
  })
  await rpc.request('anvil_setCoinbase', [block.coinbase])
  const mine = async (timestamp: bigint) => {
    await rpc.request('evm_setNextBlockTimestamp', [toQuantity(timestamp)])
    await rpc.request('anvil_setNextBlockBaseFeePerGas', [block.baseFeePerGas])
    await rpc.request('evm_mine')
  }
  return { request: rpc.request, mine, stop }
}

/** Sends a transaction without waiting for a block. */
export function sendToPool(node: CaseNode, transaction: CaseTransaction, nonce: bigint): Promise<Hex> {
  const { to, ...rest } = transaction
  return node.request<Hex>('eth_sendTransaction', [
    { ...rest, ...(to ? { to } : {}), gasPrice: '0x0', nonce: toQuantity(nonce) },
  ])
}

function toGenesis(alloc: CaseNodeOptions['alloc']): Genesis {
  const accounts = Object.entries(alloc).map(([address, { balance, nonce, code = '0x', storage = {} }]) => [
    address,
    { balance: BigInt(balance), nonce: BigInt(nonce), code, storage },
  ])
  return Object.fromEntries(accounts)
}
