/**
 * How fast the live loop answers an attack, beside a bare trace of it. One run, one node; prints a table and writes it to `bench/results/latency.{json,md}`.
 *
 *   npm run bench              60 attacks
 *   npm run bench -- 10        so many attacks; nothing is written
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLogger } from '../src/core/log.ts'
import { startWorld } from '../src/demo/world.ts'
import { openTestStore } from '../test/support/store.ts'
import { markdownTable } from './markdown.ts'
import { measureResponse, type ResponseTimes } from './measure-response.ts'
import { type Percentiles, percentilesOf } from './percentiles.ts'

const RESULTS = join(import.meta.dirname, 'results')
const REPETITIONS = 60
const WARM_UP = 5
/** Benign uses the loop has learned from when the first attack comes. */
const HISTORY = 40

const repetitions = Number(process.argv[2] ?? REPETITIONS)
const response = await timeResponse()
const ratios = {
  finding: percentilesOf(response.map(({ finding, trace }) => finding / trace)),
  freeze: percentilesOf(response.map(({ freeze, trace }) => freeze / trace)),
}
const milliseconds = {
  trace: percentilesOf(response.map(({ trace }) => trace)),
  finding: percentilesOf(response.map(({ finding }) => finding)),
  freeze: percentilesOf(response.map(({ freeze }) => freeze)),
}
const markdown = summarise()
console.log(markdown)
if (process.argv[2] === undefined) {
  const result = {
    format: 'suture-bench-latency/1',
    repetitions,
    ratios,
    milliseconds,
  }
  writeFileSync(join(RESULTS, 'latency.json'), `${JSON.stringify(result, null, 2)}\n`)
  writeFileSync(join(RESULTS, 'latency.md'), `${markdown}\n`)
}

async function timeResponse(): Promise<readonly ResponseTimes[]> {
  const logger = createLogger({ level: 'warn', destination: process.stderr })
  const store = await openTestStore()
  const world = await startWorld({ blockTime: 1, logger })
  try {
    await world.attacker.prepare()
    world.crowd.start(8)
    while (world.crowd.activity.length < HISTORY) await sleep(100)
    await world.crowd.stop()
    await world.node.rpc.request('evm_setIntervalMining', [0])
    const onProgress = (done: number) => process.stderr.write(`\r${done} of ${repetitions} attacks`)
    const times = await measureResponse({
      world,
      store: store.store,
      logger,
      repetitions,
      warmUp: WARM_UP,
      onProgress,
    })
    process.stderr.write('\n')
    return times
  } finally {
    await world.stop()
    await store.remove()
  }
}

function summarise(): string {
  const ms = ({ p50, p99 }: Percentiles) => [p50.toFixed(2), p99.toFixed(2)]
  const times = ({ p50, p99 }: Percentiles) => [`${p50.toFixed(1)}×`, `${p99.toFixed(1)}×`]
  return [
    '# Latency',
    '## From a pending attack to the freeze',
    `${response.length} attacks on the demo's pool, in the mempool for all to see, with the whole live loop running: trace, detectors, incident ` +
      'recorded in PostgreSQL, containment planned, freeze simulated, signed, recorded and sent, diagnosis under way beside it. Time counts from the ' +
      'notification that the transaction is pending. Beside it a bare `debug_traceCall` with `callTracer` of the same transaction on the same ' +
      'connection to the same node; ratios are taken attack by attack. Milliseconds are those of this run. In every repetition the freeze came ' +
      'before the attack in the block.',
    markdownTable(
      ['step', 'ms p50', 'ms p99', 'ratio p50', 'ratio p99'],
      [
        ['bare trace', ...ms(milliseconds.trace), '1×', '1×'],
        ['finding', ...ms(milliseconds.finding), ...times(ratios.finding)],
        ['freeze sent', ...ms(milliseconds.freeze), ...times(ratios.freeze)],
      ],
    ),
  ].join('\n\n')
}
