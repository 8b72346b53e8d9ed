import { wordAt } from '../../evm/words.ts'

/** Beyond this a frame cannot have paid for its memory; a replay that asks for more has left the path the node took. */
const MAX_BYTES = 1 << 24

/** The byte-addressed memory of a frame. Reads and writes beyond the limit throw `RangeError`, which the replay reports as divergence. */
export class Memory {
  #bytes = new Uint8Array(1024)
  #size = 0

  /** MSIZE: multiple of 32. */
  get size(): number {
    return this.#size
  }

  expand(offset: bigint, length: bigint): void {
    if (length === 0n) return
    const end = offset + length
    if (end > MAX_BYTES) throw new RangeError(`memory access at ${end}`)
    const size = Math.ceil(Number(end) / 32) * 32
    if (size <= this.#size) return
    this.#size = size
    if (size > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(size, this.#bytes.length * 2))
      grown.set(this.#bytes)
      this.#bytes = grown
    }
  }

  readWord(offset: bigint): bigint {
    this.expand(offset, 32n)
    const start = Number(offset)
    return wordAt(this.#bytes, start)
  }

  writeWord(offset: bigint, value: bigint): void {
    this.expand(offset, 32n)
    putWord(this.#bytes, Number(offset), value)
  }

  writeByte(offset: bigint, value: bigint): void {
    this.expand(offset, 1n)
    this.#bytes[Number(offset)] = Number(value & 0xffn)
  }

  read(offset: bigint, length: bigint): Uint8Array {
    if (length === 0n) return new Uint8Array(0)
    this.expand(offset, length)
    return this.#bytes.slice(Number(offset), Number(offset + length))
  }

  /** Copies `length` bytes of `source` from `from`, zero-padded past its end. */
  copyIn(offset: bigint, source: Uint8Array, from: bigint, length: bigint): void {
    if (length === 0n) return
    this.expand(offset, length)
    const start = Number(offset)
    this.#bytes.fill(0, start, start + Number(length))
    if (from >= source.length) return
    this.#bytes.set(source.subarray(Number(from), Number(from + length)), start)
  }

  /** MCOPY. */
  move(to: bigint, from: bigint, length: bigint): void {
    if (length === 0n) return
    this.expand(to > from ? to : from, length)
    this.#bytes.copyWithin(Number(to), Number(from), Number(from + length))
  }
}

function putWord(bytes: Uint8Array, start: number, value: bigint): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, 32)
  view.setBigUint64(0, value >> 192n)
  view.setBigUint64(8, (value >> 128n) & 0xffffffffffffffffn)
  view.setBigUint64(16, (value >> 64n) & 0xffffffffffffffffn)
  view.setBigUint64(24, value & 0xffffffffffffffffn)
}
