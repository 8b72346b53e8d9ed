import { concat, keccak256 } from 'viem'
import { describe, expect, it } from 'vitest'
import type { Execution, Transfer } from '../chain/types.ts'
import { type Address, type Hex, toWord } from '../core/hex.ts'
import { balanceBefore, flowsOf, isKeyedBy, largestOf, shareOf } from './holdings.ts'

const token: Address = '0x00000000000000000000000000000000000000aa'
const holder: Address = '0x00000000000000000000000000000000000000bb'
const other: Address = '0x00000000000000000000000000000000000000cc'
const slotOf = (key: Address, position: bigint): Hex =>
  keccak256(concat([toWord(BigInt(key)), toWord(position)]))

const move = (from: Address, to: Address, amount: bigint): Transfer => ({
  standard: 'erc20', token, from, to, amount, tokenId: null, frame: 0,
}) // biome-ignore format: one line

const changed = (before: bigint, after: bigint) => ({ before: toWord(before), after: toWord(after) })

function execution(
  transfers: readonly Transfer[],
  storage: Record<Hex, { before: Hex; after: Hex }>,
): Execution {
  return { transfers, diff: { [token]: { storage } }, frames: [] } as unknown as Execution
}

describe('flowsOf', () => {
  it('nets what leaves and comes back, and ignores transfers to oneself', () => {
    const flows = flowsOf(
      execution([move(holder, other, 7n), move(other, holder, 2n), move(holder, holder, 9n)], {}),
    )
    expect(flows).toMatchObject([
      { holder, out: 7n, in: 2n, to: other },
      { holder: other, out: 2n, in: 7n },
    ])
  })
})

describe('balanceBefore', () => {
  it('finds the holder’s slot by its change, and by the mapping’s key where others changed alike', () => {
    const run = execution([move(holder, other, 5n)], {
      [slotOf(holder, 3n)]: changed(20n, 15n),
      [toWord(2n)]: changed(100n, 95n),
    })
    expect(balanceBefore(run, flowsOf(run)[0]!)).toBe(20n)
  })

  it('takes the largest where the slot cannot be told, so that no share is exaggerated', () => {
    const run = execution([move(holder, other, 5n)], {
      [toWord(1n)]: changed(20n, 15n),
      [toWord(2n)]: changed(100n, 95n),
    })
    expect(balanceBefore(run, flowsOf(run)[0]!)).toBe(100n)
  })

  it('says that it does not know where nothing matches', () => {
    const run = execution([move(holder, other, 5n)], { [toWord(1n)]: changed(9n, 8n) })
    expect(balanceBefore(run, flowsOf(run)[0]!)).toBeNull()
  })
})

describe('isKeyedBy', () => {
  it('knows mappings as Solidity and as Vyper lay them out', () => {
    expect(isKeyedBy(slotOf(holder, 9n), holder)).toBe(true)
    expect(isKeyedBy(keccak256(concat([toWord(9n), toWord(BigInt(holder))])), holder)).toBe(true)
    expect(isKeyedBy(slotOf(other, 9n), holder)).toBe(false)
  })
})

it('shares are bounded and the largest of nothing is nothing', () => {
  expect([shareOf(1n, 4n), shareOf(5n, 4n), shareOf(-1n, 4n), shareOf(1n, 0n)]).toEqual([0.25, 1, 0, 1])
  expect([largestOf([]), largestOf([3n, 8n, 2n])]).toEqual([0n, 8n])
})
