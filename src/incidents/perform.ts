import type { Logger } from 'pino'
import { SutureError } from '../core/errors.ts'
import type { Metrics } from '../core/metrics.ts'
import { outstandingEffects } from './effects.ts'
import type { Ledger } from './ledger.ts'
import { type RetryPolicy, retrying } from './retry.ts'
import type { Effect, EffectOf, EffectType, Incident, IncidentEvent } from './types.ts'

/**
 * One function per effect: does it and says what happened. May be called again for the same effect after a crash, so it is
 * idempotent or keyed. A retryable SutureError is tried again; anything else thrown asks for a person. `signal` says that
 * the effect is no longer wanted, or that the process ends.
 */
export type EffectHandlers = {
  readonly [T in EffectType]: (
    effect: EffectOf<T>,
    incident: Incident,
    signal: AbortSignal,
  ) => Promise<IncidentEvent>
}

interface PerformerOptions {
  readonly ledger: Ledger
  readonly handlers: EffectHandlers
  readonly logger: Logger
  readonly metrics?: Pick<Metrics, 'effectDuration' | 'effectRetries'>
  readonly retry: RetryPolicy
}

export interface Performer {
  /** Starts what is outstanding and not running, ends what runs and is no longer outstanding. */
  sync(incident: Incident): void
  /** Ends everything and starts nothing more. */
  stop(): Promise<void>
}

type Handler = (effect: Effect, incident: Incident, signal: AbortSignal) => Promise<IncidentEvent>

/** Runs the outstanding effects of all incidents side by side, each once at a time. */
export function createPerformer(options: PerformerOptions): Performer {
  const { ledger, handlers, logger, metrics, retry } = options
  const running = new Map<string, { incident: string; controller: AbortController; done: Promise<void> }>()
  let stopped = false

  function sync(incident: Incident): void {
    const outstanding = stopped ? [] : outstandingEffects(incident)
    const keys = new Set(outstanding.map((effect) => runningKey(incident.id, effect)))
    for (const [key, one] of running) {
      if (one.incident === incident.id && !keys.has(key)) one.controller.abort()
    }
    for (const effect of outstanding) start(incident.id, effect)
  }

  function start(id: string, effect: Effect): void {
    const key = runningKey(id, effect)
    if (running.has(key)) return
    const controller = new AbortController()
    const done = perform(id, effect, controller.signal).then((recorded) => {
      running.delete(key)
      // The same effect may have become outstanding again meanwhile. Not after a failure to record: that would spin.
      const incident = ledger.get(id)
      if (recorded && incident !== null) sync(incident)
    })
    running.set(key, { incident: id, controller, done })
  }

  /** Works on an effect until an event ends it. Never rejects; resolves to whether the outcome is where it belongs. */
  async function perform(id: string, effect: Effect, signal: AbortSignal): Promise<boolean> {
    const end = metrics?.effectDuration.startTimer({ effect: effect.type })
    const event = await attempt(id, effect, signal)
    end?.({ outcome: event === null || event.type === 'HumanNeeded' ? 'failed' : 'done' })
    if (event === null) return !stopped
    try {
      await ledger.exclusively(async () => {
        if (!isOutstanding(id, effect)) return
        await ledger.commit(id, event).catch((error) => ledger.commit(id, helpEvent(effect, error)))
      })
      return true
    } catch (error) {
      if (!stopped)
        logger.error({ incident: id, effect: effect.key, err: error }, 'an event was not recorded')
      return false
    }
  }

  /** What came of the effect; null where it was ended before it came to anything. */
  async function attempt(id: string, effect: Effect, signal: AbortSignal): Promise<IncidentEvent | null> {
    const handle = handlers[effect.type] as Handler
    const onRetry = (error: SutureError) => {
      logger.warn({ incident: id, effect: effect.key, err: error }, 'trying again')
      metrics?.effectRetries.inc({ effect: effect.type })
    }
    try {
      const work = () => handle(effect, ledger.get(id)!, signal)
      return await retrying(work, { policy: retry, signal, onRetry })
    } catch (error) {
      if (signal.aborted) return null
      logger.error({ incident: id, effect: effect.key, err: error }, 'an effect failed')
      return helpEvent(effect, error)
    }
  }

  /** What was aborted, by the incident or by the end of the process, leaves no trace. */
  function isOutstanding(id: string, effect: Effect): boolean {
    return !stopped && outstandingEffects(ledger.get(id)!).some((other) => other.key === effect.key)
  }

  return {
    sync,
    stop: async () => {
      stopped = true
      for (const { controller } of running.values()) controller.abort()
      await Promise.all([...running.values()].map(({ done }) => done))
    },
  }
}

function runningKey(id: string, effect: Effect): string {
  return `${id}|${effect.key}`
}

/** The log holds no texts of foreign errors: they may carry anything. */
function helpEvent(effect: Effect, error: unknown): IncidentEvent {
  const known = error instanceof SutureError
  const code = known ? error.code : 'INTERNAL'
  const sentence = known ? error.message.split('\n')[0]! : 'An unexpected error stopped this step.'
  return { type: 'HumanNeeded', effect: effect.key, code, sentence }
}
