import { describe, expect, test } from 'vitest'
import type { Hex } from '../core/hex.ts'
import { createDisplay } from './display.ts'
import { Feed } from './feed.ts'
import { followIncident, type Milestone } from './milestones.ts'

const ATTACK: Hex = `0x${'a1'.repeat(32)}`
const VICTIM: Hex = `0x${'b2'.repeat(20)}`

const event = (name: string, payload: object, incident = 'one') =>
  JSON.stringify({ type: 'event', at: '2026-01-01T00:00:00Z', incident, event: name, payload })

const detected = (hash: string, victim: string, incident?: string) =>
  event(
    'AttackDetected',
    { victim, sighting: { finding: { detector: 'outflow', summary: 'gone' }, transaction: { hash } } },
    incident,
  )

const mined = (name: string, hash: string) => event(name, { receipt: { hash, blockNumber: '0x10' } })

function follow(feed: Feed, until: 'FreezeMined' | 'IncidentResolved', timeoutMs = 2_000) {
  const told: Milestone[] = []
  const response = followIncident({
    feed,
    attack: ATTACK,
    victim: VICTIM,
    since: Date.now(),
    from: 0,
    until,
    timeoutMs,
    onMilestone: (milestone) => told.push(milestone),
  })
  return { response, told }
}

describe('following an incident', () => {
  test('keeps to the one the attack opened, from the first sight to the report', async () => {
    const feed = new Feed()
    const { response, told } = follow(feed, 'IncidentResolved')
    feed.accept(detected('0x99', '0x98', 'another'))
    feed.accept('warning: not a line of ours')
    feed.accept(detected(ATTACK, VICTIM))
    feed.accept(event('FreezeMined', { receipt: { hash: '0x77', blockNumber: 3 } }, 'another'))
    feed.accept(mined('FreezeMined', '0xf1'))
    for (const signer of ['0x1', '0x2', '0x3']) feed.accept(JSON.stringify({ type: 'signature', signer }))
    feed.accept(mined('RestrictionMined', '0xf2'))
    feed.accept(event('IncidentResolved', { summary: 'patched' }))
    feed.accept(JSON.stringify({ type: 'report', markdown: 'a.md', html: 'a.html' }))
    expect(await response).toMatchObject({
      incident: 'one',
      freezes: ['0xf1'],
      restriction: '0xf2',
      signers: ['0x1', '0x2', '0x3'],
      report: { markdown: 'a.md', html: 'a.html' },
    })
    expect(told.map(({ name, block }) => [name, block])).toEqual([
      ['seen', null],
      ['frozen', 16n],
      ['upgraded', 16n],
      ['resolved', null],
    ])
  })

  test('returns what there was when the time is over', async () => {
    const feed = new Feed()
    feed.accept(detected(ATTACK, VICTIM))
    const { incident, restriction } = await follow(feed, 'IncidentResolved', 50).response
    expect({ incident, restriction }).toEqual({ incident: 'one', restriction: null })
  })

  test('does not wait for a process that is over', async () => {
    const feed = new Feed()
    const { response } = follow(feed, 'FreezeMined', 60_000)
    feed.end('killed')
    expect(await response).toMatchObject({ incident: null, freezes: [] })
    await expect(feed.waitFor('watching', () => true, 60_000)).rejects.toMatchObject({ code: 'INTERNAL' })
  })
})

describe('the display', () => {
  const milestone: Milestone = { name: 'frozen', milliseconds: 1_234, block: 7n, detail: 'withdraw' }

  function show(terminal: boolean, environment: NodeJS.ProcessEnv = {}): string {
    let shown = ''
    const output = {
      isTTY: terminal,
      columns: 80,
      write(text: string | Uint8Array) {
        shown += text
        return true
      },
    }
    const display = createDisplay(output, environment)
    display.status('block 1')
    display.milestone(milestone)
    display.end()
    return shown
  }

  test('is plain text where there is no terminal', () => {
    expect(show(false)).toBe('    +1.23 s  block 7    frozen      withdraw\n')
  })

  test('writes its status over on a terminal, and colours only where that is wanted', () => {
    expect(show(true)).toContain('\u001b[36mfrozen')
    expect(show(true, { NO_COLOR: '1' })).not.toContain('\u001b[36m')
    expect(show(true, { NO_COLOR: '1' }).endsWith('\r\u001b[2K')).toBe(true)
  })
})
