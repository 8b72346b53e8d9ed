import { expect, test } from 'vitest'
import type { Hex } from '../core/hex.ts'
import { EventQueue } from './stream-queue.ts'
import type { ChainEvent } from './types.ts'

const hash: Hex = `0x${'11'.repeat(32)}`
const reorg: ChainEvent = { type: 'reorg', retracted: [], ancestor: { number: 1n, hash, parentHash: hash } }
const pending = { type: 'pending', transaction: { hash } } as unknown as ChainEvent

function open() {
  const blocked: string[] = []
  return {
    blocked,
    queue: new EventQueue({ blocks: 1, pending: 1, onBlocked: ({ queue }) => blocked.push(queue) }),
  }
}

test('blocks come before pending transactions', async () => {
  const { queue } = open()
  await queue.push(pending)
  await queue.push(reorg)
  expect([await queue.take(), await queue.take()]).toEqual([reorg, pending])
})

test('a full queue makes its own producer wait, and says so', async () => {
  const { queue, blocked } = open()
  await queue.push(reorg)
  let through = false
  const waiting = queue.push(reorg).then(() => {
    through = true
  })
  await queue.push(pending)
  expect(through).toBe(false)
  await queue.take()
  await waiting
  expect(blocked).toEqual(['blocks'])
})

test('a failure comes after the events before it', async () => {
  const { queue } = open()
  await queue.push(reorg)
  queue.fail('broken')
  expect(await queue.take()).toBe(reorg)
  await expect(queue.take()).rejects.toBe('broken')
})

test('the end frees producers and consumers', async () => {
  const { queue } = open()
  const taken = queue.take()
  queue.end()
  expect(await taken).toBeUndefined()
  await queue.push(reorg)
  await queue.push(reorg)
  expect(await queue.take()).toBeUndefined()
})
