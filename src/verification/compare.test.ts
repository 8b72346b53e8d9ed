import { describe, expect, it } from 'vitest'
import { address, word } from '../../test/support/incident.ts'
import type { Execution } from '../chain/types.ts'
import { compareExecutions } from './compare.ts'
import { GUARD_SLOTS, LOCK_SLOTS, MARK_SLOTS, RESTRICTED } from './effects.ts'

const LOCK = `${LOCK_SLOTS.prefix}00` as const
const VAULT = address(7)

function execution(change: Partial<Execution> = {}): Execution {
  const transaction = { from: address(1), to: VAULT, data: '0x', value: 0n, gas: 100n } as const
  return {
    transaction,
    block: {
      number: 1n,
      timestamp: 1n,
      baseFeePerGas: 0n,
      gasLimit: 1n,
      coinbase: address(0),
      prevRandao: word(0),
    },
    status: 'success',
    output: '0x',
    gasUsed: 5n,
    frames: [],
    logs: [{ address: VAULT, topics: [word(1)], data: '0x01', frame: 0 }],
    transfers: [],
    created: [],
    diff: {
      [VAULT]: {
        balance: { before: 1n, after: 2n },
        storage: { [word(3)]: { before: word(0), after: word(1) } },
      },
    },
    ...change,
  }
}
const locked = (after: `0x${string}`): Execution => {
  const { diff } = execution()
  const storage = { ...diff[VAULT]!.storage, [LOCK]: { before: word(0), after } }
  return execution({ diff: { [VAULT]: { ...diff[VAULT]!, storage } } })
}
const compare = (a: Execution, b: Execution) => compareExecutions(a, b, [LOCK_SLOTS])?.field ?? null

describe('two executions', () => {
  it('are alike when only gas and frames differ', () => {
    expect(compare(execution(), execution({ gasUsed: 9n }))).toBeNull()
  })
  it.each<readonly [string, Partial<Execution>]>([
    ['status', { status: 'revert' }],
    ['output', { output: '0x01' }],
    ['logs.0.data', { logs: [{ address: VAULT, topics: [word(1)], data: '0x02', frame: 0 }] }],
    ['logs.0', { logs: [] }],
    ['created.0', { created: [address(9)] }],
    [
      `accounts.${VAULT}.balance.after`,
      { diff: { [VAULT]: { ...execution().diff[VAULT]!, balance: { before: 1n, after: 3n } } } },
    ],
    [`accounts.${VAULT}.storage`, { diff: { [VAULT]: { balance: { before: 1n, after: 2n }, storage: {} } } }],
  ])('differ in %s', (field, change) => {
    expect(compare(execution(), execution(change))).toBe(field)
  })
  it('are alike when a lock was given back', () => {
    expect(compare(execution(), locked(word(1)))).toBeNull()
  })
  it('differ when a lock is left taken', () => {
    expect(compare(execution(), locked(word(2)))).toBe(`accounts.${VAULT}.storage.${LOCK}.after`)
  })
  it('are alike when both fail and a guard refused one of them', () => {
    const frame = { status: 'revert', output: RESTRICTED } as Execution['frames'][number]
    const refused = execution({ status: 'revert', output: RESTRICTED, frames: [frame] })
    expect(compare(execution({ status: 'halt' }), refused)).toBeNull()
    expect(compare(execution({ status: 'halt' }), execution({ status: 'revert' }))).toBe('status')
    expect(compare(execution(), refused)).toBe('status')
  })
  it('may leave any mark, and no lock taken', () => {
    const { diff } = execution()
    const slot = `${MARK_SLOTS.prefix}${'ab'.repeat(16)}` as const
    const noted = (at: typeof slot) => {
      const storage = { ...diff[VAULT]!.storage, [at]: { before: word(0), after: word(99) } }
      return execution({ diff: { [VAULT]: { ...diff[VAULT]!, storage } } })
    }
    expect(MARK_SLOTS.prefix).toBe('0x7f3117adbc9557bc9e76ea92dcb95c5d')
    expect(compareExecutions(execution(), noted(slot), GUARD_SLOTS)).toBeNull()
    expect(compareExecutions(execution(), noted(LOCK as typeof slot), GUARD_SLOTS)).not.toBeNull()
    expect(compareExecutions(execution(), noted(slot), [LOCK_SLOTS])).not.toBeNull()
  })
})
