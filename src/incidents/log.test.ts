import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sighting, verdict } from '../../test/support/incident.ts'
import { openTestStore, type TestStore } from '../../test/support/store.ts'
import type { Store } from '../core/store.ts'
import { decodeEvent, encodeEvent } from './codec.ts'
import { appendEvent, readHead, readLog, verifyLog } from './log.ts'
import type { IncidentEvent } from './types.ts'

const AT = new Date('2026-01-02T03:04:05.678Z')
const DISMISSED: IncidentEvent = { type: 'IncidentDismissed', by: 'alice', reason: 'a "drill"\n' }

let database: TestStore
let store: Store

beforeAll(async () => {
  database = await openTestStore()
  store = database.store
})
afterAll(() => database.remove())

/** Changes the log as somebody with full rights could. */
async function tamper(text: string): Promise<void> {
  await store.query('ALTER TABLE events DISABLE TRIGGER ALL')
  await store.query(text)
  await store.query('ALTER TABLE events ENABLE TRIGGER ALL')
}

beforeEach(() => tamper('TRUNCATE events RESTART IDENTITY'))

const append = (incident: string, seq: number, event: IncidentEvent = DISMISSED) =>
  appendEvent(store, { incident, seq, event, at: AT })

async function fill(): Promise<void> {
  for (let seq = 0; seq < 4; seq++) {
    await append('a', seq, { type: 'HumanAnswered', effect: `step-${seq}`, by: 'alice' })
    await append('b', seq)
  }
}

const entries = async () => {
  const list = []
  for await (const entry of readLog(store)) list.push(entry)
  return list
}

describe('encodeEvent', () => {
  it('gives every bigint back, however large, and drops nothing', () => {
    const events: IncidentEvent[] = [
      { type: 'PatchVerified', candidate: 0, verdict: verdict('effective') },
      { type: 'FindingAttached', sighting: sighting() },
    ]
    for (const event of events) expect(decodeEvent(event.type, encodeEvent(event))).toEqual(event)
  })

  it('refuses what it could not give back', () => {
    const event = { type: 'HumanAnswered', effect: { $bigint: '1' }, by: '' } as unknown as IncidentEvent
    expect(() => encodeEvent(event)).toThrowError(expect.objectContaining({ code: 'INTERNAL' }))
  })
})

describe('the decision log', () => {
  it('chains entries of all incidents and reads them back in order', async () => {
    await fill()
    const list = await entries()
    expect(list.map((entry) => `${entry.incident}${entry.seq}`)).toEqual([
      'a0',
      'b0',
      'a1',
      'b1',
      'a2',
      'b2',
      'a3',
      'b3',
    ])
    for (const [index, entry] of list.entries()) {
      if (index > 0) expect(entry.prevHash).toBe(list[index - 1]!.hash)
      expect(entry.at).toEqual(AT)
    }
    expect(await verifyLog(store)).toEqual(await readHead(store))
  })

  it('takes one of two events for the same number, and the same event only once', async () => {
    const rivals = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        append('a', 0, { type: 'HumanAnswered', effect: `${n}`, by: 'alice' }),
      ),
    )
    expect(rivals.filter((head) => head !== null)).toHaveLength(1)
    const first = await append('a', 1)
    expect(await append('a', 1)).toEqual(first)
    expect(await append('a', 5)).toBeNull()
    expect(await entries()).toHaveLength(2)
  })

  it('stays whole under appends from many sides', async () => {
    const side = async (incident: string) => {
      for (let seq = 0; seq < 6; seq++) await append(incident, seq)
    }
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map(side))
    await verifyLog(store)
    expect(await entries()).toHaveLength(30)
  })

  const changes: Record<string, string> = {
    'a changed payload': `UPDATE events SET payload = replace(payload, 'alice', 'mallory') WHERE id = 3`,
    'a changed type': `UPDATE events SET type = 'IncidentExpired' WHERE id = 4`,
    'a changed incident': `UPDATE events SET incident = 'c', seq = 0 WHERE id = 3`,
    'a changed time': `UPDATE events SET at = at + interval '1 millisecond' WHERE id = 5`,
    'a changed hash': `UPDATE events SET hash = 'x' WHERE id = 5`,
    'a changed number': `UPDATE events SET seq = 9 WHERE id = 7`,
    'a removed entry': 'DELETE FROM events WHERE id = 4',
    'a removed first entry': 'DELETE FROM events WHERE id = 1',
    'entries in another order':
      'UPDATE events SET id = CASE id WHEN 3 THEN 104 ELSE 103 END WHERE id IN (3, 4)',
  }
  for (const [name, text] of Object.entries(changes)) {
    it(`shows ${name}, and where`, async () => {
      await fill()
      await tamper(text)
      const failure = await verifyLog(store).catch((error) => error)
      expect(failure).toMatchObject({ code: 'LOG_TAMPERED' })
      expect(failure.meta.some((line: string) => /^row: \d+$/.test(line))).toBe(true)
    })
  }

  it('shows that the newest entries were cut off, given a head noted before', async () => {
    await fill()
    const head = (await readHead(store))!
    await tamper('DELETE FROM events WHERE id = 8')
    await verifyLog(store)
    await expect(verifyLog(store, head)).rejects.toMatchObject({ code: 'LOG_TAMPERED' })
  })

  it('shows an incident that was removed from the middle of the log altogether', async () => {
    await fill()
    await append('c', 0)
    await tamper(`DELETE FROM events WHERE incident = 'b'`)
    await expect(verifyLog(store)).rejects.toMatchObject({ code: 'LOG_TAMPERED' })
  })
})
