import { z } from 'zod'
import { SutureError } from '../core/errors.ts'
import type { Hex } from '../core/hex.ts'
import { validate } from '../core/validate.ts'
import type { OpenRequest } from './inbox.ts'
import { openRequestSchema } from './request-schema.ts'
import type { Signature } from './types.ts'

/**
 * What a watching process asks to have signed.
 *
 * @throws SutureError INBOX_UNREACHABLE (retryable), APPROVAL_INVALID when the answer has another shape
 */
export function readRequests(url: string): Promise<readonly OpenRequest[]> {
  return readList(url, '/approvals')
}

/**
 * What enough guardians have signed since that process started.
 *
 * @throws SutureError INBOX_UNREACHABLE (retryable), APPROVAL_INVALID when the answer has another shape
 */
export function readGranted(url: string): Promise<readonly OpenRequest[]> {
  return readList(url, '/approvals/granted')
}

async function readList(url: string, path: string): Promise<readonly OpenRequest[]> {
  const answer = await ask(url, path)
  const parsed = validate(z.array(openRequestSchema), answer, {
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
