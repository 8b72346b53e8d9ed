import type { Rpc } from '../chain/types.ts'
import { type Address, type Hex, toQuantity } from '../core/hex.ts'
import { calldata } from './actor.ts'

/** A view that returns one number. */
export interface NumberView {
  readonly address: Address
  readonly abi: readonly unknown[]
  readonly name: string
  readonly args?: readonly unknown[]
}

const blockTag = (block: bigint | 'latest'): string => (block === 'latest' ? block : toQuantity(block))

/** Several views in one round trip, on the state after `block`. */
export async function readNumbers(
  rpc: Rpc,
  views: readonly NumberView[],
  block: bigint | 'latest' = 'latest',
): Promise<bigint[]> {
  const calls = views.map(({ address, abi, name, args }) => ({
    method: 'eth_call',
    params: [{ to: address, data: calldata(abi, name, args) }, blockTag(block)],
  }))
  const outcomes = await rpc.batch(calls)
  return outcomes.map((outcome) => {
    if (!outcome.ok) throw outcome.error
    return BigInt(outcome.result as Hex)
  })
}

/** Wei held by an account after `block`. */
export async function readEther(
  rpc: Rpc,
  address: Address,
  block: bigint | 'latest' = 'latest',
): Promise<bigint> {
  return BigInt(await rpc.request<Hex>('eth_getBalance', [address, blockTag(block)]))
}

export async function readBlockNumber(rpc: Rpc): Promise<bigint> {
  return BigInt(await rpc.request<Hex>('eth_blockNumber'))
}
