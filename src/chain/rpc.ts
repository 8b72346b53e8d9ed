import { setMaxListeners } from 'node:events'
import type { Logger } from 'pino'
import { SutureError } from '../core/errors.ts'
import { readAnswer } from './rpc-answer.ts'
import { isRepeatable } from './rpc-classify.ts'
import { withDeadline } from './rpc-deadline.ts'
import { Endpoint, EndpointFault, type Transport, type WireRequest } from './rpc-endpoint.ts'
import { failOver } from './rpc-failover.ts'
import { openHttpTransport } from './rpc-http.ts'
import { openIpcTransport } from './rpc-ipc.ts'
import { hostOf, isIpcPath, redact } from './rpc-redact.ts'
import { verifyChain } from './rpc-verify.ts'
import { openWebSocketTransport } from './rpc-websocket.ts'
import type { Rpc, RpcCall, RpcListener, RpcOptions, RpcOutcome } from './types.ts'

export interface RpcSettings {
  /** Endpoints in order of preference: `http(s)://`, `ws(s)://` or the path of an IPC socket. */
  readonly urls: readonly string[]
  readonly chainId: number
  readonly logger?: Logger
  /** Milliseconds one node is given to answer; default 15,000. */
  readonly timeoutMs?: number
  /** How often one request is tried in all; default four times, or twice per endpoint where that is more. */
  readonly attempts?: number
  /** Milliseconds a request waits at most for an endpoint that is at rest; default 15,000. */
  readonly patienceMs?: number
  /** Told of every try: for metrics. */
  readonly onTry?: (sample: RpcSample) => void
}

export interface RpcSample {
  readonly method: string
  readonly host: string
  readonly milliseconds: number
  /** `error`: the node answered with an error. `fault`: it did not answer, or with nonsense. */
  readonly outcome: 'answer' | 'error' | 'fault'
}

/** One try: asks `endpoint` and reads its answer. */
type Ask<T> = (endpoint: Endpoint, signal: AbortSignal) => Promise<T>

/** Common gateways refuse more than 100 calls in a body, or answer them partly. */
const LARGEST_BATCH = 100

/**
 * Opens JSON-RPC to one chain. Endpoints are asked in order of preference; one that breaks, is silent, refuses or talks nonsense is
 * put to rest, longer each time, and the next is asked. An error of the node itself is final, unless another node or another
 * moment may change it. Each endpoint must say that it serves `chainId` before it is asked anything else.
 *
 * @throws SutureError `CONFIG_INVALID` for an unusable address. Requests throw `RPC_UNREACHABLE`, `RPC_RESPONSE_INVALID`,
 * `CHAIN_MISMATCH`, or an `RpcError` with the node's own error.
 * @example
 * const rpc = createRpc({ urls: ['wss://node.example', 'https://backup.example'], chainId: 1 })
 * const head = await rpc.request<string>('eth_blockNumber')
 */
export function createRpc(settings: RpcSettings): Rpc {
  const { urls, chainId, logger, patienceMs = 15_000 } = settings
  const attempts = settings.attempts ?? Math.max(4, urls.length * 2)
  const endpoints = urls.map((url) => new Endpoint(hostOf(url), openTransport(url)))
  const pushing = endpoints.filter(({ transport }) => transport.subscribe)
  const closing = new AbortController()
  // One listener per request under way.
  setMaxListeners(0, closing.signal)
  const redactAll = (text: string) => urls.reduce(redact, text)
  let nextId = 1

  const wire = ({ method, params = [] }: RpcCall): WireRequest => ({
    jsonrpc: '2.0',
    id: nextId++,
    method,
    params,
  })
  const read = (answer: unknown, { id, method }: WireRequest, { host }: Endpoint) =>
    readAnswer(answer, { id, method, host, redact: redactAll })

  function run<T>(
    candidates: readonly Endpoint[],
    calls: readonly RpcCall[],
    ask: Ask<T>,
    options: RpcOptions,
  ) {
    const { timeoutMs: ms = settings.timeoutMs ?? 15_000, signal } = options
    const signals = [closing.signal, signal]
    const method = calls[0]!.method
    const repeatable = calls.every((call) => isRepeatable(call.method))
    return failOver(
      { endpoints: candidates, attempts, patienceMs, method, repeatable, signals, logger },
      (endpoint) =>
        observe(settings, endpoint, method, () =>
          withDeadline({ ms, signals }, async (deadline) => {
            const identity = wire({ method: 'eth_chainId' })
            const identify = async () =>
              read(await endpoint.transport.call(identity, deadline), identity, endpoint)
            await verifyChain(endpoint, chainId, identify, logger)
            return ask(endpoint, deadline)
          }),
        ),
    )
  }

  function request<T>(method: string, params: readonly unknown[] = [], options: RpcOptions = {}): Promise<T> {
    const call = { method, params }
    const ask: Ask<T> = async (endpoint, signal) => {
      const asked = wire(call)
      return read(await endpoint.transport.call(asked, signal), asked, endpoint) as T
    }
    return run(endpoints, [call], ask, options)
  }

  async function batchOnce(calls: readonly RpcCall[], options: RpcOptions): Promise<RpcOutcome[]> {
    const ask: Ask<RpcOutcome[]> = async (endpoint, signal) => {
      const requests = calls.map(wire)
      const answers = await endpoint.transport.callMany(requests, signal)
      const byId = new Map(answers.map((answer) => [(Object(answer) as { id?: unknown }).id, answer]))
      return requests.map((asked) => outcomeOf(() => read(byId.get(asked.id), asked, endpoint)))
    }
    const outcomes = await run(endpoints, calls, ask, options)
    return Promise.all(outcomes.map((outcome, index) => askAgain(outcome, calls[index]!, options)))
  }

  /** What one node could not answer as part of a batch is asked again alone, with fail-over. */
  async function askAgain(outcome: RpcOutcome, { method, params }: RpcCall, options: RpcOptions) {
    if (outcome.ok || !outcome.error.retryable || !isRepeatable(method)) return outcome
    return request(method, params, options).then(
      (result): RpcOutcome => ({ ok: true, result }),
      (error): RpcOutcome => ({ ok: false, error }),
    )
  }

  async function batch(calls: readonly RpcCall[], options: RpcOptions = {}): Promise<RpcOutcome[]> {
    const outcomes: RpcOutcome[] = []
    for (let start = 0; start < calls.length; start += LARGEST_BATCH) {
      outcomes.push(...(await batchOnce(calls.slice(start, start + LARGEST_BATCH), options)))
    }
    return outcomes
  }

  function subscribe(params: readonly unknown[], listener: RpcListener, options: RpcOptions = {}) {
    const call = { method: 'eth_subscribe', params }
    const ask: Ask<() => void> = ({ transport }, signal) => transport.subscribe!(wire(call), listener, signal)
    return run(pushing, [call], ask, options)
  }

  return {
    chainId,
    request,
    batch,
    ...(pushing.length > 0 ? { subscribe } : {}),
    close() {
      closing.abort()
      for (const { transport } of endpoints) transport.close()
    },
  }
}

async function observe<T>(
  { onTry }: RpcSettings,
  endpoint: Endpoint,
  method: string,
  job: () => Promise<T>,
): Promise<T> {
  const started = performance.now()
  const sample = (outcome: RpcSample['outcome']) =>
    onTry?.({ method, host: endpoint.host, milliseconds: performance.now() - started, outcome })
  try {
    const result = await job()
    endpoint.succeed()
    sample('answer')
    return result
  } catch (error) {
    sample(error instanceof EndpointFault ? 'fault' : 'error')
    throw error
  }
}

function openTransport(url: string): Transport {
  if (isIpcPath(url)) return openIpcTransport(url)
  if (!URL.canParse(url)) {
    throw new SutureError('CONFIG_INVALID', 'The address of an RPC endpoint is not a URL.', {
      meta: ['field: rpc', 'fix: give http(s)://…, ws(s)://… or the path of an IPC socket'],
    })
  }
  return /^wss?:/i.test(url) ? openWebSocketTransport(url) : openHttpTransport(url)
}

function outcomeOf(read: () => unknown): RpcOutcome {
  try {
    return { ok: true, result: read() }
  } catch (error) {
    return { ok: false, error: error as SutureError }
  }
}
