import { expect, test } from 'vitest'
import { type Hex, toWord } from '../core/hex.ts'
import { RecentSet } from './stream-seen.ts'
import { BlockWindow } from './stream-window.ts'
import type { BlockRef } from './types.ts'

const hashOf = (number: bigint, branch = 0n): Hex => toWord(number + 1_000n * branch)
const ref = (number: bigint, branch = 0n): BlockRef => ({
  number,
  hash: hashOf(number, branch),
  parentHash: hashOf(number - 1n, branch),
})
const refs = (first: bigint, last: bigint) =>
  Array.from({ length: Number(last - first) + 1 }, (_, index) => ref(first + BigInt(index)))

function windowOf(size: number, first: bigint, last: bigint): BlockWindow {
  const window = new BlockWindow(size)
  for (const each of refs(first, last)) window.extend(each)
  return window
}

test('an empty window is on no branch', () => {
  const window = new BlockWindow(4)
  expect([window.tip, window.floor, window.has(ref(1n)), window.isCut]).toEqual([null, null, false, false])
})

test('a window knows its blocks and the one below them, and no others', () => {
  const window = windowOf(4, 10n, 12n)
  expect([9n, 10n, 11n, 12n].map((number) => window.has(ref(number)))).toEqual([true, true, true, true])
  expect([8n, 13n].map((number) => window.has(ref(number)))).toEqual([false, false])
  expect([9n, 10n, 12n].map((number) => window.has(ref(number, 1n)))).toEqual([false, false, false])
})

test('a window that is full forgets its oldest and says that it did', () => {
  const window = windowOf(3, 1n, 3n)
  expect(window.isCut).toBe(false)
  window.extend(ref(4n))
  expect(window.isCut).toBe(true)
  expect(window.floor?.number).toBe(1n)
})

test('retracting gives back what stood above, newest first, and goes on from there', () => {
  const window = windowOf(5, 1n, 5n)
  expect(window.retractTo(ref(3n))).toEqual([ref(5n), ref(4n)])
  expect(window.tip).toMatchObject({ number: 3n, hash: hashOf(3n) })
})

test('a base that was never told of is not given back by a deeper retraction', () => {
  const window = windowOf(5, 3n, 4n)
  expect(window.retractTo(ref(2n, 1n))).toHaveLength(2)
  expect(window.has(ref(2n, 1n))).toBe(true)
  expect(window.retractTo(ref(1n, 2n))).toEqual([])
  expect(window.tip?.hash).toBe(hashOf(1n, 2n))
})

test('blocks to resume from are taken in any order, as far as they hang together', () => {
  const window = new BlockWindow(8, [ref(7n), ref(5n), ref(6n), ref(2n), ref(4n, 1n)])
  expect(window.tip).toEqual(ref(7n))
  expect(window.floor?.number).toBe(4n)
  expect(window.isCut).toBe(true)
})

test('a recent set forgets its oldest key and takes no key twice', () => {
  const set = new RecentSet(2)
  expect([set.add('a'), set.add('a'), set.add('b'), set.add('c')]).toEqual([true, false, true, true])
  expect(['a', 'b', 'c'].map((key) => set.has(key))).toEqual([false, true, true])
})
