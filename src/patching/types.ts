import type { Address, Hex } from '../core/hex.ts'

/** A template and what fills its holes. Arguments are words; which ones a template takes stands in its definition. */
export interface GuardInstance {
  /** Name and version, e.g. `add-checked@1`. */
  readonly template: string
  readonly args: Readonly<Record<string, Hex>>
}

/** A guard and where it runs: right before the original instruction at `pc`, or at the window's end when `pc` is the byte behind it. */
export interface PlacedGuard extends GuardInstance {
  readonly pc: number
}

/**
 * A stretch of the original code in which windows may be placed: reachable instructions that follow one another, none of them a JUMPDEST
 * and all of them fit to be displaced (JUMP or a terminator only as the last). It is a leaf of the site map:
 * `keccak256(keccak256(abi.encode(uint256 start, uint256 end, bytes boundaries)))`, pairs of nodes hashed in ascending order.
 */
export interface Run {
  readonly start: number
  /** Offset of the first byte behind the run. */
  readonly end: number
  /**
   * A bit for each byte of the run, most significant bit first, `ceil((end - start) / 8)` bytes: bit `0x80 >> (i % 8)` of byte
   * `i / 8` is set when an instruction starts at `start + i`. Bits behind the run are 0.
   */
  readonly boundaries: Hex
}

/** One overwritten window of the original code and the trampoline it leads to. */
export interface CertificateSite {
  readonly pc: number
  /** Bytes overwritten, at least 5. */
  readonly length: number
  /** Offset of the trampoline in the patched code. */
  readonly trampoline: number
  readonly guards: readonly PlacedGuard[]
  /** The run of the site map that contains the window, and the Merkle proof that it does belong to the original's site map. */
  readonly run: Run & { readonly proof: readonly Hex[] }
}

/** Why patched code is a restriction of the original: everything a checker needs to derive one from the other. */
export interface Certificate {
  readonly format: 'suture-certificate/1'
  /** keccak256 of the original runtime code. */
  readonly original: Hex
  /** keccak256 of the patched runtime code. */
  readonly patched: Hex
  /** Merkle root over the patchable windows of the original. */
  readonly siteMap: Hex
  /** Ascending by pc. */
  readonly sites: readonly CertificateSite[]
  /**
   * Where the code names its own address (a UUPS implementation's `__self`): offsets of 20 bytes that hold `from` in the original and
   * `to` in the patched code. Empty when the patched code stays at the same address.
   */
  readonly self: { readonly from: Address; readonly to: Address; readonly offsets: readonly number[] } | null
}

/** New code and/or storage for one account. */
export interface Patch {
  readonly target: Address
  readonly kind: 'guard' | 'state' | 'bytecode' | 'source'
  readonly runtime?: Hex
  readonly storage?: Readonly<Record<Hex, Hex>>
  readonly certificate: Certificate | null
}

/** Patches that belong together: all of them are applied or none. */
export interface PatchSet {
  readonly patches: readonly Patch[]
  /** What it does, for guardians: one line per guard. */
  readonly description: readonly string[]
  /** Every function the guards may refuse; the more, the later it is tried. */
  readonly cost: number
}
