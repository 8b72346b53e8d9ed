import { chmod, mkdtemp } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { SutureError } from '../core/errors.ts'
import { toJson } from '../core/json.ts'
import { GUARDIANS, THRESHOLD } from './accounts.ts'
import { type Announcements, hearAnnouncements } from './announcements.ts'
import { type AttackScript, type AttackStory, nextBlock, playAttack, type Stage } from './attack.ts'
import { Claims } from './claims.ts'
import { createDisplay, type Display, silentDisplay } from './display.ts'
import { type SutureProcess, startGuardian, startWatch } from './processes.ts'
import { readBlockNumber } from './read.ts'
import type { Activity } from './users.ts'
import { startWorld, type World } from './world.ts'

export interface DemoOptions {
  /** Print one object at the end instead of the story. */
  readonly json?: boolean
  /** Freeze, but never patch: to see what the patch is good for. */
  readonly withoutPatch?: boolean
  /** Told what is going on where the story itself is not printed. */
  readonly progress?: (line: string) => void
  readonly seed?: number
  /** Seconds between blocks; default 2. */
  readonly blockTime?: number
  readonly output?: NodeJS.WriteStream
  readonly logger?: Logger
}

const USES_PER_SECOND = 4
/** Benign uses before the first attack: what detectors learn from and patches are checked against. */
const HISTORY = 60
const LEAVING = 5
const READY_MS = 60_000
/** What guardians do before they look at a request: the fourth is late, the fifth never comes. */
const DELAYS_MS = [0, 0, 0, 20_000]

/**
 * Plays the demo: a protocol in use, an attack everybody can see coming, one nobody can, and what Suture does about them as an ordinary
 * process beside the chain. Every claim made is checked against the chain.
 *
 * @returns whether all claims hold.
 * @throws SutureError when the demo itself cannot be played.
 */
export async function runDemo(options: DemoOptions = {}): Promise<boolean> {
  const { json = false, output = process.stdout } = options
  const display = json ? silentDisplay : createDisplay(output)
  const started = Date.now()
  const scene = new Scene(options)
  const stop = scene.stopOnSignal()
  try {
    const result = await play(options, display, scene)
    if (json) output.write(`${JSON.stringify(toJson({ ...result, milliseconds: Date.now() - started }))}\n`)
    return result.passed
  } finally {
    display.end()
    stop()
    await scene.stop()
  }
}

/** Everything that runs and has to be ended. */
class Scene {
  readonly #processes: SutureProcess[] = []
  readonly #options: DemoOptions
  #world: World | null = null
  #announcements: Announcements | null = null
  #stopping: Promise<void> | null = null

  constructor(options: DemoOptions) {
    this.#options = options
  }

  async open(): Promise<World> {
    const { seed, blockTime, logger } = this.#options
    this.#world = await startWorld({
      ...(seed === undefined ? {} : { seed }),
      ...(blockTime === undefined ? {} : { blockTime }),
      ...(logger ? { logger } : {}),
    })
    return this.#world
  }

  add(process: SutureProcess): SutureProcess {
    this.#processes.push(process)
    return process
  }

  listen(announcements: Announcements): Announcements {
    this.#announcements = announcements
    return announcements
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll()
    return this.#stopping
  }

  stopOnSignal(): () => void {
    const onSignal = () => void this.stop().finally(() => process.exit(130))
    process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
    return () => process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }

  /** Suture first: it should not have to watch its node go away. */
  async #stopAll(): Promise<void> {
    this.#announcements?.stop()
    await this.#world?.crowd.stop()
    await Promise.all(this.#processes.map((one) => one.stop()))
    await this.#world?.stop()
  }
}

interface DemoResult {
  readonly format: 'suture-demo/1'
  readonly passed: boolean
  readonly withPatch: boolean
  readonly history: { readonly uses: number; readonly refused: number }
  readonly incidents: readonly AttackStory[]
  readonly withdrawals: readonly Activity[]
  readonly claims: Claims['all']
}

async function play(options: DemoOptions, display: Display, scene: Scene): Promise<DemoResult> {
  const { progress = () => {}, withoutPatch = false, logger } = options
  const withPatch = !withoutPatch
  display.heading('Suture demo: a lending protocol under attack')
  progress('starting a chain and deploying the protocol')
  const world = await scene.open()
  describeWorld(world, display)
  const folder = await makeFolder()
  const setting = { world, folder, ...(logger ? { logger } : {}) }
  const watch = scene.add(await startWatch(setting, withPatch ? 'auto' : 'never'))
  await world.attacker.prepare()
  const url = await untilWatching(watch)
  display.line(`  suture      watching as an ordinary process (pid ${watch.pid}); files in ${folder}`)
  if (withPatch) summonGuardians(scene, setting, url)
  await trade(world, { display, progress })

  const claims = new Claims()
  const announced = scene.listen(await hearAnnouncements(world.publicNode.wsUrl))
  const stage: Stage = { world, feed: watch.feed, display, claims, announced, withPatch }
  const incidents: AttackStory[] = []
  for (const script of scriptsFor(world)) {
    if (options.json) progress(script.title)
    incidents.push(await playAttack(stage, script))
  }
  const withdrawals = withPatch ? await leave(stage) : []
  const { activity } = world.crowd
  const refused = activity.filter(({ succeeded }) => !succeeded).length
  display.heading('Checked against the chain')
  for (const { sentence, holds, evidence } of claims.all) {
    display.claim(holds ? sentence : `${sentence} (${evidence})`, holds)
  }
  display.line(
    `\n  ${activity.length} uses of the protocol, ${refused} of them refused while functions were frozen`,
  )
  for (const { response } of incidents) if (response.report) display.line(`  report: ${response.report.html}`)
  return {
    format: 'suture-demo/1',
    passed: claims.hold(),
    withPatch,
    history: { uses: activity.length, refused },
    incidents,
    withdrawals,
    claims: claims.all,
  }
}

/** Others may pass through: under root the database runs as another user. */
async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'suture-demo-'))
  await chmod(folder, 0o711)
  return folder
}

function describeWorld({ blockTime, crowd, deployment }: World, display: Display): void {
  display.line(`  chain       a block every ${blockTime} s, ordered by fees`)
  display.line(`  pool        ${deployment.pool}: dollars lent against ether (UUPS proxy)`)
  display.line(`  reserve     ${deployment.reserve}: savings (transparent proxy)`)
  display.line(`  users       ${crowd.users.length}, some with contract wallets`)
  display.line(`  guardians   ${GUARDIANS}, of whom ${THRESHOLD} must sign; one is late, one is down`)
}

/** Where guardians reach the watching process. */
async function untilWatching({ feed }: SutureProcess): Promise<string> {
  const line = await feed.waitFor('watching', () => true, READY_MS)
  if (line) return line.url ?? ''
  throw new SutureError('INTERNAL', 'The watching process is not ready in time.', {
    meta: [`waited: ${READY_MS} ms`, 'fix: run suture watch by itself and see what it says'],
  })
}

function summonGuardians(scene: Scene, setting: { world: World; folder: string }, url: string): void {
  for (const [index, delayMs] of DELAYS_MS.entries()) {
    scene.add(startGuardian(setting, { index, url, delayMs }))
  }
}

async function trade(
  world: World,
  { display, progress }: { readonly display: Display; readonly progress: (line: string) => void },
): Promise<void> {
  const { crowd, node } = world
  progress('users trade')
  crowd.start(USES_PER_SECOND)
  while (crowd.activity.length < HISTORY) {
    await sleep(250)
    display.status(
      `  block ${await readBlockNumber(node.rpc)}, ${crowd.activity.length} uses of the protocol`,
    )
  }
  display.status('')
  display.line(`  history     ${crowd.activity.length} uses of the protocol, and it goes on`)
}

function scriptsFor({ attacker }: World): AttackScript[] {
  return [
    {
      title: 'First attack: on the pool, in the mempool for all to see',
      name: 'pool',
      channel: 'public',
      strike: attacker.strikePool,
      strikeAgain: attacker.strikePool,
    },
    {
      title: 'Second attack: on the reserve, given to a block builder in private',
      name: 'reserve',
      channel: 'private',
      strike: attacker.strikeReserve,
      strikeAgain: attacker.strikeReserveAgain,
    },
  ]
}

/** In the end users go, with everything that is theirs. */
async function leave({ world, display, claims }: Stage): Promise<readonly Activity[]> {
  await nextBlock(world)
  const left = await world.crowd.leave(LEAVING)
  const failed = left.filter(({ succeeded }) => !succeeded)
  display.heading('Users leave')
  display.line(`  ${left.length} transactions of ${LEAVING} users: ${left.length - failed.length} succeed`)
  claims.check(
    'users get out: collateral in full, savings as far as they are there',
    left.length > 0 && failed.length === 0,
    failed.map(({ action, hash }) => `${action} ${hash}`).join(', ') ||
      `${left.length} transactions succeeded`,
  )
  return left
}
