import { z } from 'zod'
import type { Step } from '../chain/types.ts'
import type { Address, Hex } from '../core/hex.ts'
import type { Json } from '../core/json.ts'
import { validate } from '../core/validate.ts'

const address = z
  .string()
  .regex(/^0x[0-9a-f]{40}$/, 'give a lower-case address')
  .transform((text) => text as Address)
const hex = z
  .string()
  .regex(/^0x[0-9a-f]*$/, 'give lower-case hexadecimal digits')
  .transform((text) => text as Hex)
const quantity = z
  .string()
  .regex(/^0x[0-9a-f]{1,64}$/, 'give a quantity: 0x and lower-case hexadecimal digits')
  .transform((text) => BigInt(text))

const override = z.object({
  balance: quantity.optional(),
  nonce: quantity.optional(),
  code: hex.optional(),
  storage: z.record(hex, hex).optional(),
})

const step = z.object({
  transaction: z.object({
    from: address,
    to: address.nullable(),
    data: hex,
    value: quantity,
    gas: quantity,
  }),
  block: z.object({
    number: quantity,
    timestamp: quantity,
    baseFeePerGas: quantity,
    gasLimit: quantity,
    coinbase: address,
    prevRandao: hex,
  }),
  at: quantity.optional(),
  before: z.record(address, override).optional(),
})

const evidence = z.object({
  format: z.literal('suture-evidence/1'),
  chainId: z.number().int().positive(),
  hardfork: z.string(),
  preState: hex,
  codes: z.record(address, hex),
  protected: z.array(address),
  implementations: z.record(address, address),
  history: z.array(step),
  attack: z.array(step),
  diagnosis: z.unknown(),
})

/** The inputs of a verification, as an evidence bundle tells them. */
export interface EvidenceInputs {
  readonly chainId: number
  readonly hardfork: string
  readonly preState: Hex
  /** keccak256 of the original code, by account. */
  readonly codes: Readonly<Record<Address, Hex>>
  readonly protected: readonly Address[]
  readonly implementations: ReadonlyMap<Address, Address>
  readonly history: readonly Step[]
  readonly attack: readonly Step[]
}

/**
 * Reads the inputs back out of a bundle, so that somebody else can run the same verification.
 *
 * @throws SutureError EVIDENCE_INVALID naming the field
 */
export function readEvidence(content: { readonly [key: string]: Json }): EvidenceInputs {
  const parsed = validate(evidence, content, { code: 'EVIDENCE_INVALID', what: 'The evidence bundle' })
  const { format: _format, diagnosis: _diagnosis, implementations, ...rest } = parsed
  const steps = (list: typeof parsed.history) => list.map((one) => dropAbsent(one) as Step)
  return {
    ...rest,
    implementations: new Map(Object.entries(implementations) as [Address, Address][]),
    history: steps(parsed.history),
    attack: steps(parsed.attack),
  }
}

/** Without fields that are undefined: a bundle has none, and a hash must not depend on them. */
function dropAbsent<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const fields = Object.entries(value).filter(([, item]) => item !== undefined)
  return Object.fromEntries(fields.map(([key, item]) => [key, dropAbsent(item)])) as T
}
