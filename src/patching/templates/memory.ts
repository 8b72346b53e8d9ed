import { defineTemplate, type Template } from './template.ts'

/** Words of memory and of the last call's answer. Neither makes memory grow: what does not exist is refused. */
export const MEMORY: readonly Template[] = [
  // p + 31 < MSIZE says the word exists; p < MSIZE keeps out the p for which p + 31 wraps.
  defineTemplate({
    name: 'memory@1',
    params: [],
    since: 'frontier',
    takes: 1,
    gives: 1,
    stack: 3,
    program: `
      DUP1 PUSH1 0x1f ADD MSIZE GT
      DUP2 MSIZE GT
      AND ISZERO PUSH2 <tail> JUMPI
      MLOAD`,
    description: '(the word of memory at {0})',
    proof:
      'Takes one and leaves one word; touches nothing below; reads memory only where it exists; writes nothing; no call; leaves by falling ' +
      'through or by the tail.',
  }),
  defineTemplate({
    name: 'returned@1',
    params: ['offset'],
    since: 'constantinople',
    takes: 0,
    gives: 1,
    stack: 4,
    program: `
      MSIZE ISZERO PUSH2 <tail> JUMPI
      PUSH1 0x20 PUSH2 <offset> ADD RETURNDATASIZE LT PUSH2 <tail> JUMPI
      PUSH1 0x00 MLOAD
      PUSH1 0x20 PUSH2 <offset> PUSH1 0x00 RETURNDATACOPY
      PUSH1 0x00 MLOAD
      SWAP1 PUSH1 0x00 MSTORE`,
    description: 'word <offset> of the last answer',
    proof:
      'Takes nothing and leaves one word; touches nothing below; changes the first word of memory, which exists already, and puts it back ' +
      'before it leaves; writes nothing else; no call; leaves by falling through or by the tail.',
  }),
]
