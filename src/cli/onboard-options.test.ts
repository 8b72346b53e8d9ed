import { expect, test } from 'vitest'
import { parsePauser, parseWord, readOnboardSite } from './onboard-options.ts'
import { readAddress } from './read-address.ts'

const MIXED = '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48'
const ADDRESS = '0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48'
const refusal = expect.objectContaining({ code: 'CONFIG_INVALID' })

test('a pauser is an address, with or without a budget in seconds', () => {
  expect(parsePauser(MIXED)).toEqual({ account: ADDRESS, budget: 21_600 })
  expect(parsePauser(`${ADDRESS}:60`)).toEqual({ account: ADDRESS, budget: 60 })
})

test.each([
  '',
  'sentinel',
  `${ADDRESS}:`,
  `${ADDRESS}:0`,
  `${ADDRESS}:1.5`,
  `${ADDRESS}:4294967296`,
  `${ADDRESS}:1:2`,
])('%j is no pauser', (value) => {
  expect(() => parsePauser(value)).toThrowError(refusal)
})

test('an address in mixed case must have the right checksum', () => {
  expect(readAddress('--gate', MIXED)).toBe(ADDRESS)
  expect(() => readAddress('--gate', MIXED.replace('B', 'b'))).toThrowError(refusal)
})

test('a salt is a whole word', () => {
  expect(parseWord(`0x${'AB'.repeat(32)}`, '--salt')).toBe(`0x${'ab'.repeat(32)}`)
  expect(() => parseWord('0x07', '--salt')).toThrowError(refusal)
})

test('options that say everything need no configuration', async () => {
  const options = { gate: MIXED, rpcUrl: 'http://localhost:1', sentinel: [], out: 'onboard' }
  expect(await readOnboardSite([ADDRESS], options)).toEqual({
    proxies: [ADDRESS],
    gate: ADDRESS,
    breaker: null,
    urls: ['http://localhost:1'],
    chainId: 1,
  })
  await expect(
    readOnboardSite(['pool'], { ...options, config: '/nowhere/suture.config.ts' }),
  ).rejects.toMatchObject({
    code: 'CONFIG_NOT_FOUND',
  })
})
