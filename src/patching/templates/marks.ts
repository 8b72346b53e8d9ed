import { HASH_TWO_WORDS } from './storage.ts'
import { defineTemplate, type Template, type TemplateSource } from './template.ts'

/**
 * The first half of the ERC-7201 location of `suture.marks`: keccak256(keccak256(id) - 1). The slot of a key under a mark has it as its high
 * 128 bits, and the low 128 bits of keccak256(key ‖ mark) below. A variable or mapping entry of the contract would have to
 * agree with these 16 bytes by accident.
 */
const PREFIX = '0x7f3117adbc9557bc9e76ea92dcb95c5d'

/** [key] to its slot. */
const SLOT = `
  PUSH1 <mark> ${HASH_TWO_WORDS}
  PUSH1 0x80 SHL PUSH1 0x80 SHR
  PUSH16 ${PREFIX} PUSH1 0x80 SHL OR`

const PROOF =
  'Takes its operands and touches nothing below them; changes two words of memory that exist already, and puts them back before it leaves; ' +
  'no call; leaves by falling through or by the tail.'
const READS = `${PROOF} Writes nothing.`
const WRITES =
  `${PROOF} Writes a slot reserved for Suture only, which no code of the original reads; the write is undone with the frame when it ` +
  'reverts. Halts under STATICCALL, as every write does.'

const mark = (template: Omit<TemplateSource, 'params'>): Template =>
  defineTemplate({ ...template, params: ['mark'] })

const recall = { takes: 1, gives: 1, stack: 4, proof: READS } as const
const remember = { takes: 2, gives: 0, stack: 4, proof: WRITES } as const

/** What a sentence may note, for good or until the transaction ends, and read again. 0 is what was never noted. */
export const MARKS: readonly Template[] = [
  mark({
    ...recall,
    name: 'recall@1',
    since: 'constantinople',
    program: `${SLOT} SLOAD`,
    description: '(what mark <mark> holds for {0})',
  }),
  mark({
    ...remember,
    name: 'remember@1',
    since: 'constantinople',
    program: `${SLOT} SSTORE`,
    description: 'notes {0} for {1} under mark <mark>',
  }),
  mark({
    ...recall,
    name: 'recall-now@1',
    since: 'cancun',
    program: `${SLOT} TLOAD`,
    description: '(what mark <mark> holds for {0} in this transaction)',
  }),
  mark({
    ...remember,
    name: 'remember-now@1',
    since: 'cancun',
    program: `${SLOT} TSTORE`,
    description: 'notes {0} for {1} under mark <mark> until the transaction ends',
  }),
]
