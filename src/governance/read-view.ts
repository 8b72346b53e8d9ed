import {
  type Abi,
  type ContractFunctionArgs,
  type ContractFunctionName,
  type ContractFunctionReturnType,
  decodeFunctionResult,
  encodeFunctionData,
} from 'viem'
import type { Rpc } from '../chain/types.ts'
import { SutureError } from '../core/errors.ts'
import type { Address, Hex } from '../core/hex.ts'

interface Viewed<A extends Abi> {
  readonly abi: A
  readonly address: Address
  /** What should be there, for the error. */
  readonly what: string
}

/**
 * Asks a view function at the latest block.
 *
 * @throws RPC_RESPONSE_INVALID when what is at the address does not answer as `abi` says.
 */
export async function readView<
  const A extends Abi,
  const Name extends ContractFunctionName<A, 'view' | 'pure'>,
>(
  rpc: Rpc,
  { abi, address, what }: Viewed<A>,
  functionName: Name,
  args: ContractFunctionArgs<A, 'view' | 'pure', Name>,
): Promise<ContractFunctionReturnType<A, 'view' | 'pure', Name>> {
  const data = encodeFunctionData({ abi, functionName, args } as never)
  const output = await rpc.request<Hex>('eth_call', [{ to: address, data }, 'latest'])
  try {
    return decodeFunctionResult({ abi, functionName, data: output } as never) as never
  } catch (cause) {
    throw new SutureError('RPC_RESPONSE_INVALID', `The contract did not answer as ${what} does.`, {
      meta: [
        `contract: ${address}`,
        `function: ${functionName}`,
        `answer: ${output}`,
        `fix: name the address of ${what}`,
      ],
      cause,
    })
  }
}
