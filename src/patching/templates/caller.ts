import { defineTemplate } from './template.ts'

const PROOF =
  'Stack-neutral; memory untouched; writes nothing; no call; leaves by falling through or by the tail.'

export const callerIs = defineTemplate({
  name: 'caller-is@1',
  params: ['address'],
  since: 'frontier',
  stack: 2,
  program: 'CALLER PUSH20 <address> XOR PUSH2 <tail> JUMPI',
  description: 'refuses every caller but <address>',
  proof: PROOF,
})

/**
 * The holder is the 20 bytes of the slot that lie `shift` bits above its low end. Shifting the difference left by 96 drops what else
 * is packed above them. An empty slot admits nobody, since no call comes from the zero address.
 */
export const callerInSlot = defineTemplate({
  name: 'caller-in-slot@1',
  params: ['slot', 'shift'],
  since: 'constantinople',
  stack: 2,
  program: 'PUSH32 <slot> SLOAD PUSH1 <shift> SHR CALLER XOR PUSH1 0x60 SHL PUSH2 <tail> JUMPI',
  description:
    'refuses every caller but the address kept in storage slot <slot>, <shift> bits from its low end',
  proof: PROOF,
})

export const callerIsOrigin = defineTemplate({
  name: 'caller-is-origin@1',
  params: [],
  since: 'frontier',
  stack: 2,
  program: 'CALLER ORIGIN XOR PUSH2 <tail> JUMPI',
  description: 'refuses calls that come through a contract',
  proof: PROOF,
})
