import type { Hex } from '../../core/hex.ts'
import type { Protection } from './frame.ts'
import type { TaintName } from './values.ts'

/** A word as far as it is known. */
export interface Word {
  /** For reading: `caller`, `storage[0x3][caller]`, `calldata[0x4] + 1`. Parts that are not known are `?`. */
  readonly text: string
  readonly constant: Hex | null
  /** What it depends on; empty for constants. */
  readonly from: readonly TaintName[]
}

/** One step from a declared slot to a word of storage. */
export type PlaceStep =
  | { readonly kind: 'key'; readonly type: KeyType; readonly key: Word }
  | { readonly kind: 'element'; readonly dynamic: boolean; readonly index: Word | null }
  | { readonly kind: 'member'; readonly offset: number }

/** `address` when the key has 160 bits; `constant` and `hash` as such; `word` is any other. */
export type KeyType = 'address' | 'constant' | 'hash' | 'word'

/** A word of storage, by the declared slot it belongs to. */
export interface Place {
  readonly slot: Hex
  readonly path: readonly PlaceStep[]
  readonly text: string
}

/** Bits of a word: `bits` of them from bit `offset` on, counted from the lowest. */
export interface Field {
  readonly offset: number
  readonly bits: number
}

/** What every way of one function to a site has passed. */
export interface Guard {
  /** The least of all ways; `unknown` when the function could not be followed to the end. */
  readonly protection: Protection | 'unknown'
  /** The conditions that protect; where ways differ, those of each. */
  readonly by: readonly string[]
  /** Conditions about caller, origin, value or storage that hold on every way. They were checked before, and may have changed since. */
  readonly conditions: readonly string[]
}

export interface StorageRead {
  readonly pc: number
  /** null: the slot is not known, see `slot`. */
  readonly place: Place | null
  readonly slot: Word
  readonly guard: Guard
}

export interface StorageWrite extends StorageRead {
  /** The bits that may change. */
  readonly field: Field
  readonly value: Word
  /** The parts of the word written that are made of one argument, as far as it stands at a fixed place of calldata. */
  readonly arguments: readonly ArgumentPart[]
}

/** Bits of a word that come from the argument at an offset of calldata (bytes from its start), in whatever way. */
export interface ArgumentPart {
  readonly offset: number
  readonly field: Field
}

export interface CallSite {
  readonly pc: number
  readonly kind: 'call' | 'callcode' | 'delegatecall' | 'staticcall' | 'create' | 'create2' | 'selfdestruct'
  /** Callee, or who gets the balance; null for creations. */
  readonly target: Word | null
  /** Wei sent along; null where the instruction has none. */
  readonly value: Word | null
  /** First four bytes of the calldata; null when not known. */
  readonly selector: Hex | null
  /** What the calldata depends on. */
  readonly input: readonly TaintName[]
  readonly guard: Guard
}

/** What could not be found out. Never left out: with one of these, what is reported is not all. */
export interface Gap {
  /**
   * `jump`: the target is not known; `recursion`: an internal function calls itself deeper than is followed; `budget`: too many steps.
   */
  readonly reason: 'jump' | 'recursion' | 'budget'
  readonly pc: number | null
  /** What the target of the jump depends on. */
  readonly from: readonly TaintName[]
}

export interface FunctionAnalysis {
  /** `fallback`: a selector the code does not know; `receive`: a plain transfer. */
  readonly selector: Hex | 'fallback' | 'receive'
  /** Where the body starts; several when state decides. */
  readonly entries: readonly number[]
  /** Whether a call with value may succeed. */
  readonly payable: boolean
  readonly reads: readonly StorageRead[]
  readonly writes: readonly StorageWrite[]
  /** Calls, creations and self-destructions. */
  readonly calls: readonly CallSite[]
  readonly gaps: readonly Gap[]
  /** The blocks it runs, by first offset, each with the least that every way to its start has passed. */
  readonly blocks: ReadonlyMap<number, Protection | 'unknown'>
  /** The least that ways ending in a gap have passed before, which may go on anywhere; null without gaps. */
  readonly beyondGaps: Protection | 'unknown' | null
}

/** A variable as the code uses it. What the source calls it, and whether a word of 256 bits holds less, is not known. */
export interface Variable {
  readonly slot: Hex
  readonly kind: 'value' | 'mapping' | 'array' | 'compound'
  /** From the declared slot on, without the keys: `[address]`, `[]`, `.1`. */
  readonly shape: string
  /** Types seen for the key of each mapping on the way, outermost first. */
  readonly keys: readonly (readonly KeyType[])[]
  readonly field: Field
  /** Functions that read the word the variable is in. */
  readonly readers: readonly FunctionAnalysis['selector'][]
  /** Functions that may change these bits. */
  readonly writers: readonly FunctionAnalysis['selector'][]
}

/** A write to a slot by a function; `certain` is false where the slot written is not known and may be this one. */
export interface WriteOf {
  readonly selector: FunctionAnalysis['selector']
  readonly write: StorageWrite
  readonly certain: boolean
}

export interface Analysis {
  readonly functions: readonly FunctionAnalysis[]
  readonly variables: readonly Variable[]
  /** Blocks the control-flow graph reaches and no analysed function runs: branches never taken, or functions whose selector is not known. */
  readonly unvisited: readonly number[]
  /** Whether no function has a gap. */
  readonly complete: boolean
  /** Writes to a declared slot or to anything reached from it, and those whose slot is not known. */
  writesTo(slot: bigint): WriteOf[]
  /**
   * The least protection of an instruction over all functions that run it, and those with a gap, which may. `unknown` when no function is
   * seen to run it, or one that may was not followed to the end.
   *
   * @throws BYTECODE_INVALID when no instruction starts there.
   */
  protectionAt(pc: number): Protection | 'unknown'
  /** Whether every way of every function to an instruction passes a check of the caller at least this strong (default `authority`). */
  isGuarded(pc: number, atLeast?: Exclude<Protection, 'none'>): boolean
  /** Functions that run an instruction (`certain`), and those with a gap, which may. */
  functionsReaching(
    pc: number,
  ): { readonly selector: FunctionAnalysis['selector']; readonly certain: boolean }[]
}
