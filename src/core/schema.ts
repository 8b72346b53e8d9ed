import { z } from 'zod'
import type { Address, Hex } from './hex.ts'

/** Shapes of files people hand in. Messages say what to do: they are printed as the fix beside the field and its value. */

export const addressSchema = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'give an address: 0x and 40 hexadecimal digits')
  .transform((text) => text.toLowerCase() as Address)

export const bytesSchema = z
  .string()
  .regex(/^0x([0-9a-fA-F]{2})*$/, 'give bytes: 0x and an even number of hexadecimal digits')
  .transform((text) => text.toLowerCase() as Hex)

/** Shorter words are padded to 32 bytes. */
export const wordSchema = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,64}$/, 'give a word: 0x and up to 64 hexadecimal digits')
  .transform((text): Hex => `0x${text.slice(2).toLowerCase().padStart(64, '0')}`)

export const quantitySchema = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,64}$/, 'give a quantity: 0x and hexadecimal digits')
  .transform(BigInt)

/** An account as geth's genesis files have it. */
export const genesisAccountSchema = z.object({
  balance: quantitySchema.default(0n),
  nonce: quantitySchema.default(0n),
  code: bytesSchema.default('0x'),
  storage: z.record(wordSchema, wordSchema).default({}),
})
