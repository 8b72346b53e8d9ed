import { decodeFunctionResult } from 'viem'
import { SutureError } from '../../src/core/errors.ts'
import { type Address, type Hex, toAddress, toQuantity } from '../../src/core/hex.ts'
import type { CaseNode } from './node.ts'
import { sendToPool } from './node.ts'
import { create, encode } from './steps.ts'
import type { Artifact, Artifacts, Contract, Step, World } from './types.ts'

interface Receipt {
  readonly status: Hex
  readonly contractAddress: Hex | null
}

/** A world on a fresh node. Times are given to every block, so that the same declaration always makes the same state. */
export function createWorld(node: CaseNode, artifacts: Artifacts, start: bigint): World {
  let now = start
  const nonces = new Map<Address, bigint>()

  const mineStep = async (step: Step): Promise<Receipt> => {
    const nonce = nonces.get(step.from) ?? 0n
    nonces.set(step.from, nonce + 1n)
    const hash = await sendToPool(node, quantities(step), nonce)
    now += 1n
    await node.mine(now)
    const receipt = await node.request<Receipt>('eth_getTransactionReceipt', [hash])
    if (receipt.status !== '0x1') await explain(node, step)
    return receipt
  }

  return {
    artifacts,
    fund: async (account, wei) => {
      await node.request('anvil_setBalance', [account, toQuantity(wei)])
    },
    deploy: async (name, args, from, value = 0n) => {
      const artifact = artifactOf(artifacts, name)
      const { contractAddress } = await mineStep(create(from, artifact, args, { value }))
      return { address: toAddress(contractAddress!), abi: artifact.abi }
    },
    run: async (step) => {
      await mineStep(step)
    },
    wait: (seconds) => {
      now += BigInt(seconds)
    },
    read: async <T>(contract: Contract, functionName: string, args: readonly unknown[] = []) => {
      const request = { to: contract.address, data: encode(contract, functionName, args) }
      const data = await node.request<Hex>('eth_call', [request, 'latest'])
      return decodeFunctionResult({ abi: contract.abi, functionName, args, data }) as T
    },
  }
}

/** The artifact of that name, or an error that lists what there is. */
export function artifactOf(artifacts: Artifacts, name: string): Artifact {
  const artifact = artifacts[name]
  if (artifact) return artifact
  throw new SutureError('CASE_INVALID', 'A case names a contract its sources do not have.', {
    meta: [`name: ${name}`, `known: ${Object.keys(artifacts).join(', ')}`],
  })
}

/** A step with its integers as quantities, ready for JSON. */
export function quantities({ from, to, data, value, gas }: Step) {
  return { from, to, data, value: toQuantity(value), gas: toQuantity(gas) }
}

async function explain(node: CaseNode, step: Step): Promise<never> {
  const { gas: _, ...request } = quantities(step)
  const reason = await node.request('eth_call', [{ ...request, to: step.to ?? undefined }, 'latest']).then(
    () => 'it succeeds when called again',
    (error) => String(error),
  )
  throw new SutureError('CASE_INVALID', 'A step of the set-up reverted.', {
    meta: [`from: ${step.from}`, `to: ${step.to}`, `data: ${step.data.slice(0, 138)}`, `reason: ${reason}`],
  })
}
