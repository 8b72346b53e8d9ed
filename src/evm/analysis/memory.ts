import { linear } from './simplify.ts'
import type { Value, Values } from './values.ts'

/** `length` bytes at `start`: those of the word `value` from byte `skip` on. */
interface Segment {
  readonly start: number
  readonly length: number
  readonly value: Value
  readonly skip: number
}

/** Where a word of memory is: an offset from zero (`base` null) or from an unknown word. */
interface Place {
  readonly base: Value | null
  readonly offset: number
}

/** Below this address compilers keep scratch space and the free memory pointer, which nothing allocated overlaps. */
const ALLOCATED = 0x80
const LIMIT = 0x100000
const NOTHING: readonly Segment[] = []

/**
 * Memory of a frame as far as it is known: words at constant distances from zero or from one unknown word at a time (an allocation
 * whose address is not constant).
 *
 * A write at an address that is not constant is taken to spare the bytes below 0x80, as solc and vyper hold it. Hand-written code that
 * computes an address there deceives this memory: a hash may then be taken over words that are no longer there. Writes elsewhere make
 * everything unknown that they may overlap.
 */
export class Memory {
  private segments: Map<Value | null, readonly Segment[]>
  /** Bytes from zero up to here are zero where no segment says otherwise. */
  private zeroBelow: number
  /** Taint of everything ever written: what an unknown word may depend on. */
  taint: number

  constructor(source?: Memory) {
    this.segments = new Map(source?.segments)
    this.zeroBelow = source?.zeroBelow ?? LIMIT
    this.taint = source?.taint ?? 0
  }

  write(values: Values, address: Value, value: Value, length = 32): void {
    this.put(placeOf(values, address), { length, value, skip: 32 - length }, values.taint(value))
  }

  /** The first `length` bytes of a word. */
  writeHead(values: Values, address: Value, value: Value, length: number): void {
    this.put(placeOf(values, address), { length, value, skip: 0 }, values.taint(value))
  }

  /** Bytes of which only the taint is known, up to an end that may be unknown. */
  forget(values: Values, address: Value, length: bigint | null, taint: number): void {
    if (length === 0n) return
    const place = placeOf(values, address)
    const bytes = length === null || length > BigInt(LIMIT) ? LIMIT : Number(length)
    this.put(place, null, taint, bytes)
  }

  /** The 32 bytes at an address, or null when they are not known to be one word. */
  read(values: Values, address: Value): Value | null {
    const place = placeOf(values, address)
    if (!place) return null
    const exact = this.at(place.base).find(({ start }) => start === place.offset)
    if (exact && exact.length === 32 && exact.skip === 0) return exact.value
    const word = this.constantBytes(values, place, 32)
    if (word !== null) return values.constant(word)
    return this.headOverZeros(values, place)
  }

  /** The first four bytes at an address when they are known: the selector of a call. */
  readSelector(values: Values, address: Value): number | null {
    const place = placeOf(values, address)
    const word = place && this.constantBytes(values, place, 4)
    return word === null ? null : Number(word)
  }

  /** Taint of the words that may lie in a region. */
  taintOf(values: Values, address: Value, length: bigint | null): number {
    const place = placeOf(values, address)
    if (!place || length === null || length > 0x1000n) return this.taint
    let known = 0
    let taint = 0
    for (const segment of this.overlapping(place, Number(length))) {
      known += segment.length
      taint |= values.taint(segment.value)
    }
    return known >= Number(length) ? taint : this.taint
  }

  /** Keeps what both agree on. `at` names the place where they meet. Gives whether this memory changed. */
  merge(values: Values, other: Memory, at: string): boolean {
    const before = this.zeroBelow
    const taint = this.taint
    let changed = false
    this.taint |= other.taint
    this.zeroBelow = Math.min(this.zeroBelow, other.zeroBelow)
    for (const base of [...this.segments.keys()]) {
      const mine = this.at(base)
      const merged = this.mergeSegments(values, base, other.at(base), at)
      if (merged.length === mine.length && merged.every((segment, i) => segment === mine[i])) continue
      this.segments.set(base, merged)
      changed = true
    }
    for (const segment of other.at(null)) {
      if (!this.at(null).some(({ start }) => start === segment.start)) this.lose(segment)
    }
    return changed || before !== this.zeroBelow || taint !== this.taint
  }

  private mergeSegments(
    values: Values,
    base: Value | null,
    theirs: readonly Segment[],
    at: string,
  ): Segment[] {
    return this.at(base).flatMap((mine) => {
      const same = theirs.find(({ start }) => start === mine.start)
      if (!same || same.length !== mine.length || same.skip !== mine.skip) {
        if (base === null) this.lose(mine)
        return []
      }
      if (same.value === mine.value) return [mine]
      const value = values.merge(mine.value, same.value, `${at}m${base ?? ''}+${mine.start}`)
      return value === mine.value ? [mine] : [{ ...mine, value }]
    })
  }

  private lose({ start }: Segment): void {
    this.zeroBelow = Math.min(this.zeroBelow, start)
  }

  private at(base: Value | null): readonly Segment[] {
    return this.segments.get(base) ?? NOTHING
  }

  private overlapping({ base, offset }: Place, length: number): readonly Segment[] {
    return this.at(base).filter(
      (segment) => segment.start < offset + length && segment.start + segment.length > offset,
    )
  }

  private put(
    place: Place | null,
    content: Omit<Segment, 'start'> | null,
    taint: number,
    length = content?.length ?? LIMIT,
  ): void {
    this.taint |= taint
    const { base, offset } = place ?? { base: null, offset: ALLOCATED }
    const end = offset + (place ? length : LIMIT)
    const rest = this.at(base).flatMap((segment) => without(segment, offset, end))
    this.forgetAliases(base, offset, place === null)
    if (content && place) rest.push({ start: offset, ...content })
    else if (base === null) this.zeroBelow = Math.min(this.zeroBelow, offset)
    this.segments.set(base, rest)
  }

  /** Drops what a write relative to one base may have overwritten relative to another. */
  private forgetAliases(base: Value | null, offset: number, anywhere: boolean): void {
    if (base === null && offset < ALLOCATED && !anywhere) return
    for (const other of [...this.segments.keys()]) {
      if (other !== base && other !== null) this.segments.delete(other)
    }
    if (base === null) return
    const low = this.at(null).filter(({ start, length }) => start + length <= ALLOCATED)
    this.segments.set(null, low)
    this.zeroBelow = Math.min(this.zeroBelow, ALLOCATED)
  }

  private constantBytes(values: Values, place: Place, length: number): bigint | null {
    let bytes = 0n
    let covered = place.base === null && place.offset + length <= this.zeroBelow ? length : 0
    const zeros = covered > 0
    for (const segment of this.overlapping(place, length)) {
      const from = Math.max(segment.start, place.offset)
      const to = Math.min(segment.start + segment.length, place.offset + length)
      const part = partOf(values, segment, from, to)
      if (part === null) return null
      bytes |= part << BigInt(8 * (place.offset + length - to))
      if (!zeros) covered += to - from
    }
    return covered === length ? bytes : null
  }

  /** A word whose last bytes are the head of another one and the rest zero, as a selector copied right-aligned. */
  private headOverZeros(values: Values, place: Place): Value | null {
    if (place.base !== null || place.offset + 32 > this.zeroBelow) return null
    const [only, ...others] = this.overlapping(place, 32)
    if (!only || others.length > 0 || only.skip !== 0 || only.start + only.length !== place.offset + 32)
      return null
    return values.binary(0x1c, values.constant(BigInt(256 - 8 * only.length)), only.value)
  }
}

function placeOf(values: Values, address: Value): Place | null {
  const { base, offset } = linear(values, address)
  const signed = BigInt.asIntN(256, offset)
  if (signed > BigInt(LIMIT) || signed < (base === null ? 0n : -BigInt(LIMIT))) return null
  return { base, offset: Number(signed) }
}

/** What is left of a segment when the bytes from `from` to `to` are overwritten. */
function without(segment: Segment, from: number, to: number): readonly Segment[] {
  const { start, length, skip } = segment
  const end = start + length
  if (end <= from || start >= to) return [segment]
  const left = start < from ? [{ ...segment, length: from - start }] : []
  const right = end > to ? [{ ...segment, start: to, length: end - to, skip: skip + to - start }] : []
  return [...left, ...right]
}

function partOf(values: Values, segment: Segment, from: number, to: number): bigint | null {
  const term = values.term(segment.value)
  const first = segment.skip + from - segment.start
  const count = to - from
  if (term.kind === 'selector' && first + count <= 4) {
    return (BigInt(term.selector) >> BigInt(8 * (4 - first - count))) & ((1n << BigInt(8 * count)) - 1n)
  }
  if (term.kind === 'operation') return headOf(values, segment.value, first, count)
  if (term.kind !== 'constant') return null
  return (term.value >> BigInt(8 * (32 - first - count))) & ((1n << BigInt(8 * count)) - 1n)
}

/** The first four bytes of `constant | rest`, where the rest cannot reach them: a selector put together with an argument. */
function headOf(values: Values, value: Value, first: number, count: number): bigint | null {
  const term = values.term(value)
  if (term.kind !== 'operation' || term.opcode !== 0x17) return null
  const [rest, constant] = term.args as [Value, Value]
  const word = values.word(constant)
  const shift = 8 * (32 - first - count)
  if (word === null || values.bits(rest) > shift) return null
  return (word >> BigInt(shift)) & ((1n << BigInt(8 * count)) - 1n)
}
