/**
 * Analyses distinct runtime codes of real blocks and says how much could be resolved and how long it took. Writes
 * `bench/results/analyse.{json,md}`. The data is not part of the repository; without it nothing is measured and nothing is written.
 *
 *   npm run bench:analyse            at most 2,000 codes
 *   npm run bench:analyse -- 100     at most so many; nothing is written
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Hex } from '../src/core/hex.ts'
import { type Measured, measureCode } from './analyse-code.ts'
import { markdownTable } from './markdown.ts'
import { percentilesOf } from './percentiles.ts'
import { readCodes } from './real-codes.ts'

const DATA = join(import.meta.dirname, '../../shared/data')
const RESULTS = join(import.meta.dirname, 'results')
const MOST = 2_000
const SLOWEST_ALLOWED = 5_000
/** Blocks hold fewer codes than are wanted; those of incidents fill up. */
const FOLDERS = ['blocks', 'incidents'].map((name) => join(DATA, name))

const asked = process.argv[2] === undefined ? null : Number(process.argv[2])
const codes = readCodes(FOLDERS).slice(0, asked ?? MOST)
if (codes.length === 0) {
  console.error(`No data: ${FOLDERS.join(' and ')} hold no codes. Nothing was measured.`)
} else {
  const rows = codes.map(measure)
  const markdown = summarise(rows)
  console.log(markdown)
  if (asked === null) {
    writeFileSync(join(RESULTS, 'analyse.json'), `${JSON.stringify(toResult(rows), null, 2)}\n`)
    writeFileSync(join(RESULTS, 'analyse.md'), `${markdown}\n`)
  }
  if (rows.some(({ error, milliseconds }) => error !== null || milliseconds > SLOWEST_ALLOWED))
    process.exitCode = 1
}

function measure(code: Hex, i: number): Measured {
  const row = measureCode(code)
  if (i % 100 === 99) console.error(`${i + 1} of ${codes.length}`)
  if (row.error) console.error(`${row.hash}: ${row.error}`)
  return row
}

/** Totals, and the codes that are worth a look: with a gap, an error, or other selectors than evmole finds. */
function toResult(rows: readonly Measured[]): Record<string, unknown> {
  return {
    format: 'suture-bench-analyse/1',
    figures: Object.fromEntries(figuresOf(rows)),
    notable: rows.filter(
      ({ complete, error, selectors }) =>
        !complete || error !== null || selectors.missed + selectors.extra > 0,
    ),
  }
}

function figuresOf(rows: readonly Measured[]): [string, string][] {
  const sum = (of: (row: Measured) => number) => rows.reduce((total, row) => total + of(row), 0)
  const share = (part: number, whole: number) => `${((100 * part) / Math.max(1, whole)).toFixed(2)} %`
  const codesWhere = (holds: (row: Measured) => boolean) => {
    const count = rows.filter(holds).length
    return `${count} of ${rows.length} (${share(count, rows.length)})`
  }
  const { p50, p99 } = percentilesOf(rows.map(({ milliseconds }) => milliseconds))
  const slowest = Math.max(...rows.map(({ milliseconds }) => milliseconds))
  const [missed, extra] = [sum((row) => row.selectors.missed), sum((row) => row.selectors.extra)]
  const [both, all] = [sum((row) => row.selectors.both), sum((row) => row.selectors.both) + missed + extra]
  const [jumps, dynamic] = [sum((row) => row.jumps.all), sum((row) => row.jumps.dynamic)]
  const writes = sum((row) => row.writes.all)
  return [
    ['distinct codes', String(rows.length)],
    ['crashed', codesWhere(({ error }) => error !== null)],
    ['milliseconds, median', p50.toFixed(1)],
    ['milliseconds, p99', p99.toFixed(0)],
    ['milliseconds, slowest', slowest.toFixed(0)],
    [
      'jumps with a target pushed in the same block resolved',
      share(
        jumps - dynamic - sum((row) => row.jumps.unresolved - row.jumps.dynamicUnresolved),
        jumps - dynamic,
      ),
    ],
    [
      'other jumps resolved by the control-flow graph',
      `${share(dynamic - sum((row) => row.jumps.dynamicUnresolved), dynamic)} of ${dynamic}`,
    ],
    ['codes of which the graph resolves every jump', codesWhere(({ jumps }) => jumps.unresolved === 0)],
    ['codes of which every function is followed to the end', codesWhere(({ complete }) => complete)],
    ['functions', String(sum(({ functions }) => functions.all))],
    ['of them with a gap', String(sum(({ functions }) => functions.withGap))],
    ['selectors found here and by evmole', `${share(both, all)} of ${all}`],
    ['selectors only evmole found', String(missed)],
    ['selectors only found here', String(extra)],
    [
      'codes with the same selectors as evmole',
      codesWhere(({ selectors }) => selectors.missed + selectors.extra === 0),
    ],
    ['variables', String(sum(({ variables }) => variables))],
    ['writes, by function', String(writes)],
    [
      'of them with a known slot',
      share(
        sum((row) => row.writes.known),
        writes,
      ),
    ],
    ...(['authority', 'record', 'origin', 'none', 'unknown'] as const).map((protection): [string, string] => [
      `writes with protection ${protection}`,
      share(
        sum((row) => row.writes.protection[protection] ?? 0),
        writes,
      ),
    ]),
  ]
}

function summarise(rows: readonly Measured[]): string {
  return [
    '# Analysing deployed bytecode',
    'Distinct runtime codes of accounts touched in 21 mainnet blocks and 32 incidents, by code hash. Time is processor time for building the ' +
      'control-flow graph and analysing every function, and depends on the machine. A function has a gap where a jump target is not ' +
      'known, an internal function calls itself deeper than is followed, or the budget is used up.',
    markdownTable(['what', 'figure'], figuresOf(rows)),
  ].join('\n\n')
}
