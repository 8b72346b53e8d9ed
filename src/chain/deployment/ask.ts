import { encodeFunctionData, parseAbi } from 'viem'
import { SutureError } from '../../core/errors.ts'
import { type Address, addressOfWord, type Hex, toQuantity } from '../../core/hex.ts'
import { RpcError } from '../../core/rpc-error.ts'
import type { ChainView } from './types.ts'

export interface Trial {
  readonly to: Address
  readonly data: Hex
  readonly from?: Address
}

/** What a call returns, or null where it fails: the contract does not have the function, or refuses the caller. */
export async function tryCall({ rpc, block }: ChainView, trial: Trial): Promise<Hex | null> {
  const [outcome] = await rpc.batch([{ method: 'eth_call', params: [trial, toQuantity(block)] }])
  if (!outcome!.ok) {
    if (outcome!.error instanceof RpcError && !outcome!.error.retryable) return null
    throw outcome!.error
  }
  const { result } = outcome!
  if (typeof result === 'string' && /^0x([0-9a-f]{2})*$/i.test(result)) return result.toLowerCase() as Hex
  throw new SutureError('RPC_RESPONSE_INVALID', "The node's answer to eth_call is not what it should be.", {
    meta: ['method: eth_call', 'field: result', 'fix: use another node'],
  })
}

/** Calldata by signature, e.g. `owner()`: what is asked here is never part of a known contract's ABI. */
export function encodeCall(signature: string, args: readonly unknown[] = []): Hex {
  return encodeFunctionData({ abi: parseAbi([`function ${signature}` as string]), args } as never)
}

/** The word a view returns; null where the contract does not have it. A fallback that answers everything answers this too. */
export async function askWord(
  view: ChainView,
  to: Address,
  signature: string,
  args: readonly unknown[] = [],
): Promise<bigint | null> {
  const output = await tryCall(view, { to, data: encodeCall(signature, args) })
  return output?.length === 66 ? BigInt(output) : null
}

/** The address a view returns; null where there is none, or where it is zero. */
export async function askAddress(view: ChainView, to: Address, signature: string): Promise<Address | null> {
  const word = await askWord(view, to, signature)
  return word === null || word === 0n || word >> 160n !== 0n ? null : addressOfWord(word)
}

/** The code of an account at the view's block. */
export async function readCode({ rpc, block }: ChainView, address: Address): Promise<Hex> {
  const code = await rpc.request<unknown>('eth_getCode', [address, toQuantity(block)])
  if (typeof code === 'string' && /^0x([0-9a-f]{2})*$/i.test(code)) return code.toLowerCase() as Hex
  throw new SutureError(
    'RPC_RESPONSE_INVALID',
    "The node's answer to eth_getCode is not what it should be.",
    {
      meta: ['method: eth_getCode', 'field: result', 'fix: use another node'],
    },
  )
}
