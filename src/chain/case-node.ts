import { startLocalNode } from './local-node.ts'
import { createSequenceRunner, createSimulator } from './simulate.ts'
import type { Case, RunSequence, Simulate } from './types.ts'

/** A local node that holds a case's state, and nothing else: everything runs on it as overlays. */
export interface CaseNode {
  readonly simulate: Simulate
  readonly run: RunSequence
  stop(): Promise<void>
}

/** Starts a node on the state a case begins with. Simulations leave it as it is, so one node serves any number of them. */
export async function startCaseNode({ chainId, hardfork, block, alloc }: Case): Promise<CaseNode> {
  const node = await startLocalNode({
    chainId,
    hardfork,
    genesis: alloc,
    blockNumber: block.number - 1n,
    timestamp: block.timestamp - 1n,
    baseFeePerGas: block.baseFeePerGas,
    gasLimit: block.gasLimit,
    gasPrice: 0n,
    mining: 'manual',
    accounts: 0,
    disableBlockGasLimit: true,
  })
  const simulate = createSimulator(node.rpc)
  return { simulate, run: createSequenceRunner(simulate), stop: () => node.stop() }
}
