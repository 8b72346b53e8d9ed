import { toFunctionSelector } from 'viem'
import { SutureError } from '../core/errors.ts'
import type { Hex } from '../core/hex.ts'

/**
 * A function as it is named on the command line.
 *
 * @throws CONFIG_INVALID
 */
export function readSelector(text: string): Hex {
  if (/^0x[0-9a-fA-F]{8}$/.test(text)) return text.toLowerCase() as Hex
  try {
    if (/^\w+\(.*\)$/.test(text)) return toFunctionSelector(`function ${text}`)
  } catch {
    // Said below.
  }
  throw new SutureError('CONFIG_INVALID', 'This is no function.', {
    meta: [
      'field: <function>',
      `value: ${text.slice(0, 120)}`,
      "fix: give 0x and 8 digits, or a signature such as 'withdraw(uint256)'",
    ],
  })
}
