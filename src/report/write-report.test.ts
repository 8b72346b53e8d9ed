import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  approval,
  block,
  diagnosis,
  intent,
  POLICY,
  receipt,
  restriction,
  sighting,
  VICTIM,
  verdict,
  word,
} from '../../test/support/incident.ts'
import type { Execution, Frame } from '../chain/types.ts'
import { type Address, bytesOf } from '../core/hex.ts'
import { buildCfg } from '../evm/cfg.ts'
import { OP } from '../evm/opcodes.ts'
import { hashRestriction } from '../governance/typed-data.ts'
import type { Incident } from '../incidents/types.ts'
import { assemblePatch } from '../patching/assemble.ts'
import { guardArithmetic } from '../patching/guards.ts'
import { buildSiteMap } from '../patching/site-map.ts'
import { writeIncidentReport } from './incident-report.ts'
import type { ReportDetails } from './types.ts'
import { writeReport } from './write-report.ts'

/** PUSH1 5 PUSH1 3 SUB PUSH1 0 MSTORE STOP: a subtraction to guard. */
const CODE = '0x600560030360005200'
const HOSTILE =
  '<script>alert(1)</script> | [x](javascript:alert(1)) `code` **bold**\n# heading \u202egnp.exe'
const ATTACKER: Address = '0x00000000000000000000000000000000000000aa'
const GATE: Address = '0x0000000000000000000000000000000000009a7e'

const { runtime, certificate } = assemblePatch({
  code: bytesOf(CODE),
  siteMap: buildSiteMap(buildCfg(bytesOf(CODE))),
  guards: [guardArithmetic({ pc: 4, opcode: OP.SUB })],
})

function frame(index: number, fields: Partial<Frame>): Frame {
  return {
    index,
    parent: null,
    depth: 0,
    type: 'CALL',
    caller: ATTACKER,
    context: VICTIM,
    code: VICTIM,
    input: '0xaaaaaaaa',
    selector: '0xaaaaaaaa',
    output: '0x',
    value: 0n,
    gas: 0n,
    gasUsed: 0n,
    status: 'success',
    error: null,
    reverted: false,
    children: [],
    ...fields,
  }
}

const execution: Execution = {
  transaction: { from: ATTACKER, to: ATTACKER, data: '0x', value: 0n, gas: 0n },
  block: sighting().context,
  status: 'success',
  output: '0x',
  gasUsed: 0n,
  frames: [
    frame(0, { context: ATTACKER, code: ATTACKER, selector: '0x' }),
    frame(1, { parent: 0, depth: 1, value: 10n ** 18n }),
    frame(2, { parent: 1, depth: 2, context: ATTACKER, code: ATTACKER, selector: '0x' }),
    frame(3, { parent: 2, depth: 3, selector: '0xbbbbbbbb', status: 'revert', error: HOSTILE }),
  ],
  logs: [],
  transfers: [],
  created: [],
  diff: {},
}

const seen = sighting()
const incident: Incident = {
  id: word(1),
  protocol: 'harbor',
  chainId: 1,
  victim: VICTIM,
  policy: POLICY,
  seq: 8,
  sightings: [{ ...seen, finding: { ...seen.finding, summary: HOSTILE } }],
  doubts: 0,
  doubted: false,
  freezes: [
    {
      containment: {
        functions: [{ target: VICTIM, selector: '0xaaaaaaaa' }],
        means: [{ kind: 'shim', gate: GATE, target: VICTIM, selectors: ['0xaaaaaaaa'] }],
        leftOpen: [{ target: VICTIM, selector: '0xbbbbbbbb', why: 'users need it to get out' }],
        duration: 3_600n,
      },
      considered: [],
      sendings: [{ intent: intent('freeze'), receipt: receipt('freeze', block(101)) }],
      lapsedAt: null,
    },
  ],
  diagnosis: { ...diagnosis, evidence: { text: HOSTILE } },
  candidates: [
    {
      patch: {
        patches: [{ target: VICTIM, kind: 'bytecode', runtime, certificate }],
        description: ['refuses a subtraction below zero'],
        cost: 1,
      },
      verdict: verdict('effective'),
    },
  ],
  verification: 0,
  released: false,
  request: { gate: GATE, restriction: restriction() },
  approval: approval(restriction()),
  restriction: [{ intent: intent('restrict'), receipt: receipt('restrict', block(104)) }],
  notices: [],
  blockers: [],
  closed: 'resolved',
}

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 12, 0, seconds)).toISOString()
const details: ReportDetails = {
  events: [
    {
      at: at(0),
      event: {
        type: 'AttackDetected',
        protocol: 'harbor',
        chainId: 1,
        victim: VICTIM,
        policy: POLICY,
        sighting: incident.sightings[0]!,
      },
    },
    { at: at(2), event: { type: 'FreezeMined', receipt: receipt('freeze', block(101)) } },
    { at: at(9), event: { type: 'RestrictionMined', receipt: receipt('restrict', block(104)) } },
    { at: at(10), event: { type: 'IncidentResolved', summary: 'patched' } },
  ],
  execution,
  protection: { contracts: new Set([VICTIM]), implementations: new Map() },
  codes: new Map([[VICTIM, CODE]]),
  names: new Map([['0xaaaaaaaa', 'withdraw(uint256)']]),
}

describe('an incident report', () => {
  const { markdown, html } = writeReport(incident, details)

  test('has every part of the story, in order, in both forms', () => {
    const parts = [
      'Timeline',
      'The attack',
      'Containment',
      'Diagnosis',
      'The patch',
      'Verification',
      'Approval',
      'Transactions',
      'How to verify this yourself',
    ]
    expect([...markdown.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual(parts)
    expect([...html.matchAll(/<h2>(.+?)<\/h2>/g)].map(([, title]) => title)).toEqual(parts)
  })

  test('says in plain words what happened, where and how fast', () => {
    const text = html.replaceAll(/<[^>]+>/g, '')
    expect(text).toContain('was seen while it was pending')
    expect(text).toContain(
      '1 function of the protocol was frozen in block 101, 2000 ms after the attack was seen',
    )
    expect(text).toContain('in force since block 104 (9000 ms after the attack was seen)')
    expect(text).toContain('freeze mined: success1012026-01-01T12:00:02.000Z2000')
  })

  test('draws the calls with protected and re-entered frames marked', () => {
    const lines = html.split('\n').filter((line) => /^(<pre>)?[ *] +CALL/.test(line))
    expect(lines).toHaveLength(4)
    expect(lines[1]).toMatch(/^\* {3}CALL .*withdraw\(uint256\) paying 1 ether$/)
    expect(lines[2]).toMatch(/^ {6}CALL .*plain transfer.*\[re-entered\]/)
    expect(lines[3]).toMatch(/^\* {7}CALL .*0xbbbbbbbb.*\[revert: .*\[re-entered\]/)
    expect(lines[0]).not.toContain('re-entered')
  })

  test('shows the patch as disassembly, its certificate, the checks and the gas', () => {
    expect(markdown).toMatch(/^```diff$/m)
    expect(html).toMatch(/<span class="cut">- 0x0004 {2}SUB<\/span>/)
    expect(html).toContain(certificate.patched)
    expect(html).toContain('1 window with 1 guard')
    expect(html).toMatch(/<tr><td>attack<\/td><td>pass<\/td>/)
    expect(html).toMatch(/1180591620717411303424 before, 1180591620717411303425 after \(\+0\.00 %\)/)
  })

  test('names the digest guardians signed, who they are, and how to check it', () => {
    const digest = hashRestriction({ gate: GATE, chainId: 1 }, restriction())
    for (const form of [markdown, html]) {
      expect(form).toContain(digest)
      expect(form).toContain(incident.approval!.signatures[0]!.signer)
      expect(form).toContain(`cast receipt ${seen.transaction.hash}`)
    }
  })

  test('lets nothing from the chain become markup', () => {
    expect(html).not.toMatch(/<script|<a |javascript:alert\(1\)"/)
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    const outside = markdown.replaceAll(/^(`{3,})[^`\n]*\n[\s\S]*?\n\1$/gm, '')
    expect(outside).not.toMatch(/(?<!\\)<script/)
    expect(outside).not.toMatch(/(?<!\\)\[x\]/)
    expect(outside).not.toMatch(/^# heading/m)
    expect(`${markdown}${html}`).not.toContain('\u202e')
  })

  test('keeps the shape of tables whatever is in them', () => {
    const blocks = markdown.split('\n\n').filter((text) => text.startsWith('| '))
    expect(blocks.length).toBeGreaterThan(5)
    for (const text of blocks) {
      const columns = text.split('\n').map((line) => line.split(/(?<!\\)\|/).length)
      expect(new Set(columns).size).toBe(1)
    }
  })

  test('is one file that fetches nothing and runs nothing', () => {
    expect(html).toContain("default-src 'none'")
    expect(html).not.toMatch(/<(script|link|img|iframe)|\ssrc=|url\(/)
    expect(html).toContain('name="viewport"')
    expect(html).toContain('prefers-color-scheme: dark')
  })

  test('says so where something did not happen', () => {
    const open: Incident = {
      ...incident,
      freezes: [],
      diagnosis: null,
      candidates: null,
      request: null,
      approval: null,
      restriction: [],
      closed: null,
    }
    const report = writeReport(open, { ...details, execution: null }).html
    for (const sentence of [
      'Nothing was frozen.',
      'There is no diagnosis.',
      'There is no patch that was shown to work.',
      'Nothing was verified.',
      'Guardians were not asked.',
      'Nothing was sent.',
    ]) {
      expect(report).toContain(sentence)
    }
  })

  test('is written beside others, under the name of its incident', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'suture-report-'))
    try {
      const files = await writeIncidentReport({ ...incident, id: '../../x' }, path.join(folder, 'a'), details)
      expect(path.dirname(files.html)).toBe(path.join(folder, 'a'))
      expect(await readFile(files.markdown, 'utf8')).toContain('## Timeline')
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
