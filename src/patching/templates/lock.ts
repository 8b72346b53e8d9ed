import { defineTemplate } from './template.ts'

/**
 * ERC-7201 location of `suture.lock`: keccak256(keccak256(id) - 1) with the last byte cleared. The argument picks one of the 256 slots
 * that begin there, so that a guard can never name a slot of the contract itself. Assumes that the contract uses no slot chosen by a
 * caller; slots of variables and mappings cannot coincide but by a collision of keccak256.
 */
const SLOT = '0x365af8e269e5709925dbb015be7715b5cf4dafa02888dfb5cd4c6977adfdaa<lock>'

const REST =
  'Stack-neutral; memory, storage and logs untouched; no call; leaves by falling through or by the tail. Writes the transient slot ' +
  'reserved for Suture only, which no code of the original reads; the write is undone with the frame when it reverts.'

/** Before an external call. Under STATICCALL it halts, because TSTORE does: do not put it into functions that are called statically. */
export const lockEnter = defineTemplate({
  name: 'lock-enter@1',
  params: ['lock'],
  since: 'cancun',
  stack: 3,
  program: `PUSH32 ${SLOT} DUP1 TLOAD PUSH2 <tail> JUMPI PUSH1 0x01 SWAP1 TSTORE`,
  description: 'takes lock <lock> for the duration of the external call, and refuses when it is taken',
  proof: REST,
})

/** Behind the external call, whether it succeeded or not. */
export const lockExit = defineTemplate({
  name: 'lock-exit@1',
  params: ['lock'],
  since: 'cancun',
  stack: 2,
  program: `PUSH1 0x00 PUSH32 ${SLOT} TSTORE`,
  description: 'gives lock <lock> back after the external call',
  proof: REST,
})

/** At the entry of a function that must not run while control is out. Reads only, so views may have it. */
export const lockCheck = defineTemplate({
  name: 'lock-check@1',
  params: ['lock'],
  since: 'cancun',
  stack: 2,
  program: `PUSH32 ${SLOT} TLOAD PUSH2 <tail> JUMPI`,
  description: 'refuses while lock <lock> is taken',
  proof: 'Stack-neutral; writes nothing; no call; leaves by falling through or by the tail.',
})
