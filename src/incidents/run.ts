import type { Logger } from 'pino'
import type { BlockRef } from '../chain/types.ts'
import { messageOf } from '../core/errors.ts'
import type { Address } from '../core/hex.ts'
import type { Metrics } from '../core/metrics.ts'
import type { Lease, Store } from '../core/store.ts'
import { createLedger, type Ledger } from './ledger.ts'
import type { LogEntry } from './log.ts'
import { createPerformer, type EffectHandlers } from './perform.ts'
import { type RetryPolicy, retrying } from './retry.ts'
import { incidentId, isKnownSighting, restsOn } from './sightings.ts'
import type { Incident, IncidentEvent, IncidentPolicy, Sighting } from './types.ts'

export interface RunnerOptions {
  readonly store: Store
  readonly handlers: EffectHandlers
  readonly logger: Logger
  readonly metrics?: Metrics
  readonly now?: () => Date
  /** For retryable failures of effects; waiting for the database has no end. */
  readonly retry?: RetryPolicy
  /** Milliseconds between looks for events other processes appended, e.g. a person at the CLI. Default 2000. */
  readonly pollMs?: number
  /** Told of every entry of the decision log: first those of earlier runs, then each as it is appended. */
  readonly onEntry?: (entry: LogEntry) => void
}

/** A finding worth an incident, and where it was seen. */
export interface Detection {
  readonly protocol: string
  readonly chainId: number
  readonly victim: Address
  readonly policy: IncidentPolicy
  readonly sighting: Sighting
}

export interface IncidentRunner {
  /** Opens an incident, or attaches to the open one of the same victim. Resolves when that is durable. */
  report(detection: Detection): Promise<Incident>
  /** Tells every incident that rests on these blocks. */
  retract(blocks: readonly BlockRef[]): Promise<void>
  /** Appends what a person decided. */
  append(id: string, event: IncidentEvent): Promise<Incident>
  incidents(): readonly Incident[]
  /** Aborted when the runner has ended: stopped, or another process runs the incidents now. */
  readonly ended: AbortSignal
  /** Ends all effects without recording anything; they are outstanding for the next runner. */
  stop(): Promise<void>
}

const DEFAULT_RETRY: RetryPolicy = { attempts: 8, firstPauseMs: 500, longestPauseMs: 30_000 }
const LEASE = 'incidents'

/**
 * Runs incidents from their log. The log is the workflow: what is outstanding follows from the events alone, a step happened
 * when its event is in the log, and a restart folds the log and takes up what is outstanding. A workflow engine beside it
 * would be a second durable truth that can disagree with the first after a crash.
 *
 * Every event is durable before anything acts on it. One runner per database, by lease; should two run for a moment after a lost
 * lease, numbering (`unique(incident, seq)`) lets one of them append and keyed effects keep deeds single.
 *
 * @throws SutureError STORE_LEASED when another process runs the incidents, LOG_TAMPERED when the log cannot be read
 */
export async function startRunner(options: RunnerOptions): Promise<IncidentRunner> {
  const { store, handlers, logger, metrics, now = () => new Date() } = options
  const { retry = DEFAULT_RETRY, pollMs = 2_000, onEntry } = options
  const ending = new AbortController()
  const shared = { logger, retry, ...(metrics ? { metrics } : {}) }
  const onChange = (incident: Incident) => performer.sync(incident)
  const ledger = createLedger({
    ...shared,
    store,
    now,
    signal: ending.signal,
    onChange,
    ...(onEntry ? { onEntry } : {}),
  })
  const performer = createPerformer({ ...shared, ledger, handlers })
  let lease = await store.lease(LEASE)
  keepLease(lease)
  const poll = setInterval(() => {
    ledger.exclusively(ledger.refresh).catch((error) => {
      if (!ending.signal.aborted) logger.warn({ reason: messageOf(error) }, 'the decision log was not read')
    })
  }, pollMs)

  /** A lease ends with its connection. Work goes on meanwhile: a freeze must not wait for a database to come back. */
  function keepLease(held: Lease): void {
    held.lost.addEventListener('abort', () => {
      if (ending.signal.aborted) return
      logger.warn('the lease on incidents was lost; taking it again')
      retrying(() => store.lease(LEASE), { policy: retry, signal: ending.signal }).then(
        (next) => {
          lease = next
          return ending.signal.aborted ? next.release() : keepLease(next)
        },
        (error) => {
          logger.error(
            { err: error },
            'another process runs the incidents, or the database is gone; stopping',
          )
          void stop()
        },
      )
    })
  }

  async function stop(): Promise<void> {
    ending.abort()
    clearInterval(poll)
    await performer.stop()
    await lease.release()
  }

  try {
    await ledger.exclusively(ledger.refresh)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    report: (detection) => ledger.exclusively(() => route(ledger, detection)),
    retract: (blocks) => ledger.exclusively(() => retractFrom(ledger, blocks)),
    append: (id, event) => ledger.exclusively(() => ledger.commit(id, event)),
    incidents: ledger.all,
    ended: ending.signal,
    stop,
  }
}

/** One incident per attack: an open one of the same victim takes every further finding, whoever the attacker is. */
async function route(ledger: Ledger, detection: Detection): Promise<Incident> {
  const { sighting, victim, chainId } = detection
  const id = incidentId(detection)
  const open = ledger
    .all()
    .find((one) => one.closed === null && one.victim === victim && one.chainId === chainId)
  const incident = open ?? ledger.get(id)
  if (incident === null) return ledger.commit(id, { type: 'AttackDetected', ...detection })
  if (incident.closed !== null || isKnownSighting(incident, sighting)) return incident
  return ledger.commit(incident.id, { type: 'FindingAttached', sighting })
}

/** What is dismissed or expired stays so; only an open or a resolved incident can lose its ground. */
async function retractFrom(ledger: Ledger, blocks: readonly BlockRef[]): Promise<void> {
  const concerned = ledger.all().filter((incident) => restsOn(incident, blocks))
  for (const { id, closed } of concerned) {
    if (closed === null || closed === 'resolved') await ledger.commit(id, { type: 'BlockRetracted', blocks })
  }
}
