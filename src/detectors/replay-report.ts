import type { Json } from '../core/json.ts'
import { atLeast } from './severity.ts'
import type { Inspection, Severity } from './types.ts'

/** One transaction a replay has judged. */
export interface ReplayedTransaction {
  readonly file: string
  /** Its hash where it has one, else its place, e.g. `attack 3`. */
  readonly transaction: string
  readonly inspection: Inspection
  /** Time spent in detectors. */
  readonly milliseconds: number
  /** Ground truth, where the file has it. Never seen by a detector. */
  readonly attack: string | null
}

/** What `suture replay --json` prints. Rates are shares of all transactions. */
export interface ReplayReport {
  readonly format: 'suture-replay/1'
  readonly summary: {
    readonly transactions: number
    readonly checked: number
    readonly couldNotCheck: number
    /** Transactions with a finding of at least `high`. */
    readonly flagged: number
    readonly alertRate: number
    /** Share with a `critical` finding: those that freeze by default. */
    readonly freezeRate: number
    /** Attacks told apart by name; one may take many transactions and counts as seen when one of them is flagged. */
    readonly attacks: number
    readonly attacksFlagged: number
    readonly falsePositives: number
    readonly millisecondsPerTransaction: { readonly p50: number; readonly p99: number }
  }
  readonly files: readonly {
    readonly file: string
    readonly transactions: number
    readonly flagged: readonly {
      readonly transaction: string
      readonly detector: string
      readonly severity: Severity
      readonly evidence: { readonly [key: string]: Json }
    }[]
  }[]
}

/** Severity from which a finding counts as an alert. */
const ALERT: Severity = 'high'

/** Sums up a replay. Files keep the order in which they first appear. */
export function buildReplayReport(replayed: readonly ReplayedTransaction[]): ReplayReport {
  const flagged = replayed.filter(({ inspection }) => has(inspection, ALERT))
  const critical = replayed.filter(({ inspection }) => has(inspection, 'critical'))
  const times = replayed.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b)
  const attacksIn = (some: readonly ReplayedTransaction[]) =>
    new Set(some.flatMap(({ attack }) => (attack === null ? [] : [attack]))).size
  const checked = replayed.filter(({ inspection }) => inspection.checked).length
  return {
    format: 'suture-replay/1',
    summary: {
      transactions: replayed.length,
      checked,
      couldNotCheck: replayed.length - checked,
      flagged: flagged.length,
      alertRate: rate(flagged.length, replayed.length),
      freezeRate: rate(critical.length, replayed.length),
      attacks: attacksIn(replayed),
      attacksFlagged: attacksIn(flagged),
      falsePositives: flagged.filter(({ attack }) => attack === null).length,
      millisecondsPerTransaction: { p50: quantile(times, 0.5), p99: quantile(times, 0.99) },
    },
    files: [...new Set(replayed.map(({ file }) => file))].map((file) => reportFile(file, replayed)),
  }
}

function reportFile(file: string, replayed: readonly ReplayedTransaction[]): ReplayReport['files'][number] {
  const own = replayed.filter((one) => one.file === file)
  return {
    file,
    transactions: own.length,
    flagged: own.flatMap(({ transaction, inspection }) =>
      inspection.findings
        .filter(({ severity }) => atLeast(severity, ALERT))
        .map(({ detector, severity, evidence }) => ({ transaction, detector, severity, evidence })),
    ),
  }
}

const has = ({ findings }: Inspection, least: Severity): boolean =>
  findings.some(({ severity }) => atLeast(severity, least))

const rate = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)

/** Nearest rank; 0 of nothing. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}
