import { type ServerType, serve } from '@hono/node-server'
import type { Logger } from 'pino'
import { readBlock } from '../chain/read-block.ts'
import { createRpc } from '../chain/rpc.ts'
import { createSequenceRunner, createSimulator } from '../chain/simulate.ts'
import { streamEvents } from '../chain/stream.ts'
import type { BlockRef, Execution, Rpc } from '../chain/types.ts'
import type { LoadedConfig, Protocol } from '../config/types.ts'
import { messageOf, SutureError } from '../core/errors.ts'
import { type Address, type Hex, toAddress } from '../core/hex.ts'
import { createMetrics } from '../core/metrics.ts'
import { openStore } from '../core/store.ts'
import { DETECTORS } from '../detectors/detectors.ts'
import type { Protection } from '../detectors/types.ts'
import { createSender } from '../execution/submit.ts'
import type { TransactionSigner } from '../execution/types.ts'
import { createContractSignatureCheck } from '../governance/check-contract-signature.ts'
import { createInbox } from '../governance/inbox.ts'
import { type Detection, type IncidentRunner, startRunner } from '../incidents/run.ts'
import type { Incident, IncidentEvent } from '../incidents/types.ts'
import { createApp } from '../server/app.ts'
import { type Cursor, createCursor } from './cursor.ts'
import { createHandlers } from './handlers.ts'
import { sendHeartbeats } from './heartbeat.ts'
import { capabilitiesOf, readProtection } from './protection.ts'
import { type Alarm, createWatcher, type Watcher } from './watcher.ts'

/** What a watch tells while it runs. */
export type WatchNotice =
  | {
      readonly type: 'watching'
      readonly protocol: string
      readonly chainId: number
      readonly block: bigint
      readonly url: string
    }
  | {
      readonly type: 'finding'
      readonly summary: string
      readonly severity: string
      readonly transaction: string
    }
  | {
      readonly type: 'event'
      readonly at: Date
      readonly incident: string
      readonly event: string
      readonly payload: IncidentEvent
    }
  | {
      readonly type: 'signature'
      readonly incident: string
      readonly signer: Address
      readonly count: number
      readonly threshold: number
    }
  | { readonly type: 'notice'; readonly incident: string; readonly sentence: string }
  | { readonly type: 'report'; readonly incident: string; readonly markdown: string; readonly html: string }

export interface WatchOptions {
  readonly config: LoadedConfig
  readonly protocol: Protocol
  /** null: a dry run. */
  readonly signer: TransactionSigner | null
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly hardfork: string
  /** Port of the local server; 0 for any. */
  readonly port: number
  /** Seconds a freeze lasts. */
  readonly freezeSeconds: bigint
  /** Blocks learned from before watching. */
  readonly learnBlocks: bigint
  readonly onNotice: (notice: WatchNotice) => void
  /** Writes down an incident that is over. */
  readonly writeReport: (
    incident: Incident,
    details: IncidentDetails,
  ) => Promise<{ markdown: string; html: string }>
}

/** What is known of an incident besides its facts. */
export interface IncidentDetails {
  readonly events: readonly { readonly at: string; readonly event: IncidentEvent }[]
  readonly execution: Execution | null
  readonly protection: Protection
  readonly codes: ReadonlyMap<Address, Hex>
}

/** Recent blocks remembered over a restart, for the stream to go on behind. */
const RESUME_BLOCKS = 64

/** Watches one protocol until `signal` fires: the whole loop, live. */
export async function watchProtocol(options: WatchOptions): Promise<void> {
  const { config, protocol, signer, logger, signal, onNotice } = options
  const { chain } = protocol
  const metrics = createMetrics()
  const rpc = createRpc({
    urls: chain.rpc,
    chainId: chain.id,
    logger,
    onTry: ({ method, outcome }) => metrics.rpcRequests.inc({ method, outcome }),
  })
  const store = await openStore({
    ...(config.database ? { url: config.database } : {}),
    dataDir: `${config.folder}/.suture/postgres`,
    logger,
  })
  const cleanups: (() => unknown)[] = [() => store.close(), () => rpc.close()]
  try {
    const cursor = createCursor(store, `${chain.id}/${protocol.name}`, logger)
    cleanups.unshift(() => cursor.settle())
    const { protection, posts } = await readProtection(rpc, protocol)
    const simulate = createSimulator(rpc)
    const sender = signer
      ? createSender({
          rpc,
          signer,
          store,
          logger,
          maxFeePerGas: chain.maxFeePerGas,
          confirmations: chain.confirmations,
          pollMs: 250,
          signal,
          metrics,
        })
      : null
    const inbox = createInbox({
      checkContractSignature: createContractSignatureCheck(rpc),
      onSignature: ({ incident, threshold, signatures }, { signer: who }) =>
        onNotice({ type: 'signature', incident, signer: who, count: signatures.length, threshold }),
    })
    const watcher = createWatcher({
      simulate,
      detectors: DETECTORS,
      protection,
      gate: protocol.gate,
      logger,
      metrics,
      chain: chain.name,
      onRetraction: (blocks) => runner.retract(blocks),
      onAlarm: async (alarm) => {
        for (const { summary, severity } of alarm.findings) {
          onNotice({ type: 'finding', summary, severity, transaction: alarm.transaction.hash })
        }
        for (const detection of detectionsOf(alarm, protocol)) await runner.report(detection)
      },
    })
    const { handlers, casebook } = createHandlers({
      rpc,
      chainId: chain.id,
      hardfork: options.hardfork,
      simulate,
      run: createSequenceRunner(simulate),
      protection,
      capabilities: capabilitiesOf(protocol),
      gate: protocol.gate,
      sender,
      inbox,
      approvalSeconds: protocol.approvals.deadline,
      freezeSeconds: options.freezeSeconds,
      history: watcher.history,
      benign: watcher.benign,
      notify: (sentence, { id }) => onNotice({ type: 'notice', incident: id, sentence }),
      report: (incident) => report(incident),
    })
    // A signed freeze on its way must not wait for history; what is decided after a restart must not be decided without it.
    await sender?.resume()
    const last = await lastBlock(rpc, cursor)
    const resume = await learnRecent(rpc, watcher, { last, count: options.learnBlocks })
    for (const block of resume.slice(-1)) cursor.note(block)
    const started = new Date()
    const events = new Map<string, { at: string; event: IncidentEvent }[]>()
    const runner = await startRunner({
      store,
      handlers,
      logger,
      metrics,
      onEntry: ({ incident, event, at }) => {
        events.set(incident, [...(events.get(incident) ?? []), { at: at.toISOString(), event }])
        // Entries of earlier runs are read again at the start; they were told of then.
        if (at < started) return
        onNotice({ type: 'event', at, incident, event: event.type, payload: event })
      },
    })
    async function report(incident: Incident): Promise<void> {
      const { id } = incident
      try {
        const { witnessed } = await casebook.open(incident)
        const { hostile, codes } = witnessed
        const execution = hostile.executions.find(({ observation }) => observation) ?? null
        const details = { events: events.get(id) ?? [], execution, protection: witnessed.protection, codes }
        onNotice({ type: 'report', incident: id, ...(await options.writeReport(incident, details)) })
      } catch (error) {
        logger.error({ incident: id, reason: messageOf(error) }, 'the report could not be written')
      }
    }
    cleanups.unshift(() => runner.stop())
    if (sender) await actOnDryPlans(runner)
    const app = createApp({ inbox, incidents: () => runner.incidents(), metrics })
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: options.port }, ({ port }) => {
      const block = watcher.head()?.number ?? 0n
      onNotice({
        type: 'watching',
        protocol: protocol.name,
        chainId: chain.id,
        block,
        url: `http://127.0.0.1:${port}`,
      })
    })
    cleanups.unshift(() => server.close())
    await listening(server)
    const ended = AbortSignal.any([signal, runner.ended])
    if (sender && signer) {
      const pauser = toAddress(signer.address)
      const beating = { rpc, sender, chainId: chain.id, pauser, posts, logger, metrics, signal: ended }
      const heartbeats = sendHeartbeats(beating)
      cleanups.unshift(() => heartbeats)
    }
    for await (const event of streamEvents(rpc, { signal: ended, resume, logger })) {
      await watcher.handle(event)
      if (event.type === 'block') cursor.note(event.block)
      else if (event.type === 'reorg') cursor.note(event.ancestor)
    }
  } finally {
    for (const cleanup of cleanups) {
      try {
        await cleanup()
      } catch (error) {
        logger.error({ reason: messageOf(error) }, 'not closed cleanly')
      }
    }
  }
}

/** Freezes that a dry run only planned are planned again by a run that may act. */
async function actOnDryPlans(runner: IncidentRunner): Promise<void> {
  for (const { id, freezes, closed } of runner.incidents()) {
    for (const [plan, { lapsedAt, sendings, containment }] of freezes.entries()) {
      const dry = lapsedAt === null && sendings.length === 0 && containment.means.length > 0
      if (closed === null && dry) await runner.append(id, { type: 'FreezeLapsed', plan })
    }
  }
}

/** Resolves when the server listens. */
function listening(server: ServerType): Promise<void> {
  return new Promise((resolve, reject) => {
    if (server.listening) return resolve()
    server.once('listening', resolve)
    server.once('error', (cause) =>
      reject(
        new SutureError('CONFIG_INVALID', 'The local server cannot listen.', {
          meta: ['field: --port', `reason: ${messageOf(cause)}`, 'fix: give a free port, or 0 for any'],
          cause,
        }),
      ),
    )
  })
}

/** Findings grave enough for an incident. */
function detectionsOf({ findings, transaction, step, block }: Alarm, protocol: Protocol): Detection[] {
  return findings
    .filter(({ severity }) => severity === 'high' || severity === 'critical')
    .map((finding) => ({
      protocol: protocol.name,
      chainId: protocol.chain.id,
      victim: finding.subject,
      policy: { freeze: protocol.policy.freeze, restrict: protocol.policy.restrict },
      sighting: {
        finding,
        transaction,
        context: step.block,
        at: step.at ?? 0n,
        before: step.before ?? {},
        block,
        retracted: false,
      },
    }))
}

/** The last block that was dealt with: the newest one at the first start, then where the last run ended. */
async function lastBlock(rpc: Rpc, cursor: Cursor): Promise<bigint> {
  const head = BigInt(await rpc.request<string>('eth_blockNumber'))
  const kept = await cursor.read()
  if (kept === null || kept.number > head) return head
  const { hash } = await readBlock(rpc, kept.number)
  if (hash === kept.hash) return kept.number
  // Replaced meanwhile, nobody knows from where on: looking twice does no harm.
  return kept.number > BigInt(RESUME_BLOCKS) ? kept.number - BigInt(RESUME_BLOCKS) : 0n
}

/** Feeds the watcher the blocks up to the last one dealt with, so that it knows what is usual. */
async function learnRecent(
  rpc: Rpc,
  watcher: Watcher,
  { last, count }: { readonly last: bigint; readonly count: bigint },
): Promise<BlockRef[]> {
  const known: BlockRef[] = []
  for (let number = last > count ? last - count + 1n : 1n; number <= last; number++) {
    const block = await readBlock(rpc, number)
    await watcher.learn(block)
    known.push({ number: block.number, hash: block.hash, parentHash: block.parentHash })
  }
  return known.slice(-RESUME_BLOCKS)
}
