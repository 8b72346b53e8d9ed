import { defineTemplate, type Template, type TemplateFork } from './template.ts'

const PROOF =
  'Takes nothing and leaves one word above what it finds; reads only; memory untouched; no call; leaves by falling through.'

interface Source {
  readonly program: string
  readonly description: string
  readonly params?: readonly string[]
  readonly since?: TemplateFork
}

const source = (name: string, { program, description, params = [], since = 'frontier' }: Source): Template =>
  defineTemplate({ name, params, since, takes: 0, gives: 1, stack: 1, program, description, proof: PROOF })

/** Words a sentence begins with: of the call, the block, the contract, and constants. */
export const SOURCES: readonly Template[] = [
  source('caller@1', { program: 'CALLER', description: 'the caller' }),
  source('origin@1', { program: 'ORIGIN', description: 'the sender of the transaction' }),
  source('this@1', { program: 'ADDRESS', description: 'this contract' }),
  source('value@1', { program: 'CALLVALUE', description: 'the ether sent along' }),
  source('calldata@1', {
    params: ['offset'],
    program: 'PUSH2 <offset> CALLDATALOAD',
    description: 'word <offset> of the calldata',
  }),
  source('calldata-size@1', { program: 'CALLDATASIZE', description: 'the length of the calldata' }),
  source('timestamp@1', { program: 'TIMESTAMP', description: 'the time of the block' }),
  source('block-number@1', { program: 'NUMBER', description: 'the number of the block' }),
  source('gas-price@1', { program: 'GASPRICE', description: 'the gas price' }),
  source('byte@1', { params: ['word'], program: 'PUSH1 <word>', description: '<word>' }),
  source('word@1', { params: ['word'], program: 'PUSH32 <word>', description: '<word>' }),
  source('address@1', { params: ['address'], program: 'PUSH20 <address>', description: '<address>' }),
  // The only way for a sentence to see the original's stack; what it copies stays where it is.
  source('peek@1', {
    params: ['depth'],
    program: 'PEEK <depth>',
    description: 'word <depth> of the stack',
  }),
  source('storage@1', {
    params: ['slot'],
    program: 'PUSH32 <slot> SLOAD',
    description: 'storage slot <slot>',
  }),
  source('short-storage@1', {
    params: ['slot'],
    program: 'PUSH1 <slot> SLOAD',
    description: 'storage slot <slot>',
  }),
  source('transient@1', {
    params: ['slot'],
    since: 'cancun',
    program: 'PUSH32 <slot> TLOAD',
    description: 'transient slot <slot>',
  }),
]
