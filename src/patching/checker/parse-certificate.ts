import { z } from 'zod'
import { SutureError } from '../../core/errors.ts'
import type { Hex } from '../../core/hex.ts'
import type { Certificate } from '../types.ts'

const MAX_OFFSET = 0xffff
const MAX_SITES = 1024
const MAX_GUARDS = 512
const MAX_OFFSETS = 64
const MAX_PROOF = 32

const hex = (pattern: RegExp, what: string) =>
  z
    .string()
    .regex(pattern, `must be ${what}`)
    .transform((text) => text as Hex)
const word = hex(/^0x[0-9a-f]{64}$/, '0x and 64 lower-case hexadecimal digits')
const address = hex(/^0x[0-9a-f]{40}$/, '0x and 40 lower-case hexadecimal digits')
const bytes = hex(/^0x(?:[0-9a-f]{2})*$/, '0x and an even number of lower-case hexadecimal digits')
const offset = z.number().int().min(0).max(MAX_OFFSET)

const guard = z.strictObject({
  pc: offset,
  template: z.string().min(1).max(64),
  args: z.record(z.string().max(64), word),
})

const site = z.strictObject({
  pc: offset,
  length: offset,
  trampoline: offset,
  guards: z.array(guard).min(1).max(MAX_GUARDS),
  run: z.strictObject({ start: offset, end: offset, boundaries: bytes, proof: z.array(word).max(MAX_PROOF) }),
})

/** A certificate as JSON. Strict: an unknown field, an upper-case digit or a missing guard is refused. */
export const certificateSchema = z.strictObject({
  format: z.literal('suture-certificate/1'),
  original: word,
  patched: word,
  siteMap: word,
  sites: z.array(site).min(1).max(MAX_SITES),
  self: z.nullable(
    z.strictObject({ from: address, to: address, offsets: z.array(offset).min(1).max(MAX_OFFSETS) }),
  ),
})

/**
 * Reads an untrusted certificate.
 *
 * @throws CERTIFICATE_INVALID naming the first field that is not as it must be.
 */
export function parseCertificate(value: unknown): Certificate {
  const result = certificateSchema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  throw new SutureError('CERTIFICATE_INVALID', 'The certificate does not have the expected shape.', {
    meta: [
      `field: ${issue.path.join('.') || '(root)'}`,
      `problem: ${issue.message}`,
      'fix: see docs/certificates.md',
    ],
  })
}
