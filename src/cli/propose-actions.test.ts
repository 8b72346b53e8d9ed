import { expect, test } from 'vitest'
import type { Address } from '../core/hex.ts'
import type { Place } from './place.ts'
import { OWNER_COMMANDS } from './propose-actions.ts'

const ONE: Address = `0x${'1'.repeat(40)}`
const TWO: Address = `0x${'2'.repeat(40)}`
/** What reading needs of a place. */
const place = { contracts: { pool: ONE } } as unknown as Place

function read(name: string, args: readonly unknown[], options: Readonly<Record<string, string>> = {}) {
  return OWNER_COMMANDS.find(({ usage }) => usage.split(' ')[0] === name)!.read({ place, args, options })
}

test('a target is named as in the configuration, or by its address', () => {
  expect(read('ratify', ['pool'])).toMatchObject({ name: 'ratify', account: ONE })
  expect(read('rollback', [TWO])).toMatchObject({ name: 'rollback', account: TWO })
  expect(read('guardians', [[ONE, TWO]], { threshold: '2' })).toMatchObject({ account: null })
})

test.each([
  ['ratify', ['vault'], {}, '<target>'],
  ['upgrade', ['pool', 'pool'], {}, '<implementation>'],
  ['upgrade', ['pool', TWO], { data: '0x123' }, '--data'],
  ['standing', ['pool', 'maybe'], {}, '<on|off>'],
  ['guardians', [[ONE, ONE]], { threshold: '2' }, '<address>'],
  ['guardians', [[ONE, TWO]], {}, '--threshold'],
  ['guardians', [[ONE, TWO]], { threshold: '1' }, '--threshold'],
  ['guardians', [[ONE, TWO]], { threshold: '3' }, '--threshold'],
  ['pauser', ['pool', ONE, '1.5'], {}, '<seconds>'],
  ['pauser', ['pool', ONE, '4294967296'], {}, '<seconds>'],
] as const)('%s %j %j is refused', (name, args, options, field) => {
  expect(() => read(name, args, options)).toThrowError(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`field: ${field}`),
    }),
  )
})

test('every action of the list has a name of its own, and an example that begins with it', () => {
  const names = OWNER_COMMANDS.map(({ usage }) => usage.split(' ')[0]!)
  expect(new Set(names).size).toBe(names.length)
  for (const { usage, example } of OWNER_COMMANDS) expect(example.split(' ')[0]).toBe(usage.split(' ')[0])
})
