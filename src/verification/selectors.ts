import { SutureError } from '../core/errors.ts'
import { type Address, bytesOf, type Hex } from '../core/hex.ts'
import type { VerificationRequest } from './types.ts'

const PUSH1 = 0x60
const PUSH4 = 0x63
const PUSH32 = 0x7f
/** EQ, and what optimisers make of it: XOR and SUB. */
const COMPARISONS: ReadonlySet<number> = new Set([0x14, 0x18, 0x03])
const REACH = 3

/** Constants of four bytes that are compared with something right away: a dispatcher's, and some that are none. */
export function sweepSelectors(code: Hex): Hex[] {
  const bytes = bytesOf(code)
  const found = new Set<Hex>()
  for (let pc = 0; pc < bytes.length; pc++) {
    const opcode = bytes[pc]!
    const compared = bytes.subarray(pc + 5, pc + 5 + REACH).some((next) => COMPARISONS.has(next))
    if (opcode === PUSH4 && compared)
      found.add(`0x${Buffer.from(bytes.subarray(pc + 1, pc + 5)).toString('hex')}`)
    if (opcode >= PUSH1 && opcode <= PUSH32) pc += opcode - PUSH1 + 1
  }
  return [...found].filter((selector) => selector.length === 10)
}

/** Selectors to probe at `target`: those of its own code and of the implementations behind it. Sorted. */
export function selectorsAt(target: Address, { protection, codes, recoverSelectors }: SelectorSource): Hex[] {
  const behind = [...protection.implementations].filter(([, proxy]) => proxy === target).map(([code]) => code)
  const found = new Set<Hex>()
  for (const code of [target, ...behind].map((address) => codes[address] ?? '0x')) {
    for (const selector of sweepSelectors(code)) found.add(selector)
    for (const selector of recover(code, recoverSelectors)) found.add(selector)
  }
  return [...found].sort()
}

type SelectorSource = Pick<VerificationRequest, 'protection' | 'codes' | 'recoverSelectors'>

/** Code no analysis can read still has what the sweep found. */
function recover(code: Hex, recoverSelectors: (code: Hex) => readonly Hex[]): readonly Hex[] {
  if (code === '0x') return []
  try {
    return recoverSelectors(code)
  } catch (error) {
    if (error instanceof SutureError) return []
    throw error
  }
}
