import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { SutureError } from '../core/errors.ts'
import { RpcError } from '../core/rpc-error.ts'
import { isLimitError } from './rpc-classify.ts'
import { withDeadline } from './rpc-deadline.ts'
import { type Endpoint, EndpointFault } from './rpc-endpoint.ts'

export interface FailOver {
  readonly endpoints: readonly Endpoint[]
  /** How often the job is tried in all. */
  readonly attempts: number
  /** Milliseconds to wait at most for an endpoint at rest. */
  readonly patienceMs: number
  /** For errors. */
  readonly method: string
  /** Whether the job may run again when its answer was lost. */
  readonly repeatable: boolean
  readonly signals: readonly (AbortSignal | undefined)[]
  readonly logger: Logger | undefined
}

const FIRST_PAUSE_MS = 100

/**
 * Runs `job` on one endpoint after the other until one answers. Faults put an endpoint to rest; errors of a node that another
 * node or another moment may not give move on to the next; all other errors are the answer.
 */
export async function failOver<T>(settings: FailOver, job: (endpoint: Endpoint) => Promise<T>): Promise<T> {
  const { endpoints, attempts, patienceMs, method, signals } = settings
  const tried = new Set<Endpoint>()
  let last: SutureError | null = null
  for (let count = 0; count < attempts; count++) {
    const usable = endpoints.filter(({ mismatch }) => mismatch === null)
    if (usable.length === 0) throw endpoints[0]?.mismatch ?? unreachable(settings, last)
    const endpoint = choose(usable, tried)
    const pause = pauseBefore(endpoint, tried, count)
    if (pause > patienceMs) break
    await pauseFor(pause, signals)
    if (signals.some((signal) => signal?.aborted)) throw stopped(method)
    try {
      return await job(endpoint)
    } catch (error) {
      if (signals.some((signal) => signal?.aborted)) throw stopped(method)
      if (!canMoveOn(endpoint, error, settings)) throw error
      last = error
      tried.add(endpoint)
    }
  }
  throw last === null || last.code === 'RPC_UNREACHABLE' ? unreachable(settings, last) : last
}

/** Judges an error of one try, and puts the endpoint to rest where that is called for. */
function canMoveOn(endpoint: Endpoint, error: unknown, settings: FailOver): error is SutureError {
  if (error instanceof EndpointFault) {
    rest(endpoint, error.reason, error.retryAfterMs, settings.logger)
    if (!settings.repeatable) throw answerLost(settings.method, error)
    return true
  }
  if (error instanceof RpcError && error.retryable) {
    if (isLimitError(error.rpcCode)) rest(endpoint, `error ${error.rpcCode}`, null, settings.logger)
    return true
  }
  return endpoint.mismatch !== null && error === endpoint.mismatch
}

function rest(endpoint: Endpoint, reason: string, retryAfterMs: number | null, logger?: Logger): void {
  const restMs = endpoint.rest(Date.now(), retryAfterMs)
  logger?.warn({ node: endpoint.host, reason, restMs }, 'node put to rest')
}

/** An endpoint awake and not yet tried; else one awake; else the one that wakes first. Ties go to the order of preference. */
function choose(usable: readonly Endpoint[], tried: ReadonlySet<Endpoint>): Endpoint {
  const now = Date.now()
  const awake = usable.filter(({ restUntil }) => restUntil <= now)
  const fresh = awake.find((endpoint) => !tried.has(endpoint))
  return (
    fresh ?? awake[0] ?? usable.reduce((first, next) => (next.restUntil < first.restUntil ? next : first))
  )
}

/** Milliseconds to wait before `endpoint` is asked: until it wakes, and for a moment where it was asked just before. */
function pauseBefore(endpoint: Endpoint, tried: ReadonlySet<Endpoint>, count: number): number {
  const moment = tried.has(endpoint) ? FIRST_PAUSE_MS * 2 ** (count - 1) : 0
  return Math.max(endpoint.restUntil - Date.now(), moment)
}

/** Ends early, and quietly, when one of the signals fires. */
async function pauseFor(ms: number, signals: readonly (AbortSignal | undefined)[]): Promise<void> {
  if (ms <= 0) return
  await withDeadline({ ms, signals }, (signal) =>
    sleep(2 ** 30, undefined, { signal }).catch(() => undefined),
  )
}

function unreachable({ endpoints, method }: FailOver, last: SutureError | null): SutureError {
  const now = Date.now()
  const nodes = endpoints.map(({ host, restUntil }) =>
    restUntil > now ? `${host} (at rest for ${restUntil - now} ms)` : host,
  )
  return new SutureError('RPC_UNREACHABLE', 'No RPC endpoint answered.', {
    meta: [
      `method: ${method}`,
      `nodes: ${nodes.join(', ') || 'none'}`,
      `last reason: ${last instanceof EndpointFault ? last.reason : (last?.code ?? 'all are at rest')}`,
      'fix: check that the node runs and is reachable, or add another endpoint',
    ],
    retryable: true,
  })
}

/** Not retryable: nobody knows whether the node did what it was asked. */
function answerLost(method: string, fault: EndpointFault): SutureError {
  return new SutureError(fault.code, 'The answer to a request that must not be repeated was lost.', {
    meta: [`method: ${method}`, ...fault.meta],
  })
}

function stopped(method: string): SutureError {
  return new SutureError('RPC_UNREACHABLE', 'A request was given up because its caller stopped.', {
    meta: [`method: ${method}`],
  })
}
