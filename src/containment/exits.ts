import { toFunctionSelector } from 'viem'
import type { Execution, Frame } from '../chain/types.ts'
import type { Address, Hex } from '../core/hex.ts'
import type { FunctionRef, Protection } from '../detectors/types.ts'

/** How a function moves value: out to users, in from them, neither, or both ways at once (a trade). */
export type Direction = 'in' | 'out' | 'both' | 'none'

/** Ways out that users of common protocols rely on. Repaying moves value in, and is still what saves a position. */
const EXITS: ReadonlySet<Hex> = new Set(
  [
    'withdraw(uint256)',
    'withdraw(address,uint256)',
    'withdraw(address,uint256,address)',
    'withdraw(uint256,address,address)',
    'withdrawAll()',
    'emergencyWithdraw()',
    'emergencyWithdraw(uint256)',
    'exit()',
    'redeem(uint256)',
    'redeem(uint256,address,address)',
    'redeemUnderlying(uint256)',
    'repay(uint256)',
    'repay(address,uint256,uint256,address)',
    'repayBorrow()',
    'repayBorrow(uint256)',
    'repayBorrowBehalf(address,uint256)',
    'burn(address)',
    'unstake(uint256)',
    'claim()',
  ].map((signature) => toFunctionSelector(`function ${signature}`)),
)

/** What is known of a function when choosing whether to stop it. */
export interface FunctionProfile {
  /** Successful calls in benign history. */
  readonly uses: number
  readonly direction: Direction
}

/** By target and selector, joined: see `profileKey`. */
export type FunctionProfiles = ReadonlyMap<string, FunctionProfile>

export const profileKey = ({ target, selector }: FunctionRef): string => `${target}:${selector}`

/**
 * Whether users need the function to leave: a well-known exit by its selector, or one that in history only ever paid out.
 * A borrow pays out too, so an unknown protocol's borrow may be taken for an exit; that costs precision, not safety of users.
 */
export function isExit(ref: FunctionRef, profiles: FunctionProfiles): boolean {
  if (EXITS.has(ref.selector)) return true
  return profiles.get(profileKey(ref))?.direction === 'out'
}

/** How often history used each function of the protected contracts, and which way value went below it. */
export function profileFunctions(history: readonly Execution[], protection: Protection): FunctionProfiles {
  const profiles = new Map<string, FunctionProfile>()
  for (const execution of history) {
    for (const entry of entriesOf(execution, protection)) {
      const key = profileKey(entry.ref)
      const known = profiles.get(key) ?? { uses: 0, direction: 'none' as const }
      profiles.set(key, {
        uses: known.uses + 1,
        direction: joined(known.direction, directionOf(execution, entry.frame, protection)),
      })
    }
  }
  return profiles
}

/** A call that entered a protected contract from outside it and lasted. */
export interface Entry {
  readonly frame: Frame
  readonly ref: FunctionRef
}

/** Every call into a protected contract that lasted and may write, by the address users call. */
export function entriesOf({ frames }: Execution, protection: Protection): Entry[] {
  return frames.flatMap((frame) => {
    if (frame.type !== 'CALL' || frame.reverted) return []
    const target = targetOf(frame.context, protection)
    return target ? [{ frame, ref: { target, selector: frame.selector } }] : []
  })
}

export function targetOf(address: Address, { contracts, implementations }: Protection): Address | null {
  return contracts.has(address) ? address : (implementations.get(address) ?? null)
}

function directionOf({ frames, transfers }: Execution, entry: Frame, protection: Protection): Direction {
  const last = lastFrame(frames, entry)
  let [paid, received] = [false, false]
  for (const { from, to, frame } of transfers) {
    if (frame < entry.index || frame > last) continue
    const [own, theirs] = [targetOf(from, protection) !== null, targetOf(to, protection) !== null]
    paid ||= own && !theirs
    received ||= theirs && !own
  }
  return paid ? (received ? 'both' : 'out') : received ? 'in' : 'none'
}

export function lastFrame(frames: readonly Frame[], frame: Frame): number {
  let last = frame
  while (last.children.length > 0) last = frames[last.children.at(-1)!]!
  return last.index
}

function joined(a: Direction, b: Direction): Direction {
  if (a === 'none' || a === b) return b
  return b === 'none' ? a : 'both'
}
