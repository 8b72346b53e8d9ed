import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { contractsOf, readBlockFile } from '../chain/block-file.ts'
import { attackSteps, historySteps, readCase } from '../chain/case.ts'
import { startCaseNode } from '../chain/case-node.ts'
import { replayBlock } from '../chain/replay-block.ts'
import type { Execution } from '../chain/types.ts'
import { DETECTORS } from './detectors.ts'
import { buildReplayReport, type ReplayedTransaction } from './replay-report.ts'
import { protectEach, type ScanState, scanExecution, startScan } from './scan.ts'
import type { Protection } from './types.ts'

const cases = path.resolve('cases')
const incidents = path.resolve('../shared/data/incidents')
const blocks = path.resolve('../shared/data/blocks')

/** Scans executions in order and notes what was said of each. */
function scanAll(file: string, scan: ScanState, parts: readonly (readonly [string, readonly Execution[]])[]) {
  const replayed: ReplayedTransaction[] = []
  let state = scan
  for (const [part, executions] of parts) {
    for (const [index, execution] of executions.entries()) {
      const start = performance.now()
      const result = scanExecution(state, execution, DETECTORS)
      state = result.scan
      replayed.push({
        file,
        transaction: `${part} ${index}`,
        inspection: result.inspection,
        milliseconds: performance.now() - start,
        attack: part === 'attack' ? file : null,
      })
    }
  }
  return replayed
}

async function replayCase(file: string, name: string): Promise<ReplayedTransaction[]> {
  const incident = await readCase(file)
  const node = await startCaseNode(incident)
  try {
    const watch = new Set(incident.protected)
    const protection: Protection = { contracts: watch, implementations: new Map() }
    const options = { watch, provenance: true }
    const history = await node.run({ steps: historySteps(incident), ...options })
    const attack = await node.run({ steps: attackSteps(incident), state: history.state, ...options })
    return scanAll(name, startScan([protection]), [
      ['history', history.executions],
      ['attack', attack.executions],
    ])
  } finally {
    await node.stop()
  }
}

function flaggedOf(replayed: readonly ReplayedTransaction[]) {
  const { summary, files } = buildReplayReport(replayed)
  const missed = files.filter(
    ({ flagged }) => !flagged.some(({ transaction }) => transaction.startsWith('attack')),
  )
  return { summary, missed: missed.map(({ file }) => file) }
}

describe('scanning the re-created attacks', () => {
  const names = readdirSync(cases).filter((name) => existsSync(path.join(cases, name, 'case.json')))

  it('sees most attacks and leaves most of their histories alone', { timeout: 300_000 }, async () => {
    const replayed: ReplayedTransaction[] = []
    for (const name of names) replayed.push(...(await replayCase(path.join(cases, name, 'case.json'), name)))
    const { summary, missed } = flaggedOf(replayed)
    process.stdout.write(`own cases: ${JSON.stringify(summary)} missed: ${missed.join(', ')}\n`)
    expect(summary.attacks).toBe(names.length)
    // Three detectors for thirteen classes: attacks that only rounding or order makes possible leave no trace that they look for.
    expect(summary.attacksFlagged / summary.attacks).toBeGreaterThanOrEqual(0.6)
    expect(summary.falsePositives / summary.transactions).toBeLessThan(0.02)
  })
})

describe.skipIf(!existsSync(incidents))('scanning real incidents (skipped without ../shared/data)', () => {
  it('sees at least 24 of 32 attacks and raises no alarm over their histories', {
    timeout: 600_000,
  }, async () => {
    const replayed: ReplayedTransaction[] = []
    for (const name of readdirSync(incidents).filter((file) => file.endsWith('.gz'))) {
      replayed.push(...(await replayCase(path.join(incidents, name), name)))
    }
    const { summary, missed } = flaggedOf(replayed)
    process.stdout.write(`incidents: ${JSON.stringify(summary)} missed: ${missed.join(', ')}\n`)
    expect(summary.attacksFlagged).toBeGreaterThanOrEqual(24)
    expect(summary.falsePositives).toBeLessThanOrEqual(2)
  })
})

describe.skipIf(!existsSync(blocks))('scanning mainnet blocks (skipped without ../shared/data)', () => {
  it('alarms over fewer than 10 and would freeze over fewer than 1 in 1,000', {
    timeout: 600_000,
  }, async () => {
    const replayed: ReplayedTransaction[] = []
    for (const name of readdirSync(blocks).filter((file) => file.endsWith('.gz'))) {
      const file = await readBlockFile(path.join(blocks, name))
      const contracts = contractsOf(file)
      let count = 0
      let scan = startScan(protectEach(contracts))
      for await (const execution of replayBlock(file, { watch: new Set(contracts), provenance: true })) {
        count++
        const start = performance.now()
        const result = scanExecution(scan, execution, DETECTORS)
        scan = result.scan
        const transaction = execution.transaction.hash ?? `${count}`
        const milliseconds = performance.now() - start
        replayed.push({ file: name, transaction, inspection: result.inspection, milliseconds, attack: null })
      }
      expect(count).toBe(file.transactions.length)
    }
    const { summary } = buildReplayReport(replayed)
    process.stdout.write(`blocks: ${JSON.stringify(summary)}\n`)
    expect(summary.transactions).toBe(11_214)
    expect(summary.alertRate).toBeLessThan(0.01)
    expect(summary.freezeRate).toBeLessThan(0.001)
  })
})
