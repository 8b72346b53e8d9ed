import os from 'node:os'
import path from 'node:path'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  answer,
  onChainOne,
  replyWith,
  type Script,
  type ScriptedNode,
  startScriptedNode,
} from '../../test/support/scripted-node.ts'
import { SutureError } from '../core/errors.ts'
import { RpcError } from '../core/rpc-error.ts'
import { startLocalNode } from './local-node.ts'
import { createRpc, type RpcSettings } from './rpc.ts'
import type { Rpc } from './types.ts'

let cleanups: (() => unknown)[] = []
let lines = ''
beforeEach(() => {
  lines = ''
})
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
  cleanups = []
})

async function start(script: Script): Promise<ScriptedNode> {
  const node = await startScriptedNode(script)
  cleanups.push(() => node.stop())
  return node
}

function open(urls: readonly string[], settings: Partial<RpcSettings> = {}): Rpc {
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines += chunk
      done()
    },
  })
  const rpc = createRpc({
    urls,
    chainId: 1,
    timeoutMs: 500,
    logger: pino({ level: 'trace' }, sink),
    ...settings,
  })
  cleanups.push(() => rpc.close())
  return rpc
}

async function failureOf(promise: Promise<unknown>): Promise<SutureError> {
  const error = await promise.then(
    () => expect.fail('it did not fail'),
    (thrown) => thrown,
  )
  expect(error).toBeInstanceOf(SutureError)
  return error
}

const good = onChainOne(([call]) => replyWith(answer(call!, '0x10')))
const always = (reply: ReturnType<Script>) => onChainOne(() => reply)
const refuse = (code: number, message: string, data?: unknown) =>
  onChainOne(([call]) => replyWith({ jsonrpc: '2.0', id: call!.id, error: { code, message, data } }))

describe('fail-over', () => {
  test.each<{ name: string; script: Script }>([
    { name: 'drops the connection', script: always('drop') },
    { name: 'is silent', script: always('silent') },
    { name: 'answers 429', script: always({ status: 429, body: 'slow down' }) },
    { name: 'answers 503 with a page', script: always({ status: 503, body: '<html>' }) },
    { name: 'answers 401', script: always({ status: 401, body: '{}' }) },
    { name: 'redirects', script: always({ status: 302, headers: { location: '/login' }, body: '' }) },
    { name: 'answers with a page under 200', script: always({ body: '<html>' }) },
    { name: 'refuses for its limit', script: refuse(-32005, 'limit exceeded') },
    { name: 'lags behind', script: refuse(-32000, 'header not found') },
    { name: 'times out inside', script: refuse(-32603, 'request timed out') },
    { name: 'serves another chain', script: ([call]) => replyWith(answer(call!, '0x5')) },
  ])('the next endpoint answers when the first $name', async ({ script }) => {
    const [first, second] = [await start(script), await start(good)]
    expect(await open([first.url, second.url]).request('eth_blockNumber')).toBe('0x10')
  })

  test('the next endpoint answers when nobody listens at the first', async () => {
    const gone = await startScriptedNode(good)
    await gone.stop()
    const second = await start(good)
    expect(await open([gone.url, second.url]).request('eth_blockNumber')).toBe('0x10')
  })

  test('an endpoint at rest is left alone, and asked again after it', async () => {
    let broken = true
    const first = await start(onChainOne(([call]) => (broken ? 'drop' : replyWith(answer(call!, '0x1')))))
    const second = await start(good)
    const rpc = open([first.url, second.url])
    await rpc.request('eth_blockNumber')
    broken = false
    const before = first.asked.length
    expect(await rpc.request('eth_blockNumber')).toBe('0x10')
    expect(first.asked).toHaveLength(before)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await rpc.request('eth_blockNumber')).toBe('0x1')
  })

  test('Retry-After is respected', async () => {
    let refusals = 1
    const times: number[] = []
    const node = await start(
      onChainOne(([call]) => {
        times.push(Date.now())
        return refusals-- > 0
          ? { status: 429, headers: { 'retry-after': '1' }, body: '' }
          : replyWith(answer(call!, '0x10'))
      }),
    )
    expect(await open([node.url]).request('eth_blockNumber')).toBe('0x10')
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(990)
  })

  test('a request fails at once where the only endpoint asked for a longer rest than the patience', async () => {
    const node = await start(always({ status: 429, headers: { 'retry-after': '120' }, body: '' }))
    const rpc = open([node.url], { patienceMs: 1_000 })
    const error = await failureOf(rpc.request('eth_blockNumber'))
    expect(error).toMatchObject({ code: 'RPC_UNREACHABLE', retryable: true })
  })

  test('a single endpoint that comes back is waited for', async () => {
    let failures = 2
    const node = await start(
      onChainOne(([call]) => (failures-- > 0 ? 'drop' : replyWith(answer(call!, '0x10')))),
    )
    expect(await open([node.url]).request('eth_blockNumber')).toBe('0x10')
  })

  test('a request that changes the node is not repeated when its answer is lost', async () => {
    const [first, second] = [await start(always('drop')), await start(good)]
    const error = await failureOf(open([first.url, second.url]).request('evm_mine'))
    expect(error).toMatchObject({ code: 'RPC_UNREACHABLE', retryable: false })
    expect(second.asked).toEqual([])
  })

  test('only endpoints of another chain are an error that names both chains', async () => {
    const node = await start(([call]) => replyWith(answer(call!, '0x5')))
    const error = await failureOf(open([node.url]).request('eth_blockNumber'))
    expect(error).toMatchObject({ code: 'CHAIN_MISMATCH', meta: expect.arrayContaining(['served: 5']) })
    expect(node.asked).toEqual(['eth_chainId'])
  })

  test('a caller that stops is not kept waiting', async () => {
    const node = await start(always('silent'))
    const controller = new AbortController()
    const request = failureOf(
      open([node.url]).request('eth_call', [], { signal: controller.signal, timeoutMs: 30_000 }),
    )
    setTimeout(() => controller.abort(), 50)
    expect((await request).code).toBe('RPC_UNREACHABLE')
  })
})

describe('errors of the node', () => {
  test('a revert is final and keeps its code and data', async () => {
    const [first, second] = [
      await start(refuse(3, 'execution reverted: too many requests', '0x08c379a0')),
      await start(good),
    ]
    const error = await failureOf(open([first.url, second.url]).request('eth_call'))
    expect(error).toBeInstanceOf(RpcError)
    expect(error).toMatchObject({ code: 'RPC_ERROR', rpcCode: 3, data: '0x08c379a0', retryable: false })
    expect(second.asked).toEqual([])
  })

  test.each([
    { rpcCode: -32602, message: 'invalid params', code: 'RPC_ERROR' },
    { rpcCode: -32601, message: 'the method does not exist', code: 'RPC_METHOD_MISSING' },
    { rpcCode: -32000, message: 'nonce too low', code: 'RPC_ERROR' },
  ])('$message is final', async ({ rpcCode, message, code }) => {
    const node = await start(refuse(rpcCode, message))
    expect(await failureOf(open([node.url]).request('eth_call'))).toMatchObject({ code, rpcCode })
    expect(node.asked.filter((method) => method === 'eth_call')).toHaveLength(1)
  })

  test('an error under HTTP 400 is the answer', async () => {
    const node = await start(
      onChainOne(([call]) => ({
        status: 400,
        body: JSON.stringify({ jsonrpc: '2.0', id: call!.id, error: { code: -32602, message: 'bad' } }),
      })),
    )
    expect(await failureOf(open([node.url]).request('eth_call'))).toMatchObject({ rpcCode: -32602 })
  })

  test('a transient error that stays is given after the last try', async () => {
    const node = await start(refuse(-32000, 'header not found'))
    const error = await failureOf(open([node.url], { attempts: 2 }).request('eth_call'))
    expect(error).toMatchObject({ code: 'RPC_ERROR', rpcCode: -32000, retryable: true })
  })
})

describe('batches', () => {
  const three = ['a', 'b', 'c'].map((name) => ({ method: 'eth_call', params: [name] }))

  test('answers are matched by id, in whatever order they come, in one body', async () => {
    let bodies = 0
    const node = await start(
      onChainOne((calls) => {
        bodies += 1
        return replyWith(calls.map((call) => answer(call, call.params[0])).reverse())
      }),
    )
    const outcomes = await open([node.url]).batch(three)
    expect(outcomes).toEqual(['a', 'b', 'c'].map((result) => ({ ok: true, result })))
    expect(bodies).toBe(1)
  })

  test('one error leaves the other answers as they are', async () => {
    const node = await start(
      onChainOne((calls) =>
        replyWith(
          calls.map((call) =>
            call.params[0] === 'b'
              ? {
                  jsonrpc: '2.0',
                  id: call.id,
                  error: { code: 3, message: 'execution reverted', data: '0x01' },
                }
              : answer(call, call.params[0]),
          ),
        ),
      ),
    )
    const [a, b, c] = await open([node.url]).batch(three)
    expect([a, c]).toEqual([
      { ok: true, result: 'a' },
      { ok: true, result: 'c' },
    ])
    expect(b).toMatchObject({ ok: false, error: { code: 'RPC_ERROR', data: '0x01' } })
  })

  test('an answer that is missing is asked for again alone', async () => {
    const node = await start(
      onChainOne((calls, _request) =>
        calls.length > 1
          ? replyWith(calls.slice(1).map((call) => answer(call, call.params[0])))
          : replyWith(answer(calls[0]!, 'late')),
      ),
    )
    expect(await open([node.url]).batch(three)).toEqual(
      ['late', 'b', 'c'].map((result) => ({ ok: true, result })),
    )
  })

  test('an error to the whole is the error of each', async () => {
    const node = await start(
      onChainOne(() =>
        replyWith({ jsonrpc: '2.0', id: null, error: { code: -32600, message: 'no batches' } }),
      ),
    )
    const outcomes = await open([node.url]).batch(three)
    expect(outcomes).toHaveLength(3)
    for (const outcome of outcomes) expect(outcome).toMatchObject({ ok: false, error: { rpcCode: -32600 } })
  })

  test('long ones are split', async () => {
    const sizes: number[] = []
    const node = await start(
      onChainOne((calls) => {
        sizes.push(calls.length)
        return replyWith(calls.map((call) => answer(call, call.params[0])))
      }),
    )
    const calls = Array.from({ length: 250 }, (_, index) => ({ method: 'eth_call', params: [index] }))
    const outcomes = await open([node.url]).batch(calls)
    expect(outcomes.map((outcome) => outcome.ok && outcome.result)).toEqual(
      calls.map(({ params }) => params[0]),
    )
    expect(sizes).toEqual([100, 100, 50])
  })

  test('an empty one asks nothing', async () => {
    const node = await start(good)
    expect(await open([node.url]).batch([])).toEqual([])
    expect(node.asked).toEqual([])
  })
})

describe('keys in addresses', () => {
  test('travel as authorization, and appear in no log line and no error', async () => {
    let authorization: string | undefined
    const node = await start(
      onChainOne((calls, request) => {
        authorization = request.headers.authorization
        const echoed = `http://user:hunter22@node${request.url} is over its limit`
        return replyWith({ jsonrpc: '2.0', id: calls[0]!.id, error: { code: -32005, message: echoed } })
      }),
    )
    const url = `http://user:hunter22@${node.host}/v3/0123456789abcdef?token=fedcba9876543210`
    const error = await failureOf(open([url], { attempts: 2 }).request('eth_blockNumber'))
    expect(authorization).toBe(`Basic ${Buffer.from('user:hunter22').toString('base64')}`)
    const printed = `${lines}${error.message}${error.stack}${JSON.stringify(error)}`
    expect(printed).toContain(node.host)
    expect(printed).not.toMatch(/hunter22|0123456789abcdef|fedcba9876543210/)
    expect(error.meta.join()).toContain('over its limit')
  })

  test('a refused connection names the host only', async () => {
    const gone = await startScriptedNode(good)
    await gone.stop()
    const error = await failureOf(
      open([`${gone.url}/v3/0123456789abcdef`], { attempts: 2 }).request('eth_call'),
    )
    const { stack, cause } = error
    expect(`${lines}${stack}${String(cause)}`).not.toContain('0123456789abcdef')
    expect(error.message).toContain(gone.host)
  })

  test('an address that is none is refused without being repeated', () => {
    const url = 'http://user:hunter22@:70000:/x'
    try {
      createRpc({ urls: [url], chainId: 1 })
      expect.fail('it was accepted')
    } catch (error) {
      expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
      expect((error as SutureError).message).not.toContain('hunter22')
    }
  })
})

test('HTTP, WebSocket and IPC give the same answers, errors and batches', async () => {
  const ipcPath = path.join(os.tmpdir(), `suture-${process.pid}-${Date.now()}.ipc`)
  const node = await startLocalNode({ chainId: 1, mining: 'manual', ipcPath })
  cleanups.push(() => node.stop())
  for (const url of [node.url, node.wsUrl, ipcPath]) {
    const rpc = open([url], { timeoutMs: 5_000 })
    expect(await rpc.request('eth_blockNumber')).toBe('0x0')
    expect(await failureOf(rpc.request('eth_nonsense'))).toBeInstanceOf(RpcError)
    const outcomes = await rpc.batch([{ method: 'eth_chainId' }, { method: 'eth_nonsense' }])
    expect(outcomes).toMatchObject([{ ok: true, result: '0x1' }, { ok: false }])
    expect(rpc.subscribe !== undefined).toBe(url !== node.url)
  }
})

test('a subscription that loses its connection says so once, and can be begun again', async () => {
  const node = await startLocalNode({ chainId: 1, mining: 'manual' })
  cleanups.push(() => node.stop())
  const rpc = open([node.wsUrl], { timeoutMs: 5_000 })
  const results: unknown[] = []
  const losses: string[] = []
  const listener = {
    next: (result: unknown) => results.push(result),
    lost: (error: SutureError) => losses.push(error.code),
  }
  const unsubscribe = await rpc.subscribe!(['newHeads'], listener)
  await node.rpc.request('evm_mine')
  await expect.poll(() => results.length).toBe(1)
  unsubscribe()
  await rpc.subscribe!(['newHeads'], listener)
  await node.rpc.request('evm_mine')
  await expect.poll(() => results.length).toBe(2)
  await node.stop()
  await expect.poll(() => losses).toEqual(['RPC_UNREACHABLE'])
})
