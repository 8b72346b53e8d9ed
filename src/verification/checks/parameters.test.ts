import { describe, expect, it } from 'vitest'
import { address, word } from '../../../test/support/incident.ts'
import type { Execution } from '../../chain/types.ts'
import type { Patch } from '../../patching/types.ts'
import { showsParameter } from './parameters.ts'

const TARGET = address(7)
const PATCH: Patch = { target: TARGET, kind: 'state', storage: { [word(1)]: word(10) }, certificate: null }

const execution = (change: Partial<Execution> = {}): Execution =>
  ({
    status: 'success',
    output: '0x',
    logs: [],
    transfers: [],
    created: [],
    diff: {},
    ...change,
  }) as Execution
const writing = (slot: number) =>
  execution({
    diff: { [TARGET]: { storage: { [word(slot)]: { before: word(5), after: word(6) } } } },
  })
const log = { address: TARGET, topics: [], data: '0x', frame: 0 } as const

describe('a parameter that was changed', () => {
  it.each([
    ['may be told by a function that only answers', execution(), execution({ output: '0x01' }), true],
    ['may not make an answer fail', execution(), execution({ status: 'revert' }), false],
    ['may not make a function do more', execution(), execution({ logs: [log] }), false],
    ['may not change what another function writes', writing(2), writing(2), false],
    ['may be set to the value it has now', writing(1), execution(), true],
    ['may be set to another value', writing(1), writing(1), true],
  ] as const)('%s', (_, original, patched, expected) => {
    expect(showsParameter([PATCH], original, patched)).toBe(expected)
  })

  it('is no excuse for a patch of code', () => {
    const guard: Patch = { ...PATCH, kind: 'guard' }
    expect(showsParameter([guard], execution(), execution({ output: '0x01' }))).toBe(false)
    expect(showsParameter([PATCH, guard], execution(), execution())).toBe(false)
    expect(showsParameter([], execution(), execution())).toBe(false)
  })
})
