/**
 * Runs the loop on the real incidents beside the checkout (`../shared/data/incidents`: chain state, real bytecode, no source) and prints diagnosis, patch
 * and verdict of each, with the reason where nothing was found. What the loop says of itself is not a judgement: judge its output from
 * outside. Results in `bench/results/incidents.{json,md}`.
 *
 *   npm run bench:incidents              all of them
 *   npm run bench:incidents -- Yield     those whose name contains a text; nothing is written
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readCase } from '../src/chain/case.ts'
import { messageOf } from '../src/core/errors.ts'
import { healCase } from '../src/pipeline/heal.ts'
import { markdownTable } from './markdown.ts'

interface Row {
  readonly incident: string
  readonly diagnosis: string
  /** `palliative`: effective, but not against wider relatives of the attack. */
  readonly verdict: string
  readonly tried: number
  readonly patch: string
  readonly reason: string
  readonly seconds: number
}

const DATA = join(import.meta.dirname, '../../shared/data/incidents')
const RESULTS = join(import.meta.dirname, 'results')
const SHOWN = 220

const filter = process.argv[2] ?? ''
if (!existsSync(DATA)) {
  console.error(`There are no incidents at ${DATA}: nothing is measured.`)
  process.exit(0)
}
const files = readdirSync(DATA).filter((file) => file.endsWith('.json.gz') && file.includes(filter))
const rows: Row[] = []
for (const file of files.sort()) {
  const row = await heal(file)
  rows.push(row)
  console.error(
    `${row.verdict.padEnd(12)} ${row.incident.padEnd(26)} ${row.seconds.toFixed(1)} s  ${row.diagnosis}`,
  )
}
const markdown = summarise(rows)
console.log(markdown)
if (filter === '') {
  writeFileSync(
    join(RESULTS, 'incidents.json'),
    `${JSON.stringify({ format: 'suture-bench-incidents/1', rows }, null, 2)}\n`,
  )
  writeFileSync(join(RESULTS, 'incidents.md'), `${markdown}\n`)
}

async function heal(file: string): Promise<Row> {
  const incident = file.replace('.json.gz', '')
  const begun = performance.now()
  const seconds = () => Math.round((performance.now() - begun) / 100) / 10
  try {
    const told = await readCase(join(DATA, file))
    const { diagnosis, remedy, tried, verdict, checks } = await healCase({ ...told, name: 'case' })
    const chosen = tried.find(({ patch }) => patch === remedy)
    const against = checks.find(({ result }) => result !== 'pass')
    return {
      incident,
      diagnosis: diagnosis?.class ?? '–',
      verdict: verdict === 'effective' && !chosen?.general ? 'palliative' : verdict,
      tried: tried.length,
      patch: verdict === 'effective' ? (remedy?.description.join('; ') ?? '') : '',
      reason: against ? `${against.name}: ${against.detail}` : '',
      seconds: seconds(),
    }
  } catch (error) {
    const reason = messageOf(error).split('\n')[0]!
    return { incident, diagnosis: '–', verdict: 'failed', tried: 0, patch: '', reason, seconds: seconds() }
  }
}

function summarise(all: readonly Row[]): string {
  const count = (verdict: string) => all.filter((row) => row.verdict === verdict).length
  const middle = all.map((row) => row.seconds).sort((a, b) => a - b)[Math.floor(all.length / 2)]
  const cell = (text: string) => text.replaceAll('\n', ' ').replaceAll('|', '\\|').slice(0, SHOWN)
  return [
    '# Real incidents',
    `Of ${all.length} incidents the loop calls its patch effective and general in ${count('effective')}, effective but a palliative in ` +
      `${count('palliative')}, and finds none in ${all.length - count('effective') - count('palliative')}. Median ${middle} s each, which depends on the machine.`,
    markdownTable(
      ['incident', 'diagnosis', 'verdict', 'tried', 'what it refuses, or why there is no patch', 'seconds'],
      all.map((row) => [
        row.incident,
        row.diagnosis,
        row.verdict,
        String(row.tried),
        cell(row.patch || row.reason),
        row.seconds.toFixed(1),
      ]),
    ),
  ].join('\n\n')
}
