import { isAddress } from 'viem'
import { SutureError } from '../core/errors.ts'
import { type Address, toAddress } from '../core/hex.ts'

/**
 * An address of the command line. In mixed case the checksum counts, so that a slip of the finger is told.
 *
 * @throws CONFIG_INVALID naming the option
 */
export function readAddress(option: string, text: string): Address {
  const uniform = text === text.toLowerCase()
  if (isAddress(text, { strict: !uniform })) return toAddress(text)
  throw new SutureError('CONFIG_INVALID', 'This is no address.', {
    meta: [
      `field: ${option}`,
      `value: ${text.slice(0, 80)}`,
      'fix: give 0x and 40 digits; in mixed case the checksum counts',
    ],
  })
}
