import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestStore, silent, type TestStore } from '../../test/support/store.ts'
import { SutureError } from '../core/errors.ts'
import { toWord } from '../core/hex.ts'
import { createCursor } from './cursor.ts'

let test: TestStore
beforeAll(async () => {
  test = await openTestStore()
})
afterAll(() => test.remove())

const position = (number: bigint) => ({ number, hash: toWord(number) })

describe('the cursor of a watch', () => {
  it('is nowhere before the first block', async () => {
    expect(await createCursor(test.store, 'fresh', silent).read()).toBeNull()
  })

  it('ends at the block noted last, back as well as forth', async () => {
    const cursor = createCursor(test.store, 'moving', silent)
    for (const number of [5n, 6n, 7n, 6n]) cursor.note(position(number))
    await cursor.settle()
    expect(await createCursor(test.store, 'moving', silent).read()).toEqual(position(6n))
  })

  it('is one per name', async () => {
    const cursor = createCursor(test.store, 'one', silent)
    cursor.note(position(9n))
    await cursor.settle()
    expect(await createCursor(test.store, 'other', silent).read()).toBeNull()
  })

  it('goes on without a database', async () => {
    const gone = { ...test.store, query: () => Promise.reject(new SutureError('STORE_UNAVAILABLE', 'Gone.')) }
    const cursor = createCursor(gone, 'gone', silent)
    cursor.note(position(1n))
    await expect(cursor.settle()).resolves.toBeUndefined()
  })
})
