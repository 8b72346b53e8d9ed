import { expect, test } from 'vitest'
import { isTransientError } from './rpc-classify.ts'
import { Endpoint } from './rpc-endpoint.ts'
import { parseRetryAfter } from './rpc-http.ts'
import { hostOf, redact } from './rpc-redact.ts'

const endpoint = () => new Endpoint('node', { call: async () => null, callMany: async () => [], close() {} })

test('each failure in a row doubles the rest, up to ten seconds', () => {
  const node = endpoint()
  let now = 0
  const rests = Array.from({ length: 8 }, () => {
    const rest = node.rest(now, null)
    now += rest
    return rest
  })
  expect(rests).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
})

test('requests that fail together count as one failure', () => {
  const node = endpoint()
  expect([node.rest(0, null), node.rest(0, null), node.rest(100, null)]).toEqual([250, 250, 150])
  expect(node.rest(250, null)).toBe(500)
})

test('an answer ends the row', () => {
  const node = endpoint()
  node.rest(0, null)
  node.succeed()
  expect(node.rest(1_000, null)).toBe(250)
})

test('a longer rest asked for counts, up to five minutes', () => {
  expect(endpoint().rest(0, 3_000)).toBe(3_000)
  expect(endpoint().rest(0, 86_400_000)).toBe(300_000)
})

const NOW = Date.parse('2020-01-01T00:00:00Z')
test.each<[string | undefined, number | null]>([
  [undefined, null],
  ['', null],
  ['soon', null],
  ['0', 0],
  ['-1', 0],
  ['2', 2_000],
  ['Wed, 01 Jan 2020 00:00:05 GMT', 5_000],
  ['Tue, 31 Dec 2019 00:00:00 GMT', 0],
])('Retry-After %j asks for %j milliseconds', (header, milliseconds) => {
  expect(parseRetryAfter(header, NOW)).toBe(milliseconds)
})

test.each<[string, string]>([
  ['https://user:password@node.example:8545/v3/0123456789abcdef?key=0123456789abcdef', 'node.example:8545'],
  ['wss://node.example/0123456789abcdef', 'node.example'],
  ['/home/someone/.ethereum/geth.ipc', 'ipc geth.ipc'],
])('of an address only the host is printed', (url, host) => {
  expect(hostOf(url)).toBe(host)
})

test('keys are taken out of texts in every part of the address they come from', () => {
  const url = 'https://me%40x:pass%20word@node.example/v3/0123456789abcdef?key=fedcba9876543210'
  const text = 'me@x pass word pass%20word 0123456789abcdef fedcba9876543210 v3 node.example'
  expect(redact(text, url)).toBe('[redacted] [redacted] [redacted] [redacted] [redacted] v3 node.example')
})

test.each<[number, string, boolean]>([
  [3, 'execution reverted: try again', false],
  [-32000, 'execution reverted', false],
  [-32000, 'nonce too low', false],
  [-32602, 'invalid argument', false],
  [-32005, 'daily request count exceeded', true],
  [-32000, 'header not found', true],
  [-32000, 'missing trie node 0xab', true],
  [-32603, 'Request timed out', true],
  [-32001, 'resource not found', true],
])('error %i "%s" is transient: %j', (code, message, transient) => {
  expect(isTransientError(code, message)).toBe(transient)
})
