import { readAnswer } from '../../src/chain/rpc-answer.ts'
import {
  parseBlock,
  parseFilterId,
  parseHash,
  parsePendingBlock,
  parsePool,
  parseTransaction,
} from '../../src/chain/stream-schema.ts'
import { readCallTree, readPrestate, readStateDiff } from '../../src/chain/trace-schema.ts'
import { put, type Row } from './row.ts'

const ASKED = { id: 7, method: 'eth_blockNumber', host: 'node.example', redact: (text: string) => text }

function answer(name: string, value: unknown, field: string): Row {
  return {
    name: `an answer ${name}`,
    call: () => readAnswer(value, ASKED),
    code: 'RPC_RESPONSE_INVALID',
    field,
  }
}

export const ANSWER_ROWS: readonly Row[] = [
  answer('that is a text', 'busy', 'answer'),
  answer('that is null', null, 'answer'),
  answer('to another request', { jsonrpc: '2.0', id: 8, result: '0x1' }, 'id'),
  answer('with neither result nor error', { jsonrpc: '2.0', id: 7 }, 'result'),
  answer('of another protocol version', { jsonrpc: '3.0', id: 7, result: '0x1' }, 'jsonrpc'),
  answer('with an error that is a text', { id: 7, error: 'no' }, 'error'),
]

const WORD = `0x${'ab'.repeat(32)}`
const ADDRESS = '0x00000000000000000000000000000000000000aa'
export const NODE_TRANSACTION = {
  hash: WORD, from: ADDRESS, to: ADDRESS, input: '0x', value: '0x0', gas: '0x5208', nonce: '0x0', gasPrice: '0x1',
} // biome-ignore format: one transaction
export const NODE_BLOCK = {
  number: '0x1',
  hash: WORD,
  parentHash: WORD,
  timestamp: '0x1',
  gasLimit: '0x1',
  transactions: [NODE_TRANSACTION],
}

function read(name: string, call: () => unknown, field: string): Row {
  return { name, call, code: 'RPC_RESPONSE_INVALID', field }
}

export const STREAM_ROWS: readonly Row[] = [
  read('a block that is missing', () => parseBlock(null), 'result'),
  read('a block without a hash', () => parseBlock(put(NODE_BLOCK, 'hash', null)), 'hash'),
  read(
    'a block with transaction hashes only',
    () => parseBlock(put(NODE_BLOCK, 'transactions.0', WORD)),
    'transactions.0',
  ),
  read('a decimal block number', () => parseBlock(put(NODE_BLOCK, 'number', '12')), 'number'),
  read(
    'a transaction without a price',
    () => parseTransaction(put(NODE_TRANSACTION, 'gasPrice', undefined)),
    'gasPrice',
  ),
  read(
    'a transaction with a value beyond 256 bits',
    () => parseTransaction(put(NODE_TRANSACTION, 'value', `0x${'f'.repeat(65)}`)),
    'value',
  ),
  read('a pending hash that is short', () => parseHash('0x12'), 'result'),
  read('a filter id that is empty', () => parseFilterId(''), 'result'),
  read('a pool that is a list', () => parsePool([]), 'result'),
  read('a pool without pending transactions', () => parsePool({ queued: {} }), 'pending'),
  read('a pending block without transactions', () => parsePendingBlock({}), 'transactions'),
]

export const TRACE = {
  type: 'CALL',
  from: ADDRESS,
  to: ADDRESS,
  input: '0x',
  gas: '0x1',
  gasUsed: '0x1',
  calls: [
    { type: 'STATICCALL', from: ADDRESS, to: ADDRESS, input: '0x12345678', gas: '0x1', gasUsed: '0x1' },
  ],
  logs: [{ address: ADDRESS, topics: [WORD], data: '0x', index: '0x0' }],
}

/** A call in a call in a call, deeper than the EVM can go. */
function nested(depth: number): unknown {
  let frame: unknown = put(TRACE, 'calls', [])
  for (let i = 0; i < depth; i++) frame = { ...TRACE, calls: [frame] }
  return frame
}

function trace(name: string, path: string, value: unknown, field: string): Row {
  return read(`a trace with ${name}`, () => readCallTree(put(TRACE, path, value)), field)
}

const PRESTATE = { [ADDRESS]: { balance: '0x1', storage: { [WORD]: WORD } } }

export const TRACE_ROWS: readonly Row[] = [
  read('a trace that is missing', () => readCallTree(null), 'trace'),
  read('a trace that is a list of steps', () => readCallTree([]), 'trace'),
  read('a trace deeper than the EVM goes', () => readCallTree(nested(20_000)), 'depth'),
  trace('a call of no known type', 'type', 'EXTCALL', 'type'),
  trace('no sender', 'from', undefined, 'from'),
  trace('input of no hexadecimal', 'input', 'transfer', 'input'),
  trace('gas as a fraction', 'gas', 1.5, 'gas'),
  trace('negative gas', 'gasUsed', -1, 'gasUsed'),
  trace('calls that are a number', 'calls', 3, 'calls'),
  trace('a call that is null', 'calls.0', null, 'calls'),
  trace('a broken inner call', 'calls.0.to', '0x12', 'to'),
  trace('logs that are an object', 'logs', {}, 'logs'),
  trace('a log without topics', 'logs.0.topics', undefined, 'logs.topics'),
  trace('a log of no address', 'logs.0.address', 'pool', 'logs.address'),
  read('a prestate that is a text', () => readPrestate('{}', true), 'prestate'),
  read(
    'a prestate with an account of no address',
    () => readPrestate({ pool: {} }, true),
    'prestate address',
  ),
  read(
    'a prestate with code of no hexadecimal',
    () => readPrestate(put(PRESTATE, `${ADDRESS}.code`, 'PUSH1'), true),
    'code',
  ),
  read(
    'a prestate with a value wider than a word',
    () => readPrestate(put(PRESTATE, `${ADDRESS}.storage`, { [WORD]: `${WORD}00` }), true),
    'storage value',
  ),
  read(
    'a prestate with a slot of no hexadecimal',
    () => readPrestate(put(PRESTATE, `${ADDRESS}.storage`, { slot: WORD }), true),
    'storage slot',
  ),
  read('a state difference without its second half', () => readStateDiff({ pre: {} }, []), 'diff.post'),
  read(
    'a state difference with a fractional nonce',
    () => readStateDiff({ pre: {}, post: { [ADDRESS]: { nonce: 0.5 } } }, []),
    'nonce',
  ),
]
