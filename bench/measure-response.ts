import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { resolveContract } from '../src/chain/resolve-proxy.ts'
import { createRpc } from '../src/chain/rpc.ts'
import { createSequenceRunner, createSimulator } from '../src/chain/simulate.ts'
import { streamEvents } from '../src/chain/stream.ts'
import type { Rpc } from '../src/chain/types.ts'
import { SutureError } from '../src/core/errors.ts'
import { type Address, type Hex, toAddress, toQuantity } from '../src/core/hex.ts'
import type { Store } from '../src/core/store.ts'
import { awaitOutcome, calldata } from '../src/demo/actor.ts'
import { ETHER } from '../src/demo/deploy.ts'
import type { World } from '../src/demo/world.ts'
import { DETECTORS } from '../src/detectors/detectors.ts'
import type { Protection } from '../src/detectors/types.ts'
import { createSender } from '../src/execution/submit.ts'
import { patchGateAbi } from '../src/generated/contracts.ts'
import { poolRaiderAbi } from '../src/generated/demo.ts'
import { createInbox } from '../src/governance/inbox.ts'
import type { EffectHandlers } from '../src/incidents/perform.ts'
import { startRunner } from '../src/incidents/run.ts'
import type { IncidentEvent } from '../src/incidents/types.ts'
import { createHandlers } from '../src/pipeline/handlers.ts'
import { createWatcher } from '../src/pipeline/watcher.ts'

/** One attack, in milliseconds. */
export interface ResponseTimes {
  /** A bare `debug_traceCall` with `callTracer` of the attack, on the same connection, right before it was sent. */
  readonly trace: number
  /** From the notification that it is pending to the finding. */
  readonly finding: number
  /** From the same notification to handing the node a signed freeze. */
  readonly freeze: number
}

interface Options {
  readonly world: World
  readonly store: Store
  readonly logger: Logger
  readonly repetitions: number
  /** Repetitions before those that count. */
  readonly warmUp: number
  readonly onProgress: (done: number) => void
}

const DAY = 86_400n
const PATIENCE_MS = 60_000

/**
 * Attacks the demo's pool again and again, for all to see, with the live loop watching: the same watcher, incidents in PostgreSQL,
 * handlers and sender as `suture watch` has, diagnosis running beside the freeze. Each time the freeze is mined before the attack, the
 * incident is dismissed, and the DAO lifts the freeze.
 *
 * Blocks come only between measurements, so that none is lost to a block that came first.
 *
 * @throws SutureError INTERNAL when an attack succeeds or is not answered
 */
export async function measureResponse(options: Options): Promise<readonly ResponseTimes[]> {
  const { world, repetitions, warmUp, onProgress } = options
  const { node, attacker, dao, deployment } = world
  const loop = await startLoop(options)
  const attack = {
    from: attacker.address,
    to: attacker.side[1]!,
    data: calldata(poolRaiderAbi, 'strike'),
    value: toQuantity(50n * ETHER),
    gas: toQuantity(6_000_000),
  }
  const times: ResponseTimes[] = []
  try {
    for (let round = 0; round < warmUp + repetitions; round++) {
      const begun = performance.now()
      await loop.rpc.request('debug_traceCall', [attack, 'latest', { tracer: 'callTracer' }])
      const trace = performance.now() - begun
      const { finding, freeze, incident, hash } = await loop.respond(() => attacker.strikePool('public'))
      await node.rpc.request('evm_mine')
      const { succeeded } = await awaitOutcome(node.rpc, hash)
      if (succeeded) throw unanswered('The attack came before the freeze.', hash)
      await loop.dismiss(incident)
      await dao.send({
        to: deployment.gate,
        data: calldata(patchGateAbi, 'unfreeze', [deployment.pool]),
        gas: 3_000_000n,
      })
      await node.rpc.request('evm_mine')
      await loop.caughtUp()
      if (round >= warmUp) times.push({ trace, finding, freeze })
      onProgress(times.length)
    }
  } finally {
    await loop.stop()
  }
  return times
}

const unanswered = (sentence: string, hash: Hex) =>
  new SutureError('INTERNAL', sentence, {
    meta: [`attack: ${hash}`, 'fix: run the benchmark on a machine less busy'],
  })

/** When something was first seen, by hash, and when raw transactions were sent, on the clock of `performance.now`. */
interface Clock {
  readonly announced: Map<string, number>
  readonly sent: number[]
  /** Raw transactions the node answered. */
  answered: number
}

/** The same connection, with a clock beside it. */
function tap(rpc: Rpc, clock: Clock): Rpc {
  const note = (result: unknown) => {
    const hash = typeof result === 'string' ? result : (result as { hash?: string } | null)?.hash
    if (hash && !clock.announced.has(hash)) clock.announced.set(hash, performance.now())
  }
  return {
    ...rpc,
    request: async <T>(...parameters: Parameters<Rpc['request']>) => {
      const isSending = parameters[0] === 'eth_sendRawTransaction'
      if (isSending) clock.sent.push(performance.now())
      const answer = await rpc.request<T>(...parameters)
      if (isSending) clock.answered += 1
      return answer
    },
    subscribe: (params, listener, options) =>
      rpc.subscribe!(
        params,
        {
          next: (result) => {
            note(result)
            listener.next(result)
          },
          lost: (error) => listener.lost(error),
        },
        options,
      ),
  }
}

/** The parts of `watchProtocol`, put together in the same way, with a hand on the incidents. */
async function startLoop({ world, store, logger }: Options) {
  const { node, cast, deployment } = world
  const clock: Clock = { announced: new Map(), sent: [], answered: 0 }
  const rpc = tap(createRpc({ urls: [node.wsUrl], chainId: node.rpc.chainId, logger }), clock)
  const ending = new AbortController()
  const { signal } = ending
  const protection = await readProtection(rpc, [deployment.pool, deployment.reserve])
  const simulate = createSimulator(rpc)
  const signer = {
    address: toAddress(cast.sentinel.address),
    signTransaction: cast.sentinel.signTransaction,
  }
  const sender = createSender({
    rpc,
    signer,
    store,
    logger,
    maxFeePerGas: 500n * 10n ** 9n,
    confirmations: 1n,
    pollMs: 50,
    signal,
  })
  const events: { readonly incident: string; readonly event: IncidentEvent }[] = []
  const alarms = new Map<string, number>()
  const working = new Set<Promise<unknown>>()
  const watcher = createWatcher({
    simulate,
    detectors: DETECTORS,
    protection,
    logger,
    chain: 'bench',
    gate: null,
    onRetraction: async () => undefined,
    onAlarm: async ({ findings, transaction, step, block }) => {
      alarms.set(transaction.hash, performance.now())
      for (const finding of findings.filter(({ severity }) => severity === 'critical')) {
        const { block: context, at = 0n, before = {} } = step
        await runner.report({
          protocol: 'bench',
          chainId: rpc.chainId,
          victim: finding.subject,
          policy: { freeze: 'critical', restrict: 'never' },
          sighting: { finding, transaction, context, at, before, block, retracted: false },
        })
      }
    },
  })
  const { handlers } = createHandlers({
    rpc,
    chainId: rpc.chainId,
    hardfork: 'cancun',
    simulate,
    run: createSequenceRunner(simulate),
    protection,
    capabilities: new Map([...protection.contracts].map((target) => [target, { gate: deployment.gate }])),
    gate: deployment.gate,
    sender,
    inbox: createInbox(),
    approvalSeconds: DAY,
    freezeSeconds: DAY,
    history: watcher.history,
    benign: watcher.benign,
    notify: () => undefined,
    report: async () => undefined,
  })
  const runner = await startRunner({
    store,
    handlers: observed(handlers, working),
    logger,
    onEntry: ({ incident, event }) => events.push({ incident, event }),
  })
  const streaming = consume()

  async function consume(): Promise<void> {
    for await (const event of streamEvents(rpc, { signal, from: 1n })) await watcher.handle(event)
  }

  async function until<T>(find: () => T | null | undefined, what: string): Promise<T> {
    for (const end = Date.now() + PATIENCE_MS; ; await sleep(5)) {
      const found = find()
      if (found !== null && found !== undefined) return found
      if (Date.now() > end) throw unanswered(`The benchmark waited in vain for ${what}.`, '0x')
    }
  }

  async function caughtUp(): Promise<void> {
    const head = BigInt(await node.rpc.request<Hex>('eth_blockNumber'))
    await until(() => (watcher.head()?.number ?? 0n) >= head || null, `block ${head}`)
    while (working.size > 0) await Promise.all([...working])
  }

  await caughtUp()
  return {
    rpc,
    caughtUp,
    /** Has the attack sent and waits for the freeze to be sent. */
    async respond(strike: () => Promise<Hex>) {
      const [known, sent] = [events.length, clock.sent.length]
      const hash = await strike()
      const freeze = await until(() => clock.sent[sent], 'a freeze')
      await until(() => clock.answered > sent || null, 'the node to take the freeze')
      const start = clock.announced.get(hash)!
      const { incident } = await until(() => events[known], 'an incident')
      return { hash, incident, finding: alarms.get(hash)! - start, freeze: freeze - start }
    },
    /** Ends an incident once its freeze is mined, and waits until nothing is done about it any more. */
    async dismiss(incident: string): Promise<void> {
      const mined = () => events.find((one) => one.incident === incident && one.event.type === 'FreezeMined')
      await until(mined, 'the freeze to be mined')
      await runner.append(incident, {
        type: 'IncidentDismissed',
        by: 'bench',
        reason: 'the next repetition follows',
      })
      while (working.size > 0) await Promise.all([...working])
    },
    async stop(): Promise<void> {
      await runner.stop()
      ending.abort()
      await streaming
      rpc.close()
    },
  }
}

/** Handlers whose work can be waited for, also where nobody wants its result any more. */
function observed(handlers: EffectHandlers, working: Set<Promise<unknown>>): EffectHandlers {
  const wrapped = Object.entries(handlers).map(([type, handle]) => {
    const work = (...parameters: Parameters<typeof handle>) => {
      const done = (handle as (...all: unknown[]) => Promise<unknown>)(...parameters)
      const settled = done.then(
        () => undefined,
        () => undefined,
      )
      working.add(settled)
      settled.then(() => working.delete(settled))
      return done
    }
    return [type, work]
  })
  return Object.fromEntries(wrapped) as EffectHandlers
}

async function readProtection(rpc: Rpc, contracts: readonly Address[]): Promise<Protection> {
  const implementations = new Map<Address, Address>()
  for (const contract of contracts)
    implementations.set((await resolveContract(rpc, contract)).implementation, contract)
  return { contracts: new Set(contracts), implementations }
}
