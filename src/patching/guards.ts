import { SutureError } from '../core/errors.ts'
import { type Address, type Hex, toWord } from '../core/hex.ts'
import { OP, OPCODES } from '../evm/opcodes.ts'
import type { PlacedGuard } from './types.ts'

/** Names of the lock's templates on a fork. */
export interface LockTemplates {
  readonly enter: string
  readonly exit: string
  readonly check: string
}

const TRANSIENT: LockTemplates = { enter: 'lock-enter@1', exit: 'lock-exit@1', check: 'lock-check@1' }
const STORED: LockTemplates = {
  enter: 'lock-enter-storage@1',
  exit: 'lock-exit-storage@1',
  check: 'lock-check-storage@1',
}

/** Forks before transient storage (EIP-1153), newest first. An unknown name is taken for a newer fork. */
const BEFORE_CANCUN: ReadonlySet<string> = new Set([
  'shanghai',
  'paris',
  'merge',
  'grayglacier',
  'arrowglacier',
  'london',
  'berlin',
  'muirglacier',
  'istanbul',
  'petersburg',
  'constantinople',
  'byzantium',
  'spuriousdragon',
  'tangerine',
  'tangerinewhistle',
  'homestead',
  'frontier',
])

export const hasTransientStorage = (hardfork: string): boolean =>
  !BEFORE_CANCUN.has(hardfork.toLowerCase().replaceAll(/[^a-z]/g, ''))

/** The transient lock from Cancun on, the one in storage (some 5,000 gas more on each use) before. */
export function lockTemplates(hardfork: string): LockTemplates {
  return hasTransientStorage(hardfork) ? TRANSIENT : STORED
}

export interface LockOptions {
  /** Offset of the instruction. */
  readonly pc: number
  readonly hardfork: string
  /** Which of the 256 locks; guards that must exclude one another use the same. */
  readonly lock?: number
}

/** Holds the lock while the external call at `pc` runs. CALL and its kin are one byte long, so the lock is given back at `pc + 1`. */
export function guardCall({ pc, hardfork, lock = 0 }: LockOptions): PlacedGuard[] {
  const { enter, exit } = lockTemplates(hardfork)
  const args = { lock: toWord(BigInt(lock)) }
  return [
    { template: enter, args, pc },
    { template: exit, args, pc: pc + 1 },
  ]
}

/** Refuses to run past `pc` while the lock is held. */
export function guardEntry({ pc, hardfork, lock = 0 }: LockOptions): PlacedGuard {
  return { template: lockTemplates(hardfork).check, args: { lock: toWord(BigInt(lock)) }, pc }
}

const CHECKED: Readonly<Record<number, string>> = {
  [OP.ADD]: 'add-checked@1',
  [OP.SUB]: 'sub-checked@1',
  [OP.MUL]: 'mul-checked@2',
}

/**
 * Refuses the ADD, SUB or MUL at `pc` when its unsigned result does not fit.
 *
 * @throws PATCH_IMPOSSIBLE for any other instruction.
 */
export function guardArithmetic({
  pc,
  opcode,
}: {
  readonly pc: number
  readonly opcode: number
}): PlacedGuard {
  const template = CHECKED[opcode]
  if (!template) {
    throw new SutureError('PATCH_IMPOSSIBLE', 'There is no arithmetic guard for this instruction.', {
      meta: [`pc: ${pc}`, `opcode: ${OPCODES[opcode]?.name ?? opcode}`, 'fix: guard an ADD, SUB or MUL'],
    })
  }
  return { template, args: {}, pc }
}

/** Refuses to go on when the external call at `pc` failed. */
export const guardCallSuccess = (pc: number): PlacedGuard => ({
  template: 'call-succeeded@1',
  args: {},
  pc: pc + 1,
})

/** Refuses to go on when the external call at `pc` succeeded but answered false, as some tokens report failure. */
export const guardCallAnswer = (pc: number): PlacedGuard => ({
  template: 'answer-not-false@1',
  args: {},
  pc: pc + 1,
})

/** Refuses the CALL at `pc` when it would move, by transferFrom, tokens of a third party. */
export const guardPull = (pc: number): PlacedGuard => ({ template: 'pull-from-caller@2', args: {}, pc })

export const guardCaller = (pc: number, address: Address): PlacedGuard => ({
  template: 'caller-is@1',
  args: { address: toWord(BigInt(address)) },
  pc,
})

export const guardCallerInSlot = (
  pc: number,
  { slot, shift }: { readonly slot: bigint; readonly shift: number },
): PlacedGuard => ({
  template: 'caller-in-slot@1',
  args: { slot: toWord(slot), shift: toWord(BigInt(shift)) },
  pc,
})

export const guardOrigin = (pc: number): PlacedGuard => ({ template: 'caller-is-origin@1', args: {}, pc })

export const disable = (pc: number): PlacedGuard => ({ template: 'not-callable@1', args: {}, pc })

/** What a guard refuses, in words: the template's description with its arguments filled in. */
export function describeGuard(description: string, args: Readonly<Record<string, Hex>>): string {
  return description.replaceAll(/<(\w+)>/g, (text, param: string) => {
    const word = args[param]
    return word === undefined ? text : `0x${BigInt(word).toString(16)}`
  })
}
