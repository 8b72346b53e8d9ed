import { Counter, Gauge, Histogram, Registry } from 'prom-client'

export type Metrics = ReturnType<typeof createMetrics>

const FAST = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
const SLOW = [0.1, 0.5, 1, 2, 5, 12, 30, 60, 120, 300, 600, 1800, 3600]

/** Every metric of the product, in its own registry. Names carry units; durations are in seconds. */
export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  const counter = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Counter({ name: `suture_${name}_total`, help, labelNames, registers })
  const gauge = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Gauge({ name: `suture_${name}`, help, labelNames, registers })
  const seconds = <L extends string>(name: string, help: string, buckets: number[], labelNames: L[] = []) =>
    new Histogram({ name: `suture_${name}_seconds`, help, buckets, labelNames, registers })

  return {
    registry,
    blocks: counter('blocks_processed', 'Blocks taken from the chain.', ['chain']),
    retractedBlocks: counter('blocks_retracted', 'Blocks a reorg took back.', ['chain']),
    pending: counter('pending_transactions', 'Pending transactions taken from the chain.', ['chain']),
    headAge: gauge('chain_head_age_seconds', 'Age of the newest block seen.', ['chain']),
    traceDuration: seconds('trace_duration', 'Time to trace one transaction.', FAST, ['chain']),
    rpcRequests: counter('rpc_requests', 'Requests to nodes.', ['method', 'outcome']),
    detectDuration: seconds('detect_duration', 'Time all detectors take for one execution.', FAST),
    unchecked: counter('executions_unchecked', 'Executions a detector could not check.', ['detector']),
    findings: counter('findings', 'Findings.', ['detector', 'severity']),
    openIncidents: gauge('incidents_open', 'Incidents not closed.'),
    incidentEvents: counter('incident_events', 'Events of incidents.', ['type']),
    effectDuration: seconds('effect_duration', 'Time one effect of an incident takes.', SLOW, [
      'effect',
      'outcome',
    ]),
    effectRetries: counter('effect_retries', 'Attempts repeated after a retryable failure.', ['effect']),
    timeToState: seconds('incident_time_to_state', 'Time from detection to a state.', SLOW, ['state']),
    pauserSilentAt: gauge(
      'pauser_silent_at_seconds',
      'Unix time from which a Breaker no longer listens to the signer unless it is heard of; 0 if it is no pauser.',
      ['contract'],
    ),
    broadcasts: counter('transaction_broadcasts', 'Transactions handed to a node.', ['kind']),
    inclusion: seconds('transaction_inclusion', 'Time from first broadcast to confirmation.', SLOW, [
      'urgency',
    ]),
  }
}
