import type { Logger } from 'pino'
import { applyDiff } from '../chain/overlay.ts'
import type {
  Block,
  BlockContext,
  BlockRef,
  ChainEvent,
  ChainTransaction,
  Execution,
  Simulate,
  StateOverride,
  Step,
  TransactionRequest,
} from '../chain/types.ts'
import { messageOf } from '../core/errors.ts'
import type { Address, Hex } from '../core/hex.ts'
import type { Metrics } from '../core/metrics.ts'
import { type DetectorStates, initialStates, inspectExecution, learnExecution } from '../detectors/inspect.ts'
import type { Detector, Finding, Protection } from '../detectors/types.ts'

/** An execution detectors had something to say about, and how to run it again. */
export interface Alarm {
  readonly findings: readonly Finding[]
  readonly execution: Execution
  readonly transaction: ChainTransaction
  readonly step: Step
  readonly block: BlockRef | null
}

interface WatcherOptions {
  readonly simulate: Simulate
  readonly detectors: readonly Detector[]
  readonly protection: Protection
  readonly gate: Address | null
  readonly logger: Logger
  readonly metrics?: Pick<
    Metrics,
    'findings' | 'unchecked' | 'detectDuration' | 'traceDuration' | 'blocks' | 'pending'
  >
  readonly chain: string
  /** Benign transactions kept for verification. */
  readonly historyLimit?: number
  readonly onAlarm: (alarm: Alarm) => Promise<void>
  readonly onRetraction: (blocks: readonly BlockRef[]) => Promise<void>
}

export interface Watcher {
  /** Takes in blocks that are over: what they hold is learned from, and nothing in them raises an alarm. */
  learn(block: Block): Promise<void>
  handle(event: ChainEvent): Promise<void>
  /** Benign transactions on protected contracts, oldest first, each on the state it had. */
  history(): readonly Step[]
  /** The same as they were executed. */
  benign(): readonly Execution[]
  head(): Block | null
}

/** Senders are remembered while they have something pending; so many at most. */
const PENDING_SENDERS = 10_000
/** Earlier pending transactions of a sender run before a new one; an attack takes few, and a flood must not stall the watch. */
const MOST_EARLIER = 16
const DEFAULT_HISTORY = 100

/**
 * Looks at everything the chain does to protected contracts: pending transactions on top of the newest block (after the sender's
 * earlier pending ones), mined ones in the order of their block on the state of its parent.
 *
 * A transaction is traced once per state it meets; the trace is shared by all detectors.
 */
export function createWatcher(options: WatcherOptions): Watcher {
  const { simulate, detectors, protection, gate, logger, metrics, chain } = options
  const { historyLimit = DEFAULT_HISTORY } = options
  const pool = new Map<Address, ChainTransaction[]>()
  const history: { readonly step: Step; readonly block: Hex; readonly execution: Execution }[] = []
  let states: DetectorStates = initialStates(detectors)
  let head: Block | null = null
  let interval = 12n

  async function trace(step: Step, state: StateOverride): Promise<Execution> {
    const end = metrics?.traceDuration.startTimer({ chain })
    const at = step.at === undefined ? {} : { at: step.at }
    const { transaction, block } = step
    const observed = { watch: protection.contracts, provenance: true }
    const execution = await simulate({ transaction, block, state, ...at, ...observed })
    end?.()
    return execution
  }

  function inspect(execution: Execution): readonly Finding[] {
    const end = metrics?.detectDuration.startTimer()
    const inspection = inspectExecution(execution, { detectors, states, protection })
    end?.()
    if (!inspection.checked) {
      for (const reason of inspection.reasons) metrics?.unchecked.inc({ detector: reason.split(':')[0]! })
      logger.warn({ reasons: inspection.reasons }, 'an execution could not be fully checked')
    }
    for (const { detector, severity } of inspection.findings) metrics?.findings.inc({ detector, severity })
    return inspection.findings
  }

  async function onPending(transaction: ChainTransaction): Promise<void> {
    metrics?.pending.inc({ chain })
    const earlier = queueUp(pool, transaction)
    if (head === null) return
    const block = nextBlock(head, interval)
    let before: StateOverride = {}
    for (const one of earlier.slice(-MOST_EARLIER))
      before = applyDiff(before, (await trace({ transaction: one, block, at: head.number }, before)).diff)
    const step: Step = { transaction: requestOf(transaction), block, at: head.number, before }
    const execution = await trace(step, before)
    const findings = touches(execution, protection) ? inspect(execution) : []
    if (findings.length > 0) await options.onAlarm({ findings, execution, transaction, step, block: null })
  }

  async function onBlock(block: Block, alarming: boolean): Promise<void> {
    metrics?.blocks.inc({ chain })
    let before: StateOverride = {}
    let intact = true
    for (const transaction of block.transactions) {
      dequeue(pool, transaction)
      const step: Step = {
        transaction: requestOf(transaction),
        block: contextOf(block),
        at: block.number - 1n,
        before,
      }
      const checked = await unlessUncheckable(transaction.hash, async () => {
        const execution = await trace(step, before)
        before = applyDiff(before, execution.diff)
        const seen = { execution, transaction, step, block }
        if (touches(execution, protection)) await weigh(seen, { alarming, intact })
      })
      // What follows runs on a state that lacks this transaction: it may still raise an alarm, but nothing is learned from it.
      intact &&= checked
    }
    if (head) interval = block.timestamp - head.timestamp
    head = block
  }

  /** One transaction that cannot be traced must not end the watch; that it was not checked is said. */
  async function unlessUncheckable(transaction: Hex, work: () => Promise<void>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      metrics?.unchecked.inc({ detector: 'trace' })
      logger.error({ transaction, reason: messageOf(error) }, 'a transaction could not be checked')
      return false
    }
  }

  /** What raises no alarm is history, and is learned from. */
  async function weigh(
    seen: Omit<Alarm, 'findings'> & { readonly block: Block },
    { alarming, intact }: { readonly alarming: boolean; readonly intact: boolean },
  ): Promise<void> {
    const findings = inspect(seen.execution)
    if (alarming && findings.length > 0)
      await options.onAlarm({ ...seen, findings, block: refOf(seen.block) })
    if (findings.some(({ severity }) => severity === 'high' || severity === 'critical')) return
    if (!intact || isAdministration(seen.execution, { protection, gate })) return
    states = learnExecution(seen.execution, { detectors, states, protection })
    // Recordings of the opcode level are large, and done with.
    const { observation: _observation, ...execution } = seen.execution
    history.push({ step: seen.step, block: seen.block.hash, execution })
    if (history.length > historyLimit) history.shift()
  }

  async function onReorg(retracted: readonly BlockRef[]): Promise<void> {
    const gone = new Set(retracted.map(({ hash }) => hash))
    const kept = history.filter(({ block }) => !gone.has(block))
    history.splice(0, history.length, ...kept)
    await options.onRetraction(retracted)
  }

  return {
    learn: (block) => onBlock(block, false),
    history: () => history.map(({ step }) => step),
    benign: () => history.map(({ execution }) => execution),
    head: () => head,
    handle: async (event) => {
      if (event.type === 'pending')
        await unlessUncheckable(event.transaction.hash, () => onPending(event.transaction))
      else if (event.type === 'block') await onBlock(event.block, true)
      else await onReorg(event.retracted)
    },
  }
}

/** The slots of ERC-1967: implementation, admin, beacon. */
const PROXY_SLOTS: readonly Hex[] = [
  '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc',
  '0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103',
  '0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50',
]

/**
 * Deployments, upgrades and freezes: what they do depends on the very code a patch changes, so they are no measure for it. A gate that puts
 * its shim in place and takes it away at once, as when it registers a target, leaves no change behind.
 */
const isAdministration = (
  { diff, frames }: Execution,
  { protection, gate }: Pick<WatcherOptions, 'protection' | 'gate'>,
): boolean =>
  frames.some(({ context }) => context === gate) ||
  [...protection.contracts].some((contract) => {
    const change = diff[contract]
    return (
      change !== undefined &&
      (change.code !== undefined || PROXY_SLOTS.some((slot) => change.storage[slot] !== undefined))
    )
  })

const touches = ({ frames }: Execution, { contracts }: Protection): boolean =>
  frames.some((frame) => contracts.has(frame.context))

/** Steps are evidence: they hold what an execution depends on and nothing else, so that whoever reads them back has the same. */
const requestOf = ({ from, to, data, value, gas }: ChainTransaction): TransactionRequest => ({
  from,
  to,
  data,
  value,
  gas,
})

const contextOf = ({
  number,
  timestamp,
  baseFeePerGas,
  gasLimit,
  coinbase,
  prevRandao,
}: Block): BlockContext => ({
  number,
  timestamp,
  baseFeePerGas,
  gasLimit,
  coinbase,
  prevRandao,
})

const refOf = ({ number, hash, parentHash }: Block): BlockRef => ({ number, hash, parentHash })

/** Adds a pending transaction to its sender's queue and returns those before it, in order of nonce. */
function queueUp(pool: Map<Address, ChainTransaction[]>, transaction: ChainTransaction): ChainTransaction[] {
  const queue = (pool.get(transaction.from) ?? []).filter(({ nonce }) => nonce !== transaction.nonce)
  const earlier = queue.filter(({ nonce }) => nonce < transaction.nonce)
  pool.set(
    transaction.from,
    [...queue, transaction].sort((a, b) => Number(a.nonce - b.nonce)),
  )
  if (pool.size > PENDING_SENDERS) pool.delete(pool.keys().next().value!)
  return earlier
}

function dequeue(pool: Map<Address, ChainTransaction[]>, { from, nonce }: ChainTransaction): void {
  const left = pool.get(from)?.filter((waiting) => waiting.nonce > nonce) ?? []
  if (left.length > 0) pool.set(from, left)
  else pool.delete(from)
}

/** The block a pending transaction can expect; base fee and randomness are guesses that executions rarely depend on. */
function nextBlock(head: Block, interval: bigint): BlockContext {
  return { ...contextOf(head), number: head.number + 1n, timestamp: head.timestamp + interval }
}
