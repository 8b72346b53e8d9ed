import { decodeFunctionData, type Hex, parseTransaction } from 'viem'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { toAddress } from '../../src/core/hex.ts'
import { patchGateAbi } from '../../src/generated/contracts.ts'
import { type LogEntry, readLog, verifyLog } from '../../src/incidents/log.ts'
import type { IncidentEventType } from '../../src/incidents/types.ts'
import { print } from '../support/print.ts'
import type { CliProcess, Line } from './processes.ts'
import { openStage, type Scene, type Stage } from './stage.ts'
import type { Tap } from './tap-node.ts'

const SEED = 11
const READY_MS = 40_000
const DEATH_MS = 40_000
const END_MS = 60_000

/** Every step of an incident on its way to its end, in order. */
const STEPS: readonly IncidentEventType[] = [
  'AttackDetected',
  'NoticeSent',
  'FreezePlanned',
  'FreezeMined',
  'AttackDiagnosed',
  'PatchesPlanned',
  'PatchVerified',
  'ApprovalRequested',
  'ApprovalGranted',
  'RestrictionMined',
  'IncidentResolved',
]

let stage: Stage
let scene: Scene | null = null

beforeAll(async () => {
  print(`seed ${SEED}`)
  stage = await openStage(SEED)
}, 120_000)
afterAll(() => stage?.stop())
afterEach(async () => {
  await scene?.stop()
  scene = null
})

/** When the watching process is killed: at a line it prints, or at a message between it and the node. */
interface Death {
  readonly atLine?: (line: Line) => boolean
  readonly atMessage?: (kill: () => void, attack: () => Hex | null) => Tap
}

/** Plays an attack, kills the watching process where it says, starts it again, and waits for the end of the incident. */
async function playWithDeath({ atLine, atMessage }: Death): Promise<Scene> {
  scene = await stage.reset()
  let attack: Hex | null = null
  let killed = false
  const kill = (watch: CliProcess) => {
    killed = true
    watch.kill()
  }
  const first = scene.startWatch((line, watch) => {
    if (!killed && atLine?.(line)) kill(watch)
  })
  await first.waitFor(({ type }) => type === 'watching', 'readiness', READY_MS)
  if (atMessage)
    stage.node.setTap(
      atMessage(
        () => kill(first),
        () => attack,
      ),
    )
  attack = await scene.strike()
  const deadline = AbortSignal.timeout(DEATH_MS)
  await Promise.race([
    first.gone,
    new Promise((_resolve, reject) =>
      deadline.addEventListener('abort', () => {
        const said = first.lines.map(({ type, event }) => event ?? type).join(' ')
        reject(new TypeError(`it never came to where it was to die; said: ${said}\n${first.complaint()}`))
      }),
    ),
  ])
  expect(killed).toBe(true)
  stage.node.setTap({})
  const second = scene.startWatch()
  await second.waitFor(({ type }) => type === 'watching', 'readiness after the restart', READY_MS)
  await untilResolved(scene, second)
  return scene
}

/** From the log, not from what is printed: the end may have come right before the process died. */
async function untilResolved({ store }: Scene, watch: CliProcess): Promise<void> {
  for (const end = Date.now() + END_MS; ; await new Promise((resolve) => setTimeout(resolve, 200))) {
    const log = await entriesOf(store)
    if (log.some(({ event }) => event.type === 'IncidentResolved')) return
    if (log.some(({ event }) => event.type === 'HumanNeeded') || Date.now() > end) {
      const told = log.map(({ event }) => (event.type === 'HumanNeeded' ? JSON.stringify(event) : event.type))
      throw new TypeError(`the incident does not end: ${told.join(' ')}\n${watch.complaint()}`)
    }
  }
}

async function entriesOf(store: Scene['store']): Promise<LogEntry[]> {
  const entries: LogEntry[] = []
  for await (const entry of readLog(store)) entries.push(entry)
  return entries
}

/** One incident, ended; every transaction it meant to make is on the chain once, and no other; the log is whole. */
async function expectOneStory({ store, sentTransactions }: Scene): Promise<void> {
  const entries = await entriesOf(store)
  const events = entries.map(({ event }) => event)
  const count = (type: IncidentEventType) => events.filter((event) => event.type === type).length
  expect(new Set(entries.map(({ incident }) => incident)).size).toBe(1)
  expect({
    detected: count('AttackDetected'),
    granted: count('ApprovalGranted'),
    resolved: count('IncidentResolved'),
    human: count('HumanNeeded'),
  }).toEqual({ detected: 1, granted: 1, resolved: 1, human: 0 })
  const intents = events.flatMap((event) =>
    event.type === 'FreezePlanned' || event.type === 'ApprovalGranted' ? event.intents : [],
  )
  const sent = await sentTransactions()
  expect(sent.every(({ succeeded }) => succeeded)).toBe(true)
  const callsOf = (all: readonly { readonly to: Hex | null; readonly data: Hex }[]) =>
    all.map(({ to, data }) => `${toAddress(to!)} ${data}`).sort()
  expect(callsOf(sent)).toEqual(callsOf(intents))
  expect(sent.map(({ data }) => gateFunction(data)).sort()).toEqual(['freeze', 'restrict'])
  const { id, hash } = entries.at(-1)!
  // Word of the end may still be getting out; nothing that was there may be gone.
  expect((await verifyLog(store, { id, hash }))!.id).toBeGreaterThanOrEqual(id)
}

const gateFunction = (data: Hex): string => decodeFunctionData({ abi: patchGateAbi, data }).functionName

/** Whether a request hands the node a transaction that calls this function of the gate. */
function sends(name: 'freeze' | 'restrict') {
  return ({
    method,
    params,
  }: {
    readonly method?: string
    readonly params?: readonly unknown[]
  }): boolean => {
    if (method !== 'eth_sendRawTransaction') return false
    const { data } = parseTransaction(params![0] as Hex)
    return data !== undefined && gateFunction(data) === name
  }
}

describe('a watch that is killed with SIGKILL and started again', () => {
  it('finds an attack that it was never told of, because it died when it was announced', async () => {
    const played = await playWithDeath({
      atMessage: (kill, attack) => ({
        onNotification: (text) => {
          const hash = attack()
          if (hash === null || !text.includes(hash)) return true
          kill()
          return false
        },
      }),
    })
    await expectOneStory(played)
  }, 150_000)

  it.each(STEPS)(
    'ends the incident, with no transaction twice, when it dies at %s',
    async (step) => {
      const played = await playWithDeath({ atLine: ({ type, event }) => type === 'event' && event === step })
      await expectOneStory(played)
    },
    150_000,
  )

  it('asks for signatures again that it died with', async () => {
    const played = await playWithDeath({ atLine: ({ type }) => type === 'signature' })
    await expectOneStory(played)
  }, 150_000)

  it.each(['freeze', 'restrict'] as const)(
    'sends the %s once when it dies before the node has it',
    async (name) => {
      const isIt = sends(name)
      const played = await playWithDeath({
        atMessage: (kill) => ({
          onRequest: (request) => {
            if (!isIt(request)) return true
            kill()
            return false
          },
        }),
      })
      await expectOneStory(played)
    },
    150_000,
  )

  it.each(['freeze', 'restrict'] as const)(
    'sends the %s once when it dies before it hears that the node has it',
    async (name) => {
      const isIt = sends(name)
      const played = await playWithDeath({
        atMessage: (kill) => ({
          onAnswer: (request) => {
            if (!isIt(request)) return true
            kill()
            return false
          },
        }),
      })
      await expectOneStory(played)
    },
    150_000,
  )
})
