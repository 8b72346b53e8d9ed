import { expect, it } from 'vitest'
import { buildReplayReport, type ReplayedTransaction } from './replay-report.ts'
import type { Finding, Severity } from './types.ts'

const finding = (severity: Severity): Finding => ({
  detector: 'outflow', severity, subject: '0x00000000000000000000000000000000000000aa',
  functions: [], summary: '', evidence: { share: 0.5 }, fingerprint: '0x',
}) // biome-ignore format: one fixture

const replayed = (
  transaction: string,
  severity: Severity | null,
  attack: string | null,
): ReplayedTransaction => ({
  file: 'a.json',
  transaction,
  attack,
  milliseconds: Number(transaction),
  inspection: { checked: true, findings: severity ? [finding(severity)] : [] },
})

it('counts alerts, freezes, attacks once each, and alarms over what was no attack', () => {
  const unchecked: ReplayedTransaction = {
    ...replayed('5', null, null),
    inspection: { checked: false, findings: [], reasons: ['x'] },
  }
  const report = buildReplayReport([
    replayed('1', 'medium', null), replayed('2', 'high', null),
    replayed('3', 'critical', 'x'), replayed('4', 'high', 'x'), unchecked,
  ]) // biome-ignore format: five transactions
  expect(report.summary).toEqual({
    transactions: 5,
    checked: 4,
    couldNotCheck: 1,
    flagged: 3,
    alertRate: 0.6,
    freezeRate: 0.2,
    attacks: 1,
    attacksFlagged: 1,
    falsePositives: 1,
    millisecondsPerTransaction: { p50: 3, p99: 5 },
  })
  expect(report.files[0]?.flagged.map(({ transaction }) => transaction)).toEqual(['2', '3', '4'])
})

it('reports nothing as nothing', () => {
  expect(buildReplayReport([]).summary).toMatchObject({ transactions: 0, alertRate: 0, freezeRate: 0 })
})
