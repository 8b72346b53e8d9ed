/** A byte of memory: its value, or null when unknown; `selector` when it came from the selector. */
interface Cell {
  readonly value: number | null
  readonly selector: boolean
}

export interface MemoryWord {
  readonly word: bigint | null
  readonly selector: boolean
}

const LIMIT = 0x10000
const ZERO: Cell = { value: 0, selector: false }
const LOST: Cell = { value: null, selector: false }

/** Memory of a frame as far as a dispatcher uses it. Once written at an unknown place, all of it is unknown. */
export class DispatchMemory {
  private cells: Map<number, Cell>
  private lost: boolean

  constructor(source?: DispatchMemory) {
    this.cells = new Map(source?.cells)
    this.lost = source?.lost ?? false
  }

  read(offset: bigint | null): MemoryWord {
    if (this.lost || offset === null || offset > BigInt(LIMIT)) return { word: null, selector: false }
    let word: bigint | null = 0n
    let selector = false
    for (let i = 0; i < 32; i++) {
      const cell = this.cells.get(Number(offset) + i) ?? ZERO
      selector ||= cell.selector
      word = word === null || cell.value === null ? null : (word << 8n) | BigInt(cell.value)
    }
    return { word, selector }
  }

  writeWord(offset: bigint | null, { word, selector }: MemoryWord): void {
    const bytes =
      word === null ? new Array<null>(32).fill(null) : Buffer.from(word.toString(16).padStart(64, '0'), 'hex')
    this.write(offset, bytes, selector)
  }

  write(offset: bigint | null, bytes: Iterable<number | null>, selector: boolean): void {
    if (offset === null || offset > BigInt(LIMIT)) {
      this.lost = true
      return
    }
    let at = Number(offset)
    for (const value of bytes) this.cells.set(at++, value === null ? LOST : { value, selector })
  }

  forget(offset: bigint | null, length: bigint | null): void {
    if (length === 0n) return
    if (length === null || length > BigInt(LIMIT)) this.lost = true
    else this.write(offset, new Array<null>(Number(length)).fill(null), false)
  }
}
