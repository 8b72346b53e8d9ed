import { expect, onTestFinished, test } from 'vitest'
import { onChainOne, type Script, startScriptedNode } from '../../test/support/scripted-node.ts'
import { SutureError } from '../core/errors.ts'
import { createRpc } from './rpc.ts'

async function failureWith(script: Script): Promise<unknown> {
  const node = await startScriptedNode(script)
  const rpc = createRpc({ urls: [node.url], chainId: 1, timeoutMs: 500, attempts: 1 })
  onTestFinished(async () => {
    rpc.close()
    await node.stop()
  })
  return rpc.request('eth_blockNumber').catch((error) => error)
}

const bodies: [string, (id: number) => string, string][] = [
  ['an empty body', () => '', 'RPC_RESPONSE_INVALID'],
  ['a page', () => '<html>', 'RPC_RESPONSE_INVALID'],
  ['truncated JSON', (id) => `{"jsonrpc":"2.0","id":${id},"resu`, 'RPC_RESPONSE_INVALID'],
  ['two answers in a row', (id) => `{"id":${id},"result":1}{"id":${id},"result":1}`, 'RPC_RESPONSE_INVALID'],
  ['null', () => 'null', 'RPC_RESPONSE_INVALID'],
  ['a number', () => '7', 'RPC_RESPONSE_INVALID'],
  ['a string', () => '"0x1"', 'RPC_RESPONSE_INVALID'],
  ['a list', (id) => `[{"jsonrpc":"2.0","id":${id},"result":"0x1"}]`, 'RPC_RESPONSE_INVALID'],
  ['an empty object', () => '{}', 'RPC_RESPONSE_INVALID'],
  ['neither result nor error', (id) => `{"jsonrpc":"2.0","id":${id}}`, 'RPC_RESPONSE_INVALID'],
  [
    'the answer to another request',
    () => '{"jsonrpc":"2.0","id":99999,"result":"0x1"}',
    'RPC_RESPONSE_INVALID',
  ],
  ['no id', () => '{"jsonrpc":"2.0","result":"0x1"}', 'RPC_RESPONSE_INVALID'],
  ['an id as an object', () => '{"jsonrpc":"2.0","id":{},"result":"0x1"}', 'RPC_RESPONSE_INVALID'],
  ['another version', (id) => `{"jsonrpc":"1.0","id":${id},"result":"0x1"}`, 'RPC_RESPONSE_INVALID'],
  ['an error as a string', (id) => `{"id":${id},"error":"no"}`, 'RPC_RESPONSE_INVALID'],
  ['an error without a code', (id) => `{"id":${id},"error":{"message":"no"}}`, 'RPC_RESPONSE_INVALID'],
  [
    'an error with a fractional code',
    (id) => `{"id":${id},"error":{"code":1.5,"message":"no"}}`,
    'RPC_RESPONSE_INVALID',
  ],
  ['an error without a message', (id) => `{"id":${id},"error":{"code":1}}`, 'RPC_RESPONSE_INVALID'],
  [
    'an error that belongs to no request',
    () => '{"id":null,"error":{"code":-32700,"message":"parse"}}',
    'RPC_ERROR',
  ],
]
test.each(bodies)('%s as an answer is a typed failure', async (_name, body, code) => {
  const error = await failureWith(onChainOne(([call]) => ({ body: body(call!.id) })))
  expect(error).toBeInstanceOf(SutureError)
  expect(error).toMatchObject({ code })
})

test.each(['7', '"mainnet"', '"0x"', '"0xzz"', 'null', '{}'])(
  '%s as the chain id is refused',
  async (chainId) => {
    const error = await failureWith(([call]) => ({
      body: `{"jsonrpc":"2.0","id":${call!.id},"result":${chainId}}`,
    }))
    expect(error).toMatchObject({ code: 'RPC_RESPONSE_INVALID' })
  },
)
