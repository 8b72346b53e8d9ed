import { setTimeout as sleep } from 'node:timers/promises'
import type { Rpc, Step } from '../chain/types.ts'
import type { Hex } from '../core/hex.ts'
import type { Diagnosis } from '../diagnosis/types.ts'
import type { Incident } from '../incidents/types.ts'
import type { Baseline } from '../verification/types.ts'
import type { HandlerOptions } from './handlers.ts'
import { prepareVerification } from './remedy.ts'
import { investigate, type Scene, type Witnessed, witness } from './scene.ts'

/** An incident looked into. */
interface Opened {
  readonly witnessed: Witnessed
  readonly diagnoses: readonly Diagnosis[]
}

/** Investigations under way, by incident and the attacks known: made once, shared by diagnosis, planning and verification. */
export interface Casebook {
  open(incident: Incident): Promise<Opened>
  baseline(incident: Incident): Promise<Baseline>
}

/** Blocks whose state any full node still has; older history would need an archive. */
const STATE_BLOCKS = 120n

/** Investigations kept; older ones are made again when asked for. */
const KEPT = 8

export function createCasebook(options: HandlerOptions): Casebook {
  const opened = new Map<string, Promise<Opened>>()
  const baselines = new Map<string, Promise<Baseline>>()

  const open = (incident: Incident) =>
    once(opened, keyOf(incident), () => investigateIncident(incident, options))

  return {
    open,
    baseline: (incident) =>
      once(baselines, keyOf(incident), async () => {
        const { witnessed, diagnoses } = await open(incident)
        await waitForSuccessor(options.rpc, startOf(incident))
        return prepareVerification(
          witnessed,
          await blockHash(options.rpc, startOf(incident)),
          diagnoses[0] ?? null,
        )
      }),
  }
}

async function investigateIncident(incident: Incident, options: HandlerOptions): Promise<Opened> {
  const { rpc, chainId, hardfork, protection, simulate, run } = options
  const at = startOf(incident)
  const scene: Scene = {
    chainId,
    hardfork,
    protection,
    simulate,
    run,
    history: options
      .history()
      .filter((step) => step.at === undefined || (step.at < at && step.at >= at - STATE_BLOCKS)),
    attack: attackOf(incident),
    codeOf: (address) => rpc.request<Hex>('eth_getCode', [address, `0x${at.toString(16)}`]),
  }
  const witnessed = await witness(scene)
  return { witnessed, diagnoses: await investigate(witnessed) }
}

/**
 * The attack transactions seen on the state of the first, each once. What the attacker tries later meets another world (a freeze, its own loot)
 * and says nothing about whether the patch would have stopped this attack; if it is another one, its own sighting counts.
 */
function attackOf(incident: Incident): Step[] {
  const start = startOf(incident)
  const steps = new Map<Hex, Step>()
  for (const { transaction, context: block, at, before } of incident.sightings) {
    if (at !== start) continue
    const { from, to, data, value, gas, hash } = transaction
    steps.set(hash, { transaction: { from, to, data, value, gas }, block, at, before })
  }
  return [...steps.values()]
}

/** The block whose end state the first sighting was seen on. */
function startOf({ sightings }: Incident): bigint {
  return sightings.map(({ at }) => at).sort((a, b) => (a < b ? -1 : 1))[0]!
}

const SUCCESSOR_MS = 250

/**
 * Evidence is made on states that stand still. A node answers for its newest block from the state it is about to change; once
 * the block has a successor, everybody who asks for it by number gets the same.
 */
async function waitForSuccessor(rpc: Rpc, number: bigint): Promise<void> {
  while (BigInt(await rpc.request<Hex>('eth_blockNumber')) <= number) await sleep(SUCCESSOR_MS)
}

async function blockHash(rpc: Rpc, number: bigint): Promise<Hex> {
  const block = await rpc.request<{ hash: Hex }>('eth_getBlockByNumber', [`0x${number.toString(16)}`, false])
  return block.hash
}

const keyOf = (incident: Incident): string => {
  const start = startOf(incident)
  const hashes = incident.sightings
    .filter(({ at }) => at === start)
    .map(({ transaction }) => transaction.hash)
  return `${incident.id}/${start}/${[...new Set(hashes)].join()}`
}

function once<T>(kept: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = kept.get(key)
  if (known) return known
  const made = make()
  // What failed is tried again when asked for again.
  made.catch(() => kept.delete(key))
  kept.set(key, made)
  if (kept.size > KEPT) kept.delete(kept.keys().next().value!)
  return made
}
