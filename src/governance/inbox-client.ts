import { z } from 'zod'
import { SutureError } from '../core/errors.ts'
import { type Address, type Hex, toAddress } from '../core/hex.ts'
import { validate } from '../core/validate.ts'
import type { OpenRequest } from './inbox.ts'
import type { Signature } from './types.ts'

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

/** Only the shape is checked here; what it says is examined by the guardian (`examineRequest`). */
const request = z.object({
  digest: hex,
  incident: z.string(),
  gate: address,
  chainId: z.number().int().positive(),
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
  guardians: z.array(address),
  threshold: z.number().int().positive(),
  signatures: z.array(z.object({ signer: address, signature: hex })),
})

/**
 * What a watching process asks to have signed.
 *
 * @throws SutureError INBOX_UNREACHABLE (retryable), APPROVAL_INVALID when the answer has another shape
 */
export async function readRequests(url: string): Promise<readonly OpenRequest[]> {
  const answer = await ask(url, '/approvals')
  const parsed = validate(z.array(request), answer, {
    code: 'APPROVAL_INVALID',
    what: 'The list of approvals',
  })
  return parsed as unknown as readonly OpenRequest[]
}

/** Leaves a signature with the watching process. */
export async function sendSignature(url: string, digest: Hex, signature: Signature): Promise<void> {
  await ask(url, `/approvals/${digest}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(signature),
  })
}

async function ask(url: string, path: string, init: RequestInit = {}): Promise<unknown> {
  try {
    const response = await fetch(new URL(path, url), init)
    const body: unknown = await response.json()
    if (response.ok) return body
    throw new SutureError('APPROVAL_INVALID', 'The watching process refused.', {
      meta: [
        `field: ${path}`,
        `value: ${response.status} ${JSON.stringify(body).slice(0, 200)}`,
        'fix: read the open requests again',
      ],
    })
  } catch (error) {
    if (error instanceof SutureError) throw error
    throw new SutureError('INBOX_UNREACHABLE', 'The watching process does not answer.', {
      meta: [`path: ${path}`, 'fix: check --url, and that `suture watch` is running'],
      cause: error,
      retryable: true,
    })
  }
}
