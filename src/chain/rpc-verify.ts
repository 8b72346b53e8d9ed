import type { Logger } from 'pino'
import { SutureError } from '../core/errors.ts'
import { type Endpoint, EndpointFault } from './rpc-endpoint.ts'

/**
 * Makes sure, once per endpoint, that it serves the chain `chainId`. One that serves another is never asked again.
 *
 * @param identify asks the endpoint for `eth_chainId`
 * @throws SutureError `CHAIN_MISMATCH`
 */
export async function verifyChain(
  endpoint: Endpoint,
  chainId: number,
  identify: () => Promise<unknown>,
  logger?: Logger,
): Promise<void> {
  if (endpoint.verified) return
  const served = await identify()
  if (typeof served !== 'string' || !/^0x[0-9a-f]{1,16}$/i.test(served)) {
    throw new EndpointFault({
      host: endpoint.host,
      code: 'RPC_RESPONSE_INVALID',
      reason: 'result: expected a quantity',
      meta: ['method: eth_chainId', 'field: result'],
    })
  }
  if (BigInt(served) !== BigInt(chainId)) {
    logger?.error({ node: endpoint.host, expected: chainId, served }, 'node serves another chain')
    endpoint.mismatch = new SutureError('CHAIN_MISMATCH', 'The node serves another chain than expected.', {
      meta: [
        `node: ${endpoint.host}`,
        `expected: ${chainId}`,
        `served: ${BigInt(served)}`,
        'fix: correct the chain id or the endpoint',
      ],
    })
    throw endpoint.mismatch
  }
  endpoint.verified = true
}
