import { SutureError } from '../core/errors.ts'

interface ServiceOptions {
  /** May carry credentials: only the host is ever shown. */
  readonly url: string
  readonly timeoutMs: number
}

/** Bytes; a signed transaction with the largest calldata a pool takes is half of it. */
const LARGEST_ANSWER = 512 * 1024
const SHOWN_CHARACTERS = 120

/** Has a service sign EIP-712 typed data. web3signer takes it as text in every version. */
export const askForTypedData = (
  options: ServiceOptions,
  address: string,
  typedData: string,
): Promise<unknown> => call(options, 'eth_signTypedData', [address, typedData])

/** Has a service sign a transaction without sending it. It answers with the signed transaction. */
export const askForTransaction = (
  options: ServiceOptions,
  transaction: Readonly<Record<string, string>>,
): Promise<unknown> => call(options, 'eth_signTransaction', [transaction])

/** @throws SutureError SIGNER_UNAVAILABLE when it does not answer, SIGNER_FAILED when it refuses or talks nonsense */
async function call(options: ServiceOptions, method: string, params: readonly unknown[]): Promise<unknown> {
  const host = new URL(options.url).host
  const text = await post(options, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
  const answer = parse(text)
  if (answer?.result !== undefined && answer.error === undefined) return answer.result
  const { code, message } = answer?.error ?? {}
  const reason = answer?.error
    ? `code: ${Number(code)}, ${String(message).slice(0, SHOWN_CHARACTERS)}`
    : `answer: ${text.length} characters that are no JSON-RPC answer`
  throw new SutureError('SIGNER_FAILED', 'The external signer refused.', {
    meta: [`service: ${host}`, `method: ${method}`, reason, 'fix: read the log of the service'],
  })
}

async function post({ url, timeoutMs }: ServiceOptions, body: string): Promise<string> {
  const { host, username, password } = new URL(url)
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  const authorization = username
    ? {
        authorization: `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`,
      }
    : {}
  let response: Response
  let text: string
  try {
    response = await fetch(bare, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...authorization },
      body,
      // What it is asked to sign must not go anywhere else.
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    text = await readBounded(response)
  } catch (cause) {
    if (cause instanceof SutureError) throw cause
    const reason =
      cause instanceof Error && cause.name === 'TimeoutError'
        ? `no answer in ${timeoutMs / 1000} s`
        : 'no connection'
    throw new SutureError('SIGNER_UNAVAILABLE', 'The external signer cannot be reached.', {
      meta: [`service: ${host}`, `reason: ${reason}`, 'fix: check the address, and that the service runs'],
      retryable: true,
    })
  }
  if (response.ok) return text
  throw new SutureError('SIGNER_FAILED', 'The external signer refused.', {
    meta: [`service: ${host}`, `status: ${response.status}`, 'fix: read the log of the service'],
  })
}

async function readBounded({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > LARGEST_ANSWER) {
      throw new SutureError('SIGNER_FAILED', 'The external signer answered too much.', {
        meta: [`limit: ${LARGEST_ANSWER} bytes`, 'fix: check that the address is that of a signer'],
      })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

interface Answer {
  readonly result?: unknown
  readonly error?: { readonly code?: unknown; readonly message?: unknown }
}

function parse(text: string): Answer | null {
  try {
    return Object(JSON.parse(text))
  } catch {
    return null
  }
}
