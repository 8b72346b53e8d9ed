import { type Address, type Hex, toQuantity } from '../core/hex.ts'
import type { BlockFile } from './block-file.ts'
import { startLocalNode } from './local-node.ts'
import { createSimulator } from './simulate.ts'
import type { AccountDiff, Execution, Rpc, RpcCall, StateDiff } from './types.ts'

interface ReplayOptions {
  /** Contexts to observe at opcode level; none when absent. */
  readonly watch?: ReadonlySet<Address>
  readonly provenance?: boolean
}

/**
 * Runs a block's transactions in order on a local node and yields what each did.
 *
 * Each is traced before it is committed, and committed by writing its state diff into the node: tracing a mined transaction
 * would replay the block's prefix, and carrying the diffs as an override would send the whole of them with every trace.
 * Fees are not charged and BLOCKHASH is not the chain's, so that a transaction which depends on either may differ from history.
 */
export async function* replayBlock(file: BlockFile, options: ReplayOptions = {}): AsyncGenerator<Execution> {
  const { chainId, hardfork, block, alloc, transactions } = file
  const node = await startLocalNode({
    chainId,
    hardfork,
    genesis: alloc,
    blockNumber: block.number - 1n,
    timestamp: block.timestamp - 1n,
    baseFeePerGas: 0n,
    gasPrice: 0n,
    mining: 'manual',
    accounts: 0,
    disableBlockGasLimit: true,
  })
  try {
    const simulate = createSimulator(node.rpc)
    for (const transaction of transactions) {
      const execution = await simulate({ transaction, block, ...options })
      yield execution
      await commitDiff(node.rpc, execution.diff)
    }
  } finally {
    await node.stop()
  }
}

/** Writes a transaction's changes into a local node. The writes touch distinct fields, so their order does not matter. */
async function commitDiff(rpc: Rpc, diff: StateDiff): Promise<void> {
  const calls = Object.entries(diff).flatMap(([address, change]) => commitAccount(address as Address, change))
  if (calls.length === 0) return
  for (const outcome of await rpc.batch(calls)) {
    if (!outcome.ok) throw outcome.error
  }
}

function commitAccount(address: Address, { balance, nonce, code, storage }: AccountDiff): RpcCall[] {
  const calls: RpcCall[] = []
  if (balance) calls.push({ method: 'anvil_setBalance', params: [address, toQuantity(balance.after)] })
  if (nonce) calls.push({ method: 'anvil_setNonce', params: [address, toQuantity(nonce.after)] })
  if (code) calls.push({ method: 'anvil_setCode', params: [address, code.after] })
  for (const [slot, { after }] of Object.entries(storage)) {
    calls.push({ method: 'anvil_setStorageAt', params: [address, slot as Hex, after] })
  }
  return calls
}
