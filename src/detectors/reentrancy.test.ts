import { describe, expect, it } from 'vitest'
import type { Execution, Frame, StorageAccess } from '../chain/types.ts'
import type { Address, Hex } from '../core/hex.ts'
import { reentrancy } from './reentrancy.ts'
import type { Protection } from './types.ts'

const vault: Address = '0x00000000000000000000000000000000000000aa'
const share: Address = '0x00000000000000000000000000000000000000bb'
const receiver: Address = '0x00000000000000000000000000000000000000cc'
const lender: Address = '0x00000000000000000000000000000000000000dd'
const sender: Address = '0x00000000000000000000000000000000000000ee'
const protection: Protection = { contracts: new Set([vault, share]), implementations: new Map() }
const WITHDRAW: Hex = '0x2e1a7d4d'
const MOVE: Hex = '0xa9059cbb'

type Call = readonly [caller: Address, context: Address, selector: Hex, type?: Frame['type']]
/** A chain of calls, each made by the one before it. */
function nested(...calls: readonly Call[]): Frame[] {
  return calls.map(([caller, context, selector, type = 'CALL'], index) => ({
    index, parent: index === 0 ? null : index - 1, depth: index, type, caller, context, code: context, selector,
    input: selector, output: '0x', value: 0n, gas: 0n, gasUsed: 0n, status: 'success', error: null, reverted: false,
    children: index === calls.length - 1 ? [] : [index + 1],
  })) // biome-ignore format: one frame
}

type Step = readonly [frame: number, kind: 'read' | 'write', slot: bigint, value: bigint, previous?: bigint]
function executionOf(frames: Frame[], address: Address, steps: readonly Step[] | null): Execution {
  const accesses = (steps ?? []).map(([frame, kind, slot, value, previous = value], order): StorageAccess => ({
    frame, kind, slot, value, previous, order, address, transient: false, pc: 0,
  })) // biome-ignore format: one access
  const watched = frames
    .filter(({ context }) => context === vault || context === share)
    .map(({ index }) => index)
  return {
    frames, logs: [], transfers: [], created: [], diff: {}, status: 'success', transaction: { from: sender },
    ...(steps ? { observation: { frames: watched, accesses, calls: [], wraps: [], branches: [], blocks: new Map(), unobserved: [] } } : {}),
  } as unknown as Execution // biome-ignore format: one execution
}

const detect = (execution: Execution, state = reentrancy.initial) =>
  reentrancy.detect(state, execution, protection)
const again = nested([sender, vault, WITHDRAW], [vault, receiver, '0x'], [receiver, vault, WITHDRAW])
/** Checks a balance, pays, and clears the balance last. */
const drained = executionOf(again, vault, [
  [0, 'read', 5n, 10n], [2, 'read', 5n, 10n], [2, 'write', 5n, 0n, 10n], [0, 'write', 5n, 0n, 0n],
]) // biome-ignore format: four steps

describe('reentrancy', () => {
  it('sees a withdrawal that runs twice on one balance', () => {
    expect(detect(drained).findings).toMatchObject([
      {
        severity: 'high',
        subject: vault,
        functions: [{ target: vault, selector: WITHDRAW }],
        evidence: { mechanism: 'same-function' },
      },
    ])
  })

  it('sees another contract of the protocol entered on the same stale balance', () => {
    const frames = nested(
      [sender, vault, WITHDRAW],
      [vault, receiver, '0x'],
      [receiver, share, MOVE],
      [share, vault, '0x01020304'],
    )
    const execution = executionOf(frames, vault, [
      [0, 'read', 5n, 10n], [3, 'read', 5n, 10n], [3, 'write', 5n, 0n, 10n], [0, 'write', 5n, 0n, 0n],
    ]) // biome-ignore format: four steps
    expect(detect(execution).findings[0]).toMatchObject({
      severity: 'high',
      evidence: { mechanism: 'cross-contract' },
    })
  })

  it('holds its peace over a callback after which the contract looks again', () => {
    const execution = executionOf(again, vault, [
      [0, 'read', 5n, 10n], [2, 'read', 5n, 10n], [2, 'write', 5n, 8n, 10n], [0, 'read', 5n, 8n], [0, 'write', 5n, 7n, 8n],
    ]) // biome-ignore format: five steps
    expect(detect(execution).findings.map(({ severity }) => severity)).toEqual(['medium'])
  })

  it('takes a lock that was set and set back for a lock', () => {
    const execution = executionOf(again, vault, [
      [0, 'read', 0n, 1n], [0, 'write', 0n, 2n, 1n], [2, 'read', 0n, 2n], [0, 'write', 0n, 1n, 2n],
    ]) // biome-ignore format: four steps
    expect(detect(execution).findings).toEqual([])
  })

  it('holds a stale view against nobody but a third contract that pays on it', () => {
    const look = (reader: Address) =>
      nested(
        [sender, vault, WITHDRAW],
        [vault, receiver, '0x'],
        [receiver, reader, '0x'],
        [reader, vault, '0x70a08231', 'STATICCALL'],
      )
    const steps: Step[] = [
      [0, 'read', 5n, 10n],
      [3, 'read', 5n, 10n],
      [0, 'write', 5n, 0n, 10n],
    ]
    const payment = {
      from: lender,
      to: receiver,
      token: 'native',
      standard: 'native',
      amount: 1n,
      tokenId: null,
    }
    const paying = (frame: number): Execution => {
      const frames = look(lender)
      const paid = { ...frames[2]!, index: 4, parent: 2, caller: lender, context: receiver, children: [] }
      frames[2] = { ...frames[2]!, children: [3, 4] }
      return {
        ...executionOf([...frames, paid], vault, steps),
        transfers: [{ ...payment, frame }],
      } as Execution
    }
    expect(detect(executionOf(look(lender), vault, steps)).findings[0]?.severity).toBe('low')
    expect(detect(paying(4)).findings[0]?.severity).toBe('medium')
  })

  it('trusts a pattern that history has shown, and only with the conflict it had', () => {
    const learned = reentrancy.learn(reentrancy.initial, drained, protection)
    expect(detect(drained, learned).findings[0]?.severity).toBe('low')
    const calm = reentrancy.learn(
      reentrancy.initial,
      executionOf(again, vault, [[2, 'read', 9n, 1n]]),
      protection,
    )
    expect(detect(drained, calm).findings[0]?.severity).toBe('high')
  })

  it('says that it could not check where storage was not seen', () => {
    const inspection = detect(executionOf(again, vault, null))
    expect(inspection).toMatchObject({ checked: false, findings: [{ severity: 'low' }] })
  })

  it('keeps attackers out of the fingerprint', () => {
    const other: Address = '0x00000000000000000000000000000000000000ff'
    const frames = nested([other, vault, WITHDRAW], [vault, other, '0x'], [other, vault, WITHDRAW])
    const execution = { ...drained, frames } as Execution
    expect(detect(execution).findings[0]?.fingerprint).toBe(detect(drained).findings[0]?.fingerprint)
  })
})
