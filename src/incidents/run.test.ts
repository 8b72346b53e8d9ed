import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  approval,
  block,
  diagnosis,
  GATE,
  intent,
  POLICY,
  patchSet,
  receipt,
  restriction,
  sighting,
  VICTIM,
  verdict,
} from '../../test/support/incident.ts'
import { openTestStore, silent, type TestStore } from '../../test/support/store.ts'
import { SutureError } from '../core/errors.ts'
import type { Store } from '../core/store.ts'
import { readLog, verifyLog } from './log.ts'
import type { EffectHandlers } from './perform.ts'
import { type Detection, type IncidentRunner, startRunner } from './run.ts'
import { stateOf } from './state.ts'
import type { EffectType, IncidentEvent, Sighting } from './types.ts'

let database: TestStore
let store: Store
let runner: IncidentRunner | undefined

beforeAll(async () => {
  database = await openTestStore()
  store = database.store
})
afterAll(() => database.remove())
beforeEach(async () => {
  await store.query('ALTER TABLE events DISABLE TRIGGER ALL')
  await store.query('TRUNCATE events RESTART IDENTITY')
  await store.query('ALTER TABLE events ENABLE TRIGGER ALL')
})
afterEach(async () => {
  await runner?.stop()
  runner = undefined
})

function detection(seen: Sighting = sighting(), victim = VICTIM): Detection {
  return { protocol: 'harbor', chainId: 1, victim, policy: POLICY, sighting: seen }
}

const forever = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })

/** Handlers for a way without obstacles. `calls` counts how often each effect was begun. */
function handlers(more: Partial<EffectHandlers> = {}) {
  const calls: string[] = []
  const plain: EffectHandlers = {
    'plan-containment': async (effect) => ({
      type: 'FreezePlanned',
      considered: effect.functions,
      containment: { functions: effect.functions, means: [], leftOpen: [], duration: 3_600n },
      intents: [intent(`freeze/${effect.key}`)],
    }),
    send: async ({ purpose, intent: { id } }) =>
      purpose === 'freeze'
        ? { type: 'FreezeMined', receipt: receipt(id, block(11)) }
        : { type: 'RestrictionMined', receipt: receipt(id, block(20)) },
    'await-lapse': (_effect, _incident, signal) => forever(signal),
    diagnose: async () => ({ type: 'AttackDiagnosed', diagnosis }),
    'plan-patches': async () => ({ type: 'PatchesPlanned', patches: [patchSet(1)] }),
    verify: async ({ candidate }) => ({ type: 'PatchVerified', candidate, verdict: verdict('effective') }),
    'request-approval': async () => ({ type: 'ApprovalRequested', gate: GATE, restriction: restriction() }),
    'await-approval': async (effect) => ({
      type: 'ApprovalGranted',
      approval: approval(effect.restriction),
      intents: [intent('restrict')],
    }),
    resolve: async () => ({ type: 'IncidentResolved', summary: 'in force' }),
    reevaluate: async () => ({ type: 'AttackReevaluated', stands: true, reason: 'it drains again' }),
    notify: async ({ notice }) => ({ type: 'NoticeSent', key: notice.key }),
    ...more,
  }
  const counted = Object.entries(plain).map(([type, handle]) => [
    type,
    (effect: { key: string }, ...rest: unknown[]) => {
      calls.push(effect.key)
      return (handle as (...all: unknown[]) => Promise<IncidentEvent>)(effect, ...rest)
    },
  ])
  return { calls, handlers: Object.fromEntries(counted) as unknown as EffectHandlers }
}

const RETRY = { attempts: 4, firstPauseMs: 5, longestPauseMs: 50 }

async function start(more: Partial<EffectHandlers> = {}) {
  const { calls, handlers: all } = handlers(more)
  runner = await startRunner({ store, handlers: all, logger: silent, retry: RETRY, pollMs: 50 })
  return { calls, runner }
}

async function types(): Promise<string[]> {
  const list = []
  for await (const { event } of readLog(store)) list.push(event.type)
  return list
}

const states = () => runner!.incidents().map(stateOf)
const until = (expected: string) => expect.poll(states, { timeout: 15_000, interval: 20 }).toContain(expected)

const WAY = [
  'AttackDetected',
  'AttackDiagnosed',
  'ApprovalGranted',
  'ApprovalRequested',
  'FreezeMined',
  'FreezePlanned',
  'IncidentResolved',
  'PatchVerified',
  'PatchesPlanned',
  'RestrictionMined',
]

describe('the runner', () => {
  it('takes an incident from its detection to its resolution, every step once', async () => {
    const { runner, calls } = await start()
    await runner.report(detection())
    await until('resolved')
    const steps = (await types()).filter((type) => type !== 'NoticeSent')
    expect(steps.toSorted()).toEqual(WAY.toSorted())
    expect(new Set(calls).size).toBe(calls.length)
    await verifyLog(store)
  })

  it('lets containment wait for nothing', async () => {
    const { runner } = await start({ diagnose: (_effect, _incident, signal) => forever(signal) })
    await runner.report(detection())
    await until('contained')
  })

  it('lets diagnosis go on while a freeze is stuck', async () => {
    const { runner } = await start({
      send: (effect, _incident, signal) =>
        effect.purpose === 'freeze' ? forever(signal) : handlers().handlers.send(effect, _incident, signal),
    })
    await runner.report(detection())
    await until('resolved')
  })

  it('opens one incident for many findings on one victim, whoever attacks, and one per victim', async () => {
    const { runner } = await start({ diagnose: (_effect, _incident, signal) => forever(signal) })
    const findings = Array.from({ length: 12 }, (_, n) => sighting({ transaction: n, fingerprint: n % 3 }))
    const opened = await Promise.all(findings.map((seen) => runner.report(detection(seen))))
    expect(new Set(opened.map((incident) => incident.id)).size).toBe(1)
    await runner.report(detection(sighting(), GATE))
    expect(runner.incidents()).toHaveLength(2)
  })

  it('does not open a closed incident again for the same transaction, but one for another', async () => {
    const { runner } = await start()
    const first = await runner.report(detection())
    await until('resolved')
    expect((await runner.report(detection())).id).toBe(first.id)
    expect(runner.incidents()).toHaveLength(1)
    const second = await runner.report(detection(sighting({ transaction: 2 })))
    expect(second.id).not.toBe(first.id)
  })

  it('repeats what failed retryably, and asks a person for everything else', async () => {
    let failures = 0
    const { runner, calls } = await start({
      diagnose: async () => {
        if (++failures < 3) throw new SutureError('RPC_UNREACHABLE', 'No node.', { retryable: true })
        return { type: 'AttackDiagnosed', diagnosis }
      },
      'plan-patches': async () => {
        throw new SutureError('PATCH_IMPOSSIBLE', 'No window fits.')
      },
    })
    const { id } = await runner.report(detection())
    await until('needs-human')
    expect(calls.filter((key) => key === 'diagnose')).toHaveLength(3)
    expect(runner.incidents()[0]!.blockers).toEqual([
      { effect: 'plan-patches', code: 'PATCH_IMPOSSIBLE', sentence: 'No window fits. [PATCH_IMPOSSIBLE]' },
    ])
    await runner.append(id, { type: 'PatchesPlanned', patches: [patchSet(1)] })
    await until('resolved')
  })

  it('gives up after its tries', async () => {
    const { runner, calls } = await start({
      verify: async () => {
        throw new SutureError('RPC_UNREACHABLE', 'No node.', { retryable: true })
      },
    })
    await runner.report(detection())
    await until('needs-human')
    expect(calls.filter((key) => key === 'verify/0/0')).toHaveLength(RETRY.attempts)
  })

  it('writes no text of foreign errors into the log', async () => {
    const { runner } = await start({
      diagnose: async () => {
        throw new TypeError('postgres://user:secret@host')
      },
    })
    await runner.report(detection())
    await until('needs-human')
    const rows = await store.query<{ payload: string }>('SELECT payload FROM events')
    for (const { payload } of rows) expect(payload).not.toContain('secret')
  })

  it('asks a person when a handler answers with an event that cannot follow', async () => {
    const { runner } = await start({ diagnose: async () => ({ type: 'PatchesPlanned', patches: [] }) })
    await runner.report(detection())
    await until('needs-human')
    expect(runner.incidents()[0]!.blockers[0]).toMatchObject({
      effect: 'diagnose',
      code: 'TRANSITION_INVALID',
    })
  })

  it('sends a retracted transaction again by the same intent', async () => {
    const { runner, calls } = await start({ resolve: (_effect, _incident, signal) => forever(signal) })
    await runner.report(detection())
    await until('executed')
    await runner.retract([block(20)])
    await expect.poll(() => calls.filter((key) => key === 'send/restrict').length).toBe(2)
    await until('executed')
    await runner.retract([block(20, 3)])
    expect((await types()).filter((type) => type === 'BlockRetracted')).toHaveLength(1)
  })

  it('ends the effects of an incident that is dismissed, and records nothing of them', async () => {
    let ended = false
    const { runner } = await start({
      diagnose: async (_effect, _incident, signal) => {
        await forever(signal).catch(() => {
          ended = true
        })
        return { type: 'AttackDiagnosed', diagnosis }
      },
    })
    const { id } = await runner.report(detection())
    await runner.append(id, { type: 'IncidentDismissed', by: 'alice', reason: 'a drill' })
    await expect.poll(() => ended).toBe(true)
    await until('dismissed')
    expect(await types()).not.toContain('AttackDiagnosed')
  })

  it('takes in what another process appended', async () => {
    const { runner } = await start({ diagnose: (_effect, _incident, signal) => forever(signal) })
    const { id } = await runner.report(detection())
    await until('contained')
    const { appendEvent } = await import('./log.ts')
    const append = async () => {
      const rows = await store.query<{ next: number }>(
        'SELECT count(*)::int AS next FROM events WHERE incident = $1',
        [id],
      )
      const event: IncidentEvent = { type: 'AttackDiagnosed', diagnosis }
      return appendEvent(store, { incident: id, seq: rows[0]!.next, event, at: new Date() })
    }
    await expect.poll(append).not.toBeNull()
    await until('resolved')
  })

  it('leaves the incidents to one process at a time', async () => {
    await start()
    const second = startRunner({ store, handlers: handlers().handlers, logger: silent })
    await expect(second).rejects.toMatchObject({ code: 'STORE_LEASED' })
  })

  it('waits for a database that dies, and goes on when it is back', async () => {
    let diagnosed = () => {}
    const released = new Promise<void>((resolve) => {
      diagnosed = resolve
    })
    const { runner } = await start({
      diagnose: async () => {
        await released
        return { type: 'AttackDiagnosed', diagnosis }
      },
    })
    await runner.report(detection())
    await until('contained')
    const pid = await readFile(join(database.dataDir, 'postgres', 'postmaster.pid'), 'utf8')
    process.kill(Number(pid.split('\n')[0]), 'SIGKILL')
    diagnosed()
    await until('resolved')
    await verifyLog(store)
    expect((await types()).filter((type) => type === 'AttackDiagnosed')).toHaveLength(1)
    expect(runner.ended.aborted).toBe(false)
  })
})

const at = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)

/** Runs the way in a process of its own that stops for ever when it begins `step`, and says so. */
async function runUntil(step: EffectType): Promise<void> {
  const program = `
    import { openStore } from ${at('../core/store.ts')}
    import { createLogger } from ${at('../core/log.ts')}
    import { startRunner } from ${at('./run.ts')}
    import * as example from ${at('../../test/support/incident.ts')}
    const logger = createLogger({ level: 'silent' })
    const store = await openStore({ dataDir: ${JSON.stringify(database.dataDir)}, logger })
    const { approval, block, diagnosis, GATE, intent, patchSet, receipt, restriction, verdict } = example
    const stop = () => new Promise(() => process.stdout.write('reached'))
    const handlers = {
      'plan-containment': async (effect) => ({ type: 'FreezePlanned', considered: effect.functions, intents: [intent('freeze/' + effect.key)],
        containment: { functions: effect.functions, means: [], leftOpen: [], duration: 3600n } }),
      send: async ({ purpose, intent }) => purpose === 'freeze'
        ? { type: 'FreezeMined', receipt: receipt(intent.id, block(11)) } : { type: 'RestrictionMined', receipt: receipt(intent.id, block(20)) },
      'await-lapse': () => new Promise(() => undefined),
      diagnose: async () => ({ type: 'AttackDiagnosed', diagnosis }),
      'plan-patches': async () => ({ type: 'PatchesPlanned', patches: [patchSet(1)] }),
      verify: async ({ candidate }) => ({ type: 'PatchVerified', candidate, verdict: verdict('effective') }),
      'request-approval': async () => ({ type: 'ApprovalRequested', gate: GATE, restriction: restriction() }),
      'await-approval': async (effect) => ({ type: 'ApprovalGranted', approval: approval(effect.restriction), intents: [intent('restrict')] }),
      resolve: async () => ({ type: 'IncidentResolved', summary: 'in force' }),
      reevaluate: async () => ({ type: 'AttackReevaluated', stands: true, reason: '' }),
      notify: async ({ notice }) => ({ type: 'NoticeSent', key: notice.key }),
      [${JSON.stringify(step)}]: stop,
    }
    const runner = await startRunner({ store, handlers, logger })
    await runner.report({ protocol: 'harbor', chainId: 1, victim: example.VICTIM, policy: example.POLICY, sighting: example.sighting() })
    setInterval(() => undefined, 1000)`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout!, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
}

describe('kill -9', () => {
  const steps: EffectType[] = [
    'plan-containment',
    'send',
    'diagnose',
    'plan-patches',
    'verify',
    'request-approval',
    'await-approval',
    'resolve',
    'notify',
  ]
  for (const step of steps) {
    it(`at ${step}: the next process ends what was begun, every step once`, async () => {
      await runUntil(step)
      // The dead process's lease ends when the database notices.
      await expect
        .poll(
          () =>
            start().then(
              () => 'started',
              (error) => error.code,
            ),
          { timeout: 10_000, interval: 50 },
        )
        .toBe('started')
      await until('resolved')
      await expect.poll(() => runner!.incidents()[0]!.notices).toEqual([])
      const way = (await types()).filter((type) => type !== 'NoticeSent')
      expect(way.toSorted()).toEqual(WAY.toSorted())
      await verifyLog(store)
    })
  }
})
