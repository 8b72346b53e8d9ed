import { SutureError } from '../core/errors.ts'
import { type Address, type Hex, toAddress } from '../core/hex.ts'
import type { PreAccount } from './observe/world.ts'
import type { AccountDiff, CallStatus, CallType, ExecutionLog, Frame, StateDiff } from './types.ts'

/**
 * Reads what `debug_traceCall` answers (geth's callTracer and prestateTracer, as anvil, reth, erigon and geth print them). Written
 * by hand rather than with a schema library: traces have thousands of frames and stand on the path from mempool to freeze.
 */

type Fields = { readonly [key: string]: unknown }

const CALL_TYPES = new Set([
  'CALL',
  'STATICCALL',
  'DELEGATECALL',
  'CALLCODE',
  'CREATE',
  'CREATE2',
  'SELFDESTRUCT',
])
const HEX = /^0x[0-9a-fA-F]*$/
/** The EVM's own bound on nested calls; a trace that is deeper was not made by one, and would exhaust the stack of whoever walks it. */
const MAX_DEPTH = 1024
const WORD_DIGITS = 64

function invalid(field: string, value: unknown): SutureError {
  const shown = JSON.stringify(value)?.slice(0, 80) ?? 'undefined'
  return new SutureError('RPC_RESPONSE_INVALID', `The node's trace has an unusable ${field}.`, {
    meta: [
      `field: ${field}`,
      `value: ${shown}`,
      'fix: use a node whose debug_traceCall speaks geth’s callTracer and prestateTracer',
    ],
    retryable: true,
  })
}

function fieldsOf(value: unknown, field: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(field, value)
  return value as Fields
}

function readHex(value: unknown, field: string): Hex {
  if (typeof value !== 'string' || !HEX.test(value)) throw invalid(field, value)
  return value.toLowerCase() as Hex
}

/** Bytes a tracer may leave out when they are empty, or print as an empty string. */
function readBytes(value: unknown, field: string): Hex {
  return value === undefined || value === '' || value === null ? '0x' : readHex(value, field)
}

function readQuantity(value: unknown, field: string): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value)
  const hex = readHex(value, field)
  return hex === '0x' ? 0n : BigInt(hex)
}

function readAddress(value: unknown, field: string): Address {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{40}$/.test(value)) throw invalid(field, value)
  return toAddress(value)
}

interface IndexedLog extends ExecutionLog {
  readonly index: number
}

interface TreeReader {
  readonly frames: Frame[]
  readonly logs: IndexedLog[]
}

/** Flattens a callTracer result into frames in pre-order, with who is who made explicit. */
export function readCallTree(result: unknown): { frames: readonly Frame[]; logs: readonly ExecutionLog[] } {
  const reader: TreeReader = { frames: [], logs: [] }
  readFrame(reader, fieldsOf(result, 'trace'), null)
  const logs = reader.logs
    .filter((log) => !reader.frames[log.frame]!.reverted)
    .sort((a, b) => a.index - b.index)
  return { frames: reader.frames, logs: logs.map(({ index, ...log }) => log) }
}

function statusOf(fields: Fields): CallStatus {
  if (fields.error === undefined || fields.error === null) return 'success'
  // The one place a node's wording matters: tracers tell REVERT from an exceptional halt only by it.
  return /revert/i.test(String(fields.error)) ? 'revert' : 'halt'
}

function readFrame(reader: TreeReader, fields: Fields, parent: Frame | null): number {
  const index = reader.frames.length
  const type = fields.type as CallType
  if (!CALL_TYPES.has(type)) throw invalid('type', fields.type)
  if (parent && parent.depth >= MAX_DEPTH) throw invalid('depth', parent.depth + 1)
  const status = statusOf(fields)
  const from = readAddress(fields.from, 'from')
  // A creation that failed before it had an address has no `to`.
  const to = fields.to === undefined || fields.to === null ? from : readAddress(fields.to, 'to')
  const borrowed = type === 'DELEGATECALL' || type === 'CALLCODE'
  const input = readBytes(fields.input, 'input')
  const children: number[] = []
  const frame: Frame = {
    index,
    parent: parent?.index ?? null,
    depth: parent ? parent.depth + 1 : 0,
    type,
    caller: type === 'DELEGATECALL' && parent ? parent.caller : from,
    context: borrowed && parent ? parent.context : to,
    code: to,
    input,
    selector: type.startsWith('CREATE') || input.length < 10 ? '0x' : (input.slice(0, 10) as Hex),
    output: readBytes(fields.output, 'output'),
    value: borrowed || fields.value === undefined ? 0n : readQuantity(fields.value, 'value'),
    gas: readQuantity(fields.gas ?? 0, 'gas'),
    gasUsed: readQuantity(fields.gasUsed ?? 0, 'gasUsed'),
    status,
    error: fields.error === undefined ? null : String(fields.error),
    reverted: status !== 'success' || (parent?.reverted ?? false),
    children,
  }
  reader.frames.push(frame)
  if (fields.logs !== undefined) readLogs(reader, fields.logs, index)
  const calls = fields.calls ?? []
  if (!Array.isArray(calls)) throw invalid('calls', calls)
  for (const child of calls) {
    children.push(readFrame(reader, fieldsOf(child, 'calls'), frame))
  }
  return index
}

function readLogs(reader: TreeReader, logs: unknown, frame: number): void {
  if (!Array.isArray(logs)) throw invalid('logs', logs)
  for (const item of logs) {
    const log = fieldsOf(item, 'logs')
    if (!Array.isArray(log.topics)) throw invalid('logs.topics', log.topics)
    reader.logs.push({
      address: readAddress(log.address, 'logs.address'),
      topics: log.topics.map((topic) => readHex(topic, 'logs.topics')),
      data: readBytes(log.data, 'logs.data'),
      frame,
      // Without a position of its own a log keeps the place it was listed in.
      index: log.index === undefined ? reader.logs.length : Number(readQuantity(log.index, 'logs.index')),
    })
  }
}

function readStorage(value: unknown): Map<Hex, Hex> {
  if (value === undefined || value === null) return new Map()
  return new Map(
    Object.entries(fieldsOf(value, 'storage')).map(([slot, word]) => [
      readWord(slot, 'storage slot'),
      readWord(word, 'storage value'),
    ]),
  )
}

function readWord(value: unknown, field: string): Hex {
  const hex = readHex(value, field)
  if (hex.length > 2 + WORD_DIGITS) throw invalid(field, value)
  return `0x${hex.slice(2).padStart(WORD_DIGITS, '0')}`
}

const ZERO_WORD = readWord('0x', 'zero')

/** prestateTracer: the accounts a transaction touched, before it. Absent code reads as `null` when codes were left out. */
export function readPrestate(result: unknown, withCode: boolean): Map<Address, PreAccount> {
  const accounts = new Map<Address, PreAccount>()
  for (const [address, value] of Object.entries(fieldsOf(result, 'prestate'))) {
    const fields = fieldsOf(value, 'prestate account')
    accounts.set(readAddress(address, 'prestate address'), {
      balance: readQuantity(fields.balance ?? 0, 'balance'),
      code: withCode ? readBytes(fields.code, 'code') : null,
      storage: new Map([...readStorage(fields.storage)].map(([slot, word]) => [BigInt(slot), BigInt(word)])),
    })
  }
  return accounts
}

/**
 * prestateTracer in diff mode: what changed. What `post` leaves out of an account did not change, but a slot only `pre` names was cleared. An
 * account only `pre` names was destroyed if the call tree says so.
 */
export function readStateDiff(result: unknown, frames: readonly Frame[]): StateDiff {
  const destroyed = new Set(
    frames.filter(({ type, reverted }) => type === 'SELFDESTRUCT' && !reverted).map(({ caller }) => caller),
  )
  const { pre, post } = fieldsOf(result, 'diff')
  const before = fieldsOf(pre, 'diff.pre')
  const after = fieldsOf(post, 'diff.post')
  const diff: Record<Address, AccountDiff> = {}
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const address = readAddress(key, 'diff address')
    const gone = after[key] === undefined && destroyed.has(address)
    const post = gone ? DESTROYED : fieldsOf(after[key] ?? {}, 'diff.post')
    diff[address] = diffAccount(fieldsOf(before[key] ?? {}, 'diff.pre'), post)
  }
  return diff
}

const DESTROYED: Fields = { balance: '0x0', nonce: 0, code: '0x' }

function diffAccount(pre: Fields, post: Fields): AccountDiff {
  const storage: Record<Hex, { before: Hex; after: Hex }> = {}
  const before = readStorage(pre.storage)
  const after = readStorage(post.storage)
  for (const slot of new Set([...before.keys(), ...after.keys()])) {
    storage[slot] = { before: before.get(slot) ?? ZERO_WORD, after: after.get(slot) ?? ZERO_WORD }
  }
  const account: { -readonly [K in keyof AccountDiff]: AccountDiff[K] } = { storage }
  if (post.balance !== undefined) {
    account.balance = {
      before: readQuantity(pre.balance ?? 0, 'balance'),
      after: readQuantity(post.balance, 'balance'),
    }
  }
  if (post.nonce !== undefined) {
    account.nonce = {
      before: readQuantity(pre.nonce ?? 0, 'nonce'),
      after: readQuantity(post.nonce, 'nonce'),
    }
  }
  if (post.code !== undefined)
    account.code = { before: readBytes(pre.code, 'code'), after: readBytes(post.code, 'code') }
  return account
}
