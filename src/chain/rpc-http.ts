import http from 'node:http'
import https from 'node:https'
import { text } from 'node:stream/consumers'
import { EndpointFault, type Transport, type WireRequest } from './rpc-endpoint.ts'
import { hostOf } from './rpc-redact.ts'

/** Statuses under which a body is still the answer to the request rather than the gateway's own refusal. */
const ANSWER_STATUSES = new Set([400, 404, 405, 422])

/**
 * JSON-RPC over HTTP(S), one POST per call or batch, connections kept open. User and password in the address travel as basic
 * authorization. (`node:http` rather than `fetch`: a quarter of its time per call, and most calls are small.)
 */
export function openHttpTransport(url: string): Transport {
  const target = new URL(url)
  const host = hostOf(url)
  const { Agent, request } = target.protocol === 'https:' ? https : http
  const agent = new Agent({ keepAlive: true })

  function open(body: string, signal: AbortSignal): Promise<http.IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
      request(target, { method: 'POST', agent, headers, signal }, resolve).on('error', reject).end(body)
    })
  }

  async function post(payload: WireRequest | readonly WireRequest[], signal: AbortSignal): Promise<unknown> {
    try {
      const response = await open(JSON.stringify(payload), signal)
      return readBody(response, await text(response), host)
    } catch (error) {
      if (error instanceof EndpointFault) throw error
      throw new EndpointFault({ host, reason: signal.aborted ? 'no answer in time' : reasonOf(error) })
    }
  }

  return {
    call: post,
    async callMany(requests, signal) {
      const answers = await post(requests, signal)
      // A node that refuses the whole batch answers with one error object: it is the answer to each call of it.
      return Array.isArray(answers) ? answers : requests.map(({ id }) => ({ ...Object(answers), id }))
    },
    close: () => agent.destroy(),
  }
}

function readBody(response: http.IncomingMessage, body: string, host: string): unknown {
  const status = response.statusCode ?? 0
  const ok = status >= 200 && status < 300
  if (!ok && !ANSWER_STATUSES.has(status)) {
    const retryAfterMs = parseRetryAfter(response.headers['retry-after'], Date.now())
    throw new EndpointFault({ host, reason: `HTTP ${status}`, retryAfterMs })
  }
  try {
    return JSON.parse(body)
  } catch {
    if (!ok) throw new EndpointFault({ host, reason: `HTTP ${status}` })
    // The body stays out of the error: gateways repeat keys in it.
    const reason = `the body is not JSON (${body.length} characters)`
    throw new EndpointFault({ host, code: 'RPC_RESPONSE_INVALID', reason, meta: ['field: body'] })
  }
}

/** Milliseconds asked for by a `Retry-After` header, in seconds or as a date (RFC 9110, 10.2.3); null where it says neither. */
export function parseRetryAfter(header: string | undefined, now: number): number | null {
  if (header === undefined || header.trim() === '') return null
  const seconds = Number(header)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const date = Date.parse(header)
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}

/** The system's code (`ECONNREFUSED`) without its sentence, which may hold the address. */
function reasonOf(error: unknown): string {
  const code = (Object(error) as { code?: unknown }).code
  return typeof code === 'string' ? code : 'transport failure'
}
