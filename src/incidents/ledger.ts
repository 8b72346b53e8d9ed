import type { Logger } from 'pino'
import { SutureError } from '../core/errors.ts'
import type { Metrics } from '../core/metrics.ts'
import type { Store } from '../core/store.ts'
import { appendEvent, type LogEntry, readLog } from './log.ts'
import { reduce } from './reduce.ts'
import { type RetryPolicy, retrying } from './retry.ts'
import { stateOf } from './state.ts'
import type { Incident, IncidentEvent } from './types.ts'

export interface LedgerOptions {
  readonly store: Store
  readonly logger: Logger
  readonly metrics?: Pick<Metrics, 'incidentEvents' | 'openIncidents' | 'timeToState'>
  readonly now: () => Date
  readonly retry: RetryPolicy
  /** Ends all waiting for the database. */
  readonly signal: AbortSignal
  readonly onChange: (incident: Incident) => void
  /** Told of every entry of the log as it is taken in, those of earlier runs too. */
  readonly onEntry?: (entry: LogEntry) => void
}

/** All incidents, as the log tells them. */
export interface Ledger {
  get(id: string): Incident | null
  all(): readonly Incident[]
  /** Runs `work` after what was begun before: events are decided on and appended one at a time. */
  exclusively<T>(work: () => Promise<T>): Promise<T>
  /** Takes in what the log has gained, from whomever. Only inside `exclusively`. */
  refresh(): Promise<void>
  /** Appends an event that may follow, and takes it in. Only inside `exclusively`. */
  commit(id: string, event: IncidentEvent): Promise<Incident>
}

/** Incidents change in one place only: where the log is read. What was appended here comes back the same way. */
export function createLedger(options: LedgerOptions): Ledger {
  const { store, logger, metrics, now, retry, signal, onChange, onEntry } = options
  const incidents = new Map<string, Incident>()
  const openedAt = new Map<string, Date>()
  let newest = -1n
  let queue: Promise<unknown> = Promise.resolve()

  /** Nothing may happen that is not recorded, so without a database everything waits for it. */
  function patiently<T>(work: () => Promise<T>): Promise<T> {
    const onRetry = (error: SutureError) => logger.warn({ err: error }, 'waiting for the database')
    return retrying(work, { policy: { ...retry, attempts: Number.POSITIVE_INFINITY }, signal, onRetry })
  }

  async function refresh(): Promise<void> {
    const changed = new Set<string>()
    for await (const entry of readLog(store, { after: newest })) {
      take(entry)
      onEntry?.(entry)
      newest = entry.id
      changed.add(entry.incident)
    }
    for (const id of changed) onChange(incidents.get(id)!)
    metrics?.openIncidents.set([...incidents.values()].filter((one) => one.closed === null).length)
  }

  function take({ incident: id, event, at }: LogEntry): void {
    const before = incidents.get(id) ?? null
    const [after] = reduce(id, before, event)
    incidents.set(id, after)
    metrics?.incidentEvents.inc({ type: event.type })
    if (before === null) openedAt.set(id, at)
    const state = stateOf(after)
    if (before === null || stateOf(before) === state) return
    metrics?.timeToState.observe({ state }, (at.getTime() - openedAt.get(id)!.getTime()) / 1000)
  }

  async function commit(id: string, event: IncidentEvent): Promise<Incident> {
    for (;;) {
      const before = incidents.get(id) ?? null
      // Refused before it is written.
      reduce(id, before, event)
      const entry = { incident: id, seq: before?.seq ?? 0, event, at: now() }
      const head = await patiently(() => appendEvent(store, entry))
      await patiently(refresh)
      if (head === null) continue
      const after = incidents.get(id)!
      logger.info({ incident: id, event: event.type, state: stateOf(after) }, 'incident event')
      return after
    }
  }

  return {
    get: (id) => incidents.get(id) ?? null,
    all: () => [...incidents.values()],
    exclusively: (work) => {
      const turn = queue.then(() => {
        if (signal.aborted) throw stopped()
        return work()
      })
      queue = turn.catch(() => undefined)
      return turn
    },
    refresh,
    commit,
  }
}

function stopped(): SutureError {
  return new SutureError('STORE_UNAVAILABLE', 'The incident runner is stopped.', { retryable: true })
}
