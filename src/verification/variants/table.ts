import type { BuildVariant } from './context.ts'
import { forwarded } from './forwarded.ts'
import { moreGas } from './more-gas.ts'
import { halfAmounts, nineTenthsAmounts } from './other-amounts.ts'
import { otherRecipient } from './other-recipient.ts'
import { otherSender } from './other-sender.ts'
import { repeated, splitInTwo } from './repeated.ts'
import { spreadOverBlocks } from './spread-over-blocks.ts'
import { unwrapped, unwrappedOverBlocks } from './unwrapped.ts'

/** Every other way an attack is tried in, in the order it is reported. */
export const VARIANTS: readonly BuildVariant[] = [
  otherSender,
  otherRecipient,
  halfAmounts,
  nineTenthsAmounts,
  splitInTwo,
  repeated,
  forwarded,
  moreGas,
  spreadOverBlocks,
  unwrapped,
  unwrappedOverBlocks,
]
