import { z } from 'zod'
import { type Address, type Hex, toAddress } from '../core/hex.ts'

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'expected an address')
  .transform((text): Address => toAddress(text))
const hex = z
  .string()
  .regex(/^0x[0-9a-fA-F]*$/, 'expected hexadecimal digits')
  .transform((text) => text as Hex)
const quantity = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,64}$/, 'expected a quantity')
  .transform((text) => BigInt(text))

const common = {
  digest: hex,
  gate: address,
  chainId: z.number().int().positive(),
  guardians: z.array(address),
  threshold: z.number().int().positive(),
  signatures: z.array(z.object({ signer: address, signature: hex })),
}

/** Only the shape is checked here; what it says is examined by the guardian (`examineRequest`). */
export const openRequestSchema = z.object({
  ...common,
  incident: z.string(),
  restriction: z.object({
    target: address,
    originalCodeHash: hex,
    patchedCodeHash: hex,
    certificateHash: hex,
    bundleHash: hex,
    salt: hex,
    nonce: quantity,
    deadline: quantity,
  }),
  runtime: hex,
  certificate: z.record(z.string(), z.unknown()),
  description: z.array(z.string()),
  bundle: z.object({ hash: hex, content: z.record(z.string(), z.unknown()) }),
})

/** The same for a rollback. */
export const rollbackRequestSchema = z.object({
  ...common,
  rollback: z.object({ target: address, nonce: quantity, deadline: quantity }),
})
