import { defineTemplate } from './template.ts'

/** Unsigned, with the operands on the stack as the instruction finds them: `a` on top, `b` below. */
const PROOF =
  'Copies of the operands only, so stack-neutral; memory untouched; writes nothing; no call; leaves by falling through or by the tail.'

/** a + b > MAX if and only if a > MAX - b, and MAX - b is NOT b. */
export const addChecked = defineTemplate({
  name: 'add-checked@1',
  params: [],
  since: 'frontier',
  stack: 2,
  program: 'DUP2 NOT DUP2 GT PUSH2 <tail> JUMPI',
  description: 'refuses an addition that does not fit in 256 bits',
  proof: PROOF,
})

/** a - b wraps if and only if b > a. */
export const subChecked = defineTemplate({
  name: 'sub-checked@1',
  params: [],
  since: 'frontier',
  stack: 2,
  program: 'DUP1 DUP3 GT PUSH2 <tail> JUMPI',
  description: 'refuses a subtraction below zero',
  proof: PROOF,
})

/** For b > 0, a * b > MAX if and only if a > floor(MAX / b). For b = 0 the factor b makes the condition 0; for b > 0 it keeps it. */
export const mulChecked = defineTemplate({
  name: 'mul-checked@1',
  params: [],
  since: 'frontier',
  stack: 2,
  program: 'DUP2 PUSH1 0x00 NOT DIV DUP2 GT DUP3 MUL PUSH2 <tail> JUMPI',
  description: 'refuses a multiplication that does not fit in 256 bits',
  proof: PROOF,
})

/**
 * The same, by a shorter way where it is short: two factors below 2^128 cannot overflow, and only the others are divided. 32 gas then
 * (41 by the first version), 73 otherwise.
 */
export const mulCheckedShort = defineTemplate({
  name: 'mul-checked@2',
  params: [],
  since: 'constantinople',
  stack: 2,
  program: `
    DUP2 DUP2 OR PUSH1 0x80 SHR ISZERO PUSH2 <:fits> JUMPI
    DUP2 PUSH1 0x00 NOT DIV DUP2 GT DUP3 MUL PUSH2 <tail> JUMPI
    :fits`,
  description: 'refuses a multiplication that does not fit in 256 bits',
  proof: PROOF,
})
