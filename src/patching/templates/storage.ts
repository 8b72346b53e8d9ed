import { defineTemplate, type Template } from './template.ts'

/**
 * keccak256 reads memory only, so the words are put where memory exists already and what was there is put back. Touching memory that does
 * not exist would show in MSIZE, which a compiled allocation may depend on: then it refuses. Behind the prologue of Solidity code
 * there are 0x60 bytes and more.
 */
const PROOF =
  'Takes its operands and leaves one word; touches nothing below them; changes words of memory that exist already, and puts them back ' +
  'before it leaves by falling through; writes nothing else; no call; or leaves by the tail.'

/** [x y] to keccak256(x ‖ y). */
export const HASH_TWO_WORDS = `
  PUSH1 0x40 MSIZE LT PUSH2 <tail> JUMPI
  PUSH1 0x20 MLOAD PUSH1 0x00 MLOAD
  SWAP3 PUSH1 0x00 MSTORE
  SWAP1 PUSH1 0x20 MSTORE
  PUSH1 0x40 PUSH1 0x00 KECCAK256
  SWAP2 PUSH1 0x00 MSTORE
  PUSH1 0x20 MSTORE`

/** Where mappings and arrays keep their entries. Solidity: entry(key, base); Vyper: entry(base, key). */
export const STORAGE: readonly Template[] = [
  defineTemplate({
    name: 'entry@1',
    params: [],
    since: 'frontier',
    takes: 2,
    gives: 1,
    stack: 3,
    program: HASH_TWO_WORDS,
    description: 'keccak256({0} . {1})',
    proof: PROOF,
  }),
  defineTemplate({
    name: 'element@1',
    params: [],
    since: 'frontier',
    takes: 1,
    gives: 1,
    stack: 2,
    program: `
      MSIZE ISZERO PUSH2 <tail> JUMPI
      PUSH1 0x00 MLOAD
      SWAP1 PUSH1 0x00 MSTORE
      PUSH1 0x20 PUSH1 0x00 KECCAK256
      SWAP1 PUSH1 0x00 MSTORE`,
    description: 'keccak256({0})',
    proof: PROOF,
  }),
]
