import { OP } from '../../evm/opcodes.ts'
import { type Origin, Taint } from '../types.ts'

/** Beyond this depth an expression is cut; its taint is kept, so that questions of dependence stay exact. */
const MAX_DEPTH = 40

const depths = new WeakMap<Origin, number>()

export function constant(value: bigint): Origin {
  return { op: 'constant', value, taint: 0 }
}

/** An expression over `inputs`. Without any tainted input it is a constant again: what code computes from itself is code. */
export function compute(opcode: number, pc: number, inputs: readonly Origin[], value: bigint): Origin {
  let taint = 0
  let depth = 0
  for (const input of inputs) {
    taint |= input.taint
    depth = Math.max(depth, depths.get(input) ?? 0)
  }
  if (taint === 0) return constant(value)
  if (depth >= MAX_DEPTH) return { op: 'cut', value, taint }
  const origin: Origin = { op: 'compute', opcode, pc, inputs, value, taint }
  depths.set(origin, depth + 1)
  return origin
}

const ENVIRONMENT_TAINT: Readonly<Record<number, number>> = {
  [OP.CALLER]: Taint.caller,
  [OP.ORIGIN]: Taint.origin,
  [OP.CALLVALUE]: Taint.callValue,
  [OP.CALLDATASIZE]: Taint.calldata,
  [OP.RETURNDATASIZE]: Taint.returnData,
  [OP.BALANCE]: Taint.balance,
  [OP.SELFBALANCE]: Taint.balance,
  [OP.EXTCODESIZE]: Taint.code,
  [OP.EXTCODEHASH]: Taint.code,
  [OP.GAS]: Taint.gas,
  [OP.TIMESTAMP]: Taint.block,
  [OP.NUMBER]: Taint.block,
  [OP.PREVRANDAO]: Taint.block,
  [OP.BLOCKHASH]: Taint.block,
  [OP.COINBASE]: Taint.block,
  [OP.BASEFEE]: Taint.block,
  [OP.GASLIMIT]: Taint.block,
}

export function environment(opcode: number, value: bigint, input?: Origin): Origin {
  const taint = (ENVIRONMENT_TAINT[opcode] ?? 0) | (input?.taint ?? 0)
  if (taint === 0) return constant(value)
  return input
    ? { op: 'environment', opcode, value, taint, input }
    : { op: 'environment', opcode, value, taint }
}

/** A stretch of memory and where its bytes came from: one word, or a copy whose words are told on demand. */
interface Stretch {
  readonly start: number
  readonly end: number
  /** Origin of the 32 bytes at `offset` within the stretch. */
  readonly wordAt: (offset: number, value: bigint) => Origin
}

const BUCKET_BITS = 5
const MAX_PER_BUCKET = 12

/**
 * Where the bytes of a frame's memory came from. Writes are kept by 32-byte bucket, newest last, and only the newest few: a
 * bucket written in many small pieces forgets the oldest, which reads then see as untainted (stated failure mode: byte-wise
 * string building can lose taint).
 */
export class MemoryOrigins {
  readonly #buckets = new Map<number, Stretch[]>()

  writeWord(start: number, origin: Origin): void {
    this.#add({
      start,
      end: start + 32,
      wordAt: (offset, value) => (offset === 0 ? origin : compute(OP.MLOAD, -1, [origin], value)),
    })
  }

  writeByte(start: number, origin: Origin): void {
    this.#add({ start, end: start + 1, wordAt: () => origin })
  }

  writeCopy(start: number, length: number, wordAt: Stretch['wordAt']): void {
    if (length > 0) this.#add({ start, end: start + length, wordAt })
  }

  /** Origin of the 32 bytes at `start`, whose concrete value is `value`. */
  readWord(start: number, value: bigint): Origin {
    const end = start + 32
    const parts: Origin[] = []
    const first = start >> BUCKET_BITS
    const candidates = [
      ...(this.#buckets.get(first) ?? []),
      ...(start & 31 ? (this.#buckets.get(first + 1) ?? []) : []),
    ]
    for (let i = candidates.length - 1; i >= 0; i--) {
      const stretch = candidates[i]!
      if (stretch.end <= start || stretch.start >= end) continue
      if (stretch.start <= start && stretch.end >= end && parts.length === 0)
        return stretch.wordAt(start - stretch.start, value)
      parts.push(stretch.wordAt(Math.max(0, start - stretch.start), value))
    }
    return compute(OP.MLOAD, -1, parts, value)
  }

  #add(stretch: Stretch): void {
    for (let bucket = stretch.start >> BUCKET_BITS; bucket <= (stretch.end - 1) >> BUCKET_BITS; bucket++) {
      const low = bucket << BUCKET_BITS
      const list = this.#buckets.get(bucket)
      if (!list || (stretch.start <= low && stretch.end >= low + 32)) this.#buckets.set(bucket, [stretch])
      else {
        list.push(stretch)
        if (list.length > MAX_PER_BUCKET) list.shift()
      }
    }
  }
}
