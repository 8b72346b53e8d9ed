import { concat, keccak256 } from 'viem'
import { describe, expect, it } from 'vitest'
import type { Execution, Frame, Transfer } from '../chain/types.ts'
import { type Address, type Hex, toWord, ZERO_ADDRESS } from '../core/hex.ts'
import { outflow } from './outflow.ts'
import type { Protection } from './types.ts'

const vault: Address = '0x00000000000000000000000000000000000000aa'
const token: Address = '0x00000000000000000000000000000000000000bb'
const victim: Address = '0x00000000000000000000000000000000000000cc'
const sender: Address = '0x00000000000000000000000000000000000000ee'
const protection: Protection = { contracts: new Set([vault]), implementations: new Map() }
const PAY: Hex = '0x12345678'

const slotOf = (key: Address): Hex => keccak256(concat([toWord(BigInt(key)), toWord(1n)]))
const changed = (before: bigint, after: bigint) => ({ before: toWord(before), after: toWord(after) })
const transfer = (from: Address, to: Address, amount: bigint): Transfer => ({
  standard: 'erc20', token, from, to, amount, tokenId: null, frame: 1,
}) // biome-ignore format: one transfer

const unrelated = {
  frame: 0,
  pc: 1,
  taken: true,
  order: 0,
  condition: { op: 'constant', value: 1n, taint: 0 },
}

/** The sender calls the vault, which calls the token. */
function executionOf(
  transfers: readonly Transfer[],
  balances: Readonly<Record<Address, readonly [bigint, bigint]>>,
  storage: Execution['diff'][Address]['storage'] = {},
): Execution {
  const call = {
    type: 'CALL',
    reverted: false,
    input: PAY,
    selector: PAY,
    output: '0x',
    status: 'success',
    value: 0n,
  }
  const frames = [
    { ...call, index: 0, parent: null, caller: sender, context: vault, code: vault, children: [1] },
    { ...call, index: 1, parent: 0, caller: vault, context: token, code: token, children: [] },
  ] as unknown as Frame[]
  const slots = Object.entries(balances).map(([key, [before, after]]) => [
    slotOf(key as Address),
    changed(before, after),
  ])
  return {
    transaction: { from: sender, to: vault, data: PAY, value: 0n, gas: 0n }, block: { number: 100n }, status: 'success',
    frames, logs: [], transfers, created: [],
    diff: { [token]: { storage: { ...Object.fromEntries(slots), ...storage } }, [vault]: { storage } },
    observation: { frames: [0], accesses: [], calls: [], wraps: [], branches: [unrelated], blocks: new Map(), unobserved: [] },
  } as unknown as Execution // biome-ignore format: one execution
}

const paid = (amount: bigint, of: bigint) =>
  executionOf([transfer(vault, sender, amount)], { [vault]: [of, of - amount], [sender]: [0n, amount] })
const worst = (execution: Execution, state = outflow.initial) =>
  outflow.detect(state, execution, protection).findings.map(({ severity }) => severity)

describe('outflow of a protected holder', () => {
  it('grows with the share of the holdings that is gone', () => {
    expect([5n, 15n, 40n, 90n].map((amount) => worst(paid(amount, 100n))[0])).toEqual([
      'low',
      'medium',
      'high',
      'critical',
    ])
  })

  it('adds up over transactions that are small one by one', () => {
    let state = outflow.initial
    let left = 1_000n
    const seen = []
    for (let i = 0; i < 12; i++) {
      const execution = paid(50n, left)
      seen.push(worst(execution, state)[0])
      state = outflow.learn(state, execution, protection)
      left -= 50n
    }
    expect(seen.at(0)).toBe('low')
    expect(seen).toContain('high')
    expect(JSON.parse(JSON.stringify(state))).toEqual(state)
  })

  it('lets as much go as claims were burned for', () => {
    const burn = { ...transfer(sender, ZERO_ADDRESS, 90n), token: vault }
    const execution = executionOf(
      [transfer(vault, sender, 90n), burn],
      { [vault]: [100n, 10n], [sender]: [0n, 90n] },
      { [toWord(2n)]: changed(100n, 10n) },
    )
    expect(worst(execution)).not.toContain('critical')
    expect(worst(execution)).not.toContain('high')
  })

  it('is milder where the sender gains nothing and did not name who does', () => {
    const execution = executionOf([transfer(vault, victim, 90n)], {
      [vault]: [100n, 10n],
      [victim]: [0n, 90n],
    })
    expect(worst(execution)).toEqual(['medium'])
  })

  it('does not freeze where it could not see whether the caller was checked', () => {
    const { observation: _observation, ...unseen } = paid(90n, 100n)
    expect(worst(unseen)).toEqual(['high'])
  })

  it('says so where the holdings are not known', () => {
    const execution = executionOf([transfer(vault, sender, 90n)], {})
    expect(outflow.detect(outflow.initial, execution, protection)).toMatchObject({
      checked: false,
      findings: [],
    })
  })
})

describe('outflow of third parties', () => {
  const pull = executionOf([transfer(victim, sender, 60n)], { [victim]: [60n, 0n], [sender]: [0n, 60n] })

  it('sees a protected contract move the tokens of somebody who had no part in it', () => {
    expect(outflow.detect(outflow.initial, pull, protection).findings).toMatchObject([
      {
        severity: 'critical',
        subject: vault,
        functions: [{ target: vault, selector: PAY }],
        evidence: { victim, share: 1 },
      },
    ])
  })

  it('takes a caller that history has seen do it for a keeper', () => {
    let state = outflow.initial
    for (let i = 0; i < 2; i++) state = outflow.learn(state, pull, protection)
    expect(worst(pull, state)).toEqual(['low'])
  })

  it('finds nothing where the third party was paid in the same transaction', () => {
    const traded = {
      ...pull,
      transfers: [...pull.transfers, { ...transfer(vault, victim, 1n), token: vault }],
    }
    expect(worst(traded as Execution)).not.toContain('critical')
  })
})
