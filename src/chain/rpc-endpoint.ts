import { SutureError } from '../core/errors.ts'
import type { RpcListener } from './types.ts'

/** What goes over the wire. */
export interface WireRequest {
  readonly jsonrpc: '2.0'
  readonly id: number
  readonly method: string
  readonly params: readonly unknown[]
}

/** One way to reach one node. Answers are parsed JSON and nothing more; faults are `EndpointFault`. */
export interface Transport {
  call(request: WireRequest, signal: AbortSignal): Promise<unknown>
  /** Answers in any order; whoever asks matches them by id. */
  callMany(requests: readonly WireRequest[], signal: AbortSignal): Promise<readonly unknown[]>
  subscribe?(request: WireRequest, listener: RpcListener, signal: AbortSignal): Promise<() => void>
  close(): void
}

interface EndpointFaultOptions {
  host: string
  reason: string
  code?: 'RPC_UNREACHABLE' | 'RPC_RESPONSE_INVALID'
  retryAfterMs?: number | null
  meta?: readonly string[]
}

/** The endpoint failed, not the request: another endpoint may serve it. */
export class EndpointFault extends SutureError {
  readonly reason: string
  /** How long the node asked to be left alone, in milliseconds. */
  readonly retryAfterMs: number | null

  constructor(options: EndpointFaultOptions) {
    const { host, reason, code = 'RPC_UNREACHABLE', retryAfterMs = null, meta = [] } = options
    const sentence = code === 'RPC_UNREACHABLE' ? 'A node did not answer.' : 'A node gave a malformed answer.'
    super(code, sentence, { meta: [`node: ${host}`, `reason: ${reason}`, ...meta], retryable: true })
    this.reason = reason
    this.retryAfterMs = retryAfterMs
  }
}

const FIRST_REST_MS = 250
/** A watcher with one endpoint must not sleep through an attack because that endpoint hiccuped. */
const LONGEST_REST_MS = 10_000
/** Some gateways answer `Retry-After` with a day; the others are asked meanwhile, this one again after this long. */
const LONGEST_REQUESTED_REST_MS = 300_000

/** An endpoint and its health. */
export class Endpoint {
  readonly host: string
  readonly transport: Transport
  /** Set once the node has said which chain it serves. */
  verified = false
  /** Set when it serves another chain: it is never asked again. */
  mismatch: SutureError | null = null
  restUntil = 0
  private failures = 0

  constructor(host: string, transport: Transport) {
    this.host = host
    this.transport = transport
  }

  succeed(): void {
    this.failures = 0
  }

  /**
   * Puts the endpoint to rest, longer with each failure in a row. Failures of requests that were already under way when it was
   * put to rest say nothing new and do not prolong it.
   */
  rest(now: number, retryAfterMs: number | null): number {
    if (this.restUntil > now && retryAfterMs === null) return this.restUntil - now
    const backOff = Math.min(FIRST_REST_MS * 2 ** this.failures, LONGEST_REST_MS)
    const requested = Math.min(retryAfterMs ?? 0, LONGEST_REQUESTED_REST_MS)
    if (this.restUntil <= now) this.failures += 1
    this.restUntil = Math.max(this.restUntil, now + Math.max(backOff, requested))
    return this.restUntil - now
  }
}
