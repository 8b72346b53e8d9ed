import { encodeFunctionData, erc20Abi } from 'viem'
import { type Address, type Hex, toQuantity } from '../../src/core/hex.ts'
import { type CaseNode, sendToPool, startCaseNode } from './node.ts'
import type { CaseFile, CaseTransaction } from './types.ts'

export interface Replay {
  /** Whether each transaction succeeded. */
  readonly history: readonly boolean[]
  readonly attack: readonly boolean[]
  /** By entry of the case's `loss`: what its holder had before the attack block less what it has after. */
  readonly lost: readonly bigint[]
}

/**
 * Runs a case as its format says: history one block and one second apart, ending right before the attack's block; then all
 * transactions of the attack in one block.
 */
export async function replayCase(
  file: CaseFile,
  attack: readonly CaseTransaction[] = file.attack,
): Promise<Replay> {
  const length = BigInt(file.history.length)
  const timestamp = BigInt(file.block.timestamp) - length
  const number = BigInt(file.block.number) - length
  const node = await startCaseNode({ ...file, first: { number: number - 1n, timestamp: timestamp - 1n } })
  try {
    const send = createSequence(node)
    const history: Hex[] = []
    for (const [index, transaction] of file.history.entries()) {
      history.push(await send(transaction))
      await node.mine(timestamp + BigInt(index))
    }
    const before = await balancesOf(node, file)
    const hashes: Hex[] = []
    for (const transaction of attack) hashes.push(await send(transaction))
    await node.mine(BigInt(file.block.timestamp))
    const after = await balancesOf(node, file)
    return {
      history: await Promise.all(history.map((hash) => succeeded(node, hash))),
      attack: await Promise.all(hashes.map((hash) => succeeded(node, hash))),
      lost: before.map((balance, index) => balance - after[index]!),
    }
  } finally {
    await node.stop()
  }
}

function createSequence(node: CaseNode) {
  const nonces = new Map<Address, bigint>()
  return async (transaction: CaseTransaction): Promise<Hex> => {
    const { from } = transaction
    const nonce =
      nonces.get(from) ?? BigInt(await node.request<Hex>('eth_getTransactionCount', [from, 'latest']))
    nonces.set(from, nonce + 1n)
    return sendToPool(node, transaction, nonce)
  }
}

async function succeeded(node: CaseNode, hash: Hex): Promise<boolean> {
  const receipt = await node.request<{ status: Hex }>('eth_getTransactionReceipt', [hash])
  return receipt.status === toQuantity(1)
}

function balancesOf(node: CaseNode, file: CaseFile): Promise<bigint[]> {
  return Promise.all(
    file.loss.map(async ({ token, from }) => {
      if (token === 'native') return BigInt(await node.request<Hex>('eth_getBalance', [from, 'latest']))
      const data = encodeFunctionData({ abi: erc20Abi, functionName: 'balanceOf', args: [from] })
      return BigInt(await node.request<Hex>('eth_call', [{ to: token, data }, 'latest']))
    }),
  )
}
