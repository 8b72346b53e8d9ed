import { defineTemplate } from './template.ts'

/** Behind CALL, CALLCODE, DELEGATECALL or STATICCALL: the flag is on top of the stack. */
export const callSucceeded = defineTemplate({
  name: 'call-succeeded@1',
  params: [],
  since: 'frontier',
  stack: 2,
  program: 'DUP1 ISZERO PUSH2 <tail> JUMPI',
  description: 'refuses to go on when the external call failed',
  proof:
    'Stack-neutral; memory untouched; writes nothing; no call; leaves by falling through or by the tail.',
})

/**
 * Behind a call that succeeded: refuses when it answered with a word of zero, as tokens do that report failure by `false`. An answer
 * shorter than a word passes, for tokens that return nothing. The answer is read through the first word of memory, which is put
 * back; while memory is still empty nothing is checked, because touching it would show in MSIZE.
 */
export const answerNotFalse = defineTemplate({
  name: 'answer-not-false@1',
  params: [],
  since: 'constantinople',
  stack: 4,
  program: `
    DUP1 ISZERO PUSH2 <:skip> JUMPI
    RETURNDATASIZE PUSH1 0x1f LT ISZERO PUSH2 <:skip> JUMPI
    MSIZE ISZERO PUSH2 <:skip> JUMPI
    PUSH1 0x00 MLOAD
    PUSH1 0x20 PUSH1 0x00 PUSH1 0x00 RETURNDATACOPY
    PUSH1 0x00 MLOAD
    SWAP1 PUSH1 0x00 MSTORE
    ISZERO PUSH2 <tail> JUMPI
    :skip`,
  description: 'refuses to go on when the external call answered false',
  proof:
    'Stack-neutral on each way to its end; changes the first word of memory, which exists already, and puts it back before it leaves; writes ' +
    'nothing else; no call; leaves by falling through or by the tail.',
})

/**
 * Right before CALL or CALLCODE (stack from the top: gas, target, value, input offset, input size, output offset, output size).
 * Looks at nothing but ERC-20's and ERC-721's transferFrom(address,address,uint256); other ways to move approved tokens pass. Nothing
 * keeps it from being placed before another instruction, so it reads memory only where that exists already (p + 35 < MSIZE, and p < MSIZE
 * for the p for which p + 35 wraps). It refuses otherwise: a call that long over memory nobody wrote is none that compilers make.
 */
export const pullFromCaller = defineTemplate({
  name: 'pull-from-caller@2',
  params: [],
  since: 'constantinople',
  stack: 4,
  program: `
    DUP5 PUSH1 0x43 LT ISZERO PUSH2 <:skip> JUMPI
    DUP4 PUSH1 0x23 ADD MSIZE GT
    DUP5 MSIZE GT
    AND ISZERO PUSH2 <tail> JUMPI
    DUP4 MLOAD PUSH1 0xe0 SHR PUSH4 0x23b872dd XOR PUSH2 <:skip> JUMPI
    DUP4 PUSH1 0x04 ADD MLOAD
    DUP1 CALLER EQ DUP2 ORIGIN EQ OR SWAP1 ADDRESS EQ OR ISZERO PUSH2 <tail> JUMPI
    :skip`,
  description:
    'refuses to move, by transferFrom, tokens that belong to neither the caller, the sender of the transaction nor this contract',
  proof:
    'Stack-neutral on both ways to its end; reads memory only where it exists, whatever instruction follows; writes nothing; no call; ' +
    'leaves by falling through or by the tail.',
})
