import { defineTemplate } from './template.ts'

/** ERC-7201 location of `suture.storage.lock`; the argument picks one of its 256 slots (see `lock.ts`). */
const SLOT = '0x0e3bb78997401a7d4fc972f05856d96301937454ab2888e865b6233ae24384<lock>'

/**
 * For forks without transient storage. The slot holds 2 while taken and 1 afterwards: 0, the initial value, means free, and never
 * going back to 0 saves 17,100 gas on every use but the first. Taking and giving back costs about 22,200 gas the first time and
 * 5,100 (2,300 after refunds) later.
 */
const REST =
  'Stack-neutral; memory and logs untouched; no call; leaves by falling through or by the tail. Writes the storage slot reserved for ' +
  'Suture only, which no code of the original reads; the write is undone with the frame when it reverts.'

export const lockEnterStorage = defineTemplate({
  name: 'lock-enter-storage@1',
  params: ['lock'],
  since: 'frontier',
  stack: 3,
  program: `PUSH32 ${SLOT} DUP1 SLOAD PUSH1 0x02 EQ PUSH2 <tail> JUMPI PUSH1 0x02 SWAP1 SSTORE`,
  description:
    'takes lock <lock> (in storage) for the duration of the external call, and refuses when it is taken',
  proof: REST,
})

export const lockExitStorage = defineTemplate({
  name: 'lock-exit-storage@1',
  params: ['lock'],
  since: 'frontier',
  stack: 2,
  program: `PUSH1 0x01 PUSH32 ${SLOT} SSTORE`,
  description: 'gives lock <lock> (in storage) back after the external call',
  proof: REST,
})

export const lockCheckStorage = defineTemplate({
  name: 'lock-check-storage@1',
  params: ['lock'],
  since: 'frontier',
  stack: 2,
  program: `PUSH32 ${SLOT} SLOAD PUSH1 0x02 EQ PUSH2 <tail> JUMPI`,
  description: 'refuses while lock <lock> (in storage) is taken',
  proof: 'Stack-neutral; writes nothing; no call; leaves by falling through or by the tail.',
})
