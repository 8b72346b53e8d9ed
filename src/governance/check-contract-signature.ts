import { encodeFunctionData, parseAbi } from 'viem'
import type { Rpc } from '../chain/types.ts'
import type { Hex } from '../core/hex.ts'
import { RpcError } from '../core/rpc-error.ts'
import type { CheckContractSignature } from './check-signature.ts'

const ERC1271 = parseAbi(['function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)'])

/** `isValidSignature`'s selector, left-aligned in a word. */
const MAGIC = `0x1626ba7e${'0'.repeat(56)}`

/** Asks guardians that are contracts (Safe, DAO executor) over this connection, at the latest block. A revert is a no. */
export function createContractSignatureCheck(rpc: Rpc): CheckContractSignature {
  return async ({ signer, signature }, digest) => {
    const data = encodeFunctionData({
      abi: ERC1271,
      functionName: 'isValidSignature',
      args: [digest, signature],
    })
    try {
      return (await rpc.request<Hex>('eth_call', [{ to: signer, data }, 'latest'])).slice(0, 66) === MAGIC
    } catch (error) {
      if (error instanceof RpcError && error.code === 'RPC_ERROR' && !error.retryable) return false
      throw error
    }
  }
}
