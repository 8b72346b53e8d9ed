/**
 * Runs the loop on every own case and judges its patches from outside, with the held-out variants of each attack, which the loop never
 * sees. Prints a table and writes it to `bench/results/patch.{json,md}`.
 *
 *   npm run bench:patch            all cases
 *   npm run bench:patch -- perp    those whose name contains a text; nothing is written
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { CaseDeclaration, CaseFile, CaseTransaction } from '../cases/lib/types.ts'
import { parseCase } from '../src/chain/case.ts'
import { messageOf } from '../src/core/errors.ts'
import { healCase } from '../src/pipeline/heal.ts'
import type { VerdictKind } from '../src/verification/types.ts'
import { type Judgement, judgePatches } from './judge-case.ts'
import { markdownTable } from './markdown.ts'

interface Row {
  readonly name: string
  readonly class: string
  readonly compiler: string
  /** null: the loop ended with an error. */
  readonly verdict: VerdictKind | null
  readonly diagnosis: string | null
  readonly judgement: Judgement | null
  /** `healed` and so on, or `failed`. */
  readonly result: string
  readonly detected: boolean
  /** Findings grave enough for an incident, in the history. */
  readonly falseAlarms: number
  /** Of the loop alone. */
  readonly seconds: number
  readonly error: string | null
}

const CASES = join(import.meta.dirname, '../cases')
const RESULTS = join(import.meta.dirname, 'results')
const RESULTS_IN_ORDER = ['healed', 'unhealed', 'harmed', 'failed'] as const

const filter = process.argv[2] ?? ''
const names = readdirSync(CASES).filter(
  (name) => name.includes(filter) && existsSync(join(CASES, name, 'case.json')),
)
const rows: Row[] = []
for (const name of names) {
  const row = await healAndJudge(name)
  rows.push(row)
  console.error(
    `${row.result.padEnd(9)} ${name.padEnd(22)} ${row.seconds.toFixed(1).padStart(6)} s  ${row.diagnosis ?? row.error ?? ''}`,
  )
}
const markdown = summarise(rows)
console.log(markdown)
if (filter === '') {
  writeFileSync(
    join(RESULTS, 'patch.json'),
    `${JSON.stringify({ format: 'suture-bench-patch/1', rows }, null, 2)}\n`,
  )
  writeFileSync(join(RESULTS, 'patch.md'), `${markdown}\n`)
}

async function healAndJudge(name: string): Promise<Row> {
  const folder = join(CASES, name)
  const file: CaseFile = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8'))
  const identity = { name, class: file.class, compiler: await compilerOf(folder) }
  const begun = performance.now()
  const seconds = () => Math.round((performance.now() - begun) / 100) / 10
  try {
    // Ground truth is dropped by the parser; the name goes too.
    const healing = await healCase({ ...parseCase(file), name: 'case' })
    const healed = seconds()
    const patches = healing.verdict === 'effective' ? (healing.remedy?.patches ?? []) : []
    const variants: CaseTransaction[][] = JSON.parse(readFileSync(join(folder, 'variants.json'), 'utf8'))
    const judgement = patches.length > 0 ? await judgePatches(file, patches, variants) : null
    return {
      ...identity,
      verdict: healing.verdict,
      diagnosis: healing.diagnosis?.class ?? null,
      judgement,
      result: judgement?.judged ?? 'unhealed',
      detected: healing.findings.some(({ transaction }) => transaction.part === 'attack'),
      falseAlarms: healing.findings.filter(
        ({ transaction, finding }) =>
          transaction.part === 'history' && ['high', 'critical'].includes(finding.severity),
      ).length,
      seconds: healed,
      error: null,
    }
  } catch (error) {
    const nothing = { verdict: null, diagnosis: null, judgement: null, detected: false, falseAlarms: 0 }
    return {
      ...identity,
      ...nothing,
      result: 'failed',
      seconds: seconds(),
      error: messageOf(error).split('\n')[0]!,
    }
  }
}

/** As the case declares it for its own sources. */
async function compilerOf(folder: string): Promise<string> {
  const { default: declaration }: { default: CaseDeclaration<unknown> } = await import(
    pathToFileURL(join(folder, 'case.ts')).href
  )
  const { compiler, optimizerRuns, viaIR } = declaration.units[0]!
  return `${compiler}${viaIR ? ' via IR' : ''}${optimizerRuns === undefined ? '' : ' optimised'}`
}

function summarise(all: readonly Row[]): string {
  const each = all.map((row) => [
    row.class,
    row.compiler,
    row.name,
    row.result,
    row.diagnosis ?? '–',
    row.judgement ? `${row.judgement.variantsStopped} of ${row.judgement.variants}` : '–',
    row.judgement ? String(row.judgement.historyChanged) : '–',
    row.detected ? `yes${row.falseAlarms ? `, ${row.falseAlarms} false` : ''}` : 'no',
    row.seconds.toFixed(1),
  ])
  const head = [
    'class',
    'compiler',
    'case',
    'judged',
    'diagnosis',
    'variants stopped',
    'benign changed',
    'detected',
    'seconds',
  ]
  const count = (rows: readonly Row[], result: string) =>
    String(rows.filter((row) => row.result === result).length)
  const group = (by: 'class' | 'compiler') =>
    [...new Set(all.map((row) => row[by]))].sort().map((key) => {
      const rows = all.filter((row) => row[by] === key)
      return [key, ...RESULTS_IN_ORDER.map((result) => count(rows, result))]
    })
  const narrow = all.filter(({ result, judgement }) => result === 'unhealed' && judgement?.attackStopped)
  const overclaimed = all.filter(({ verdict, result }) => verdict === 'effective' && result !== 'healed')
  const seconds = all.map((row) => row.seconds).sort((a, b) => a - b)
  return [
    '# Healing the own cases',
    `${count(all, 'healed')} of ${all.length} healed, ${count(all, 'unhealed')} unhealed, ${count(all, 'harmed')} harmed, ` +
      `${count(all, 'failed')} failed; ${overclaimed.length} called effective by the loop but not healed. Of the unhealed, ${narrow.length} stop the ` +
      'attack itself and not every variant that was held out.',
    'Judged from outside: the patches are put into the state of the case; history, the attack and every held-out variant of it are mined on ' +
      'fresh nodes. The loop sees neither the variants nor what was lost. `healed`: none of them takes anything, and no benign transaction goes ' +
      `otherwise. Seconds are those of this run, median ${seconds[Math.floor(seconds.length / 2)] ?? 0}; they depend on the machine.`,
    markdownTable(['class', ...RESULTS_IN_ORDER], group('class')),
    markdownTable(['compiler', ...RESULTS_IN_ORDER], group('compiler')),
    markdownTable(
      head,
      each.sort(([a, b], [c, d]) => `${a}${b}`.localeCompare(`${c}${d}`)),
    ),
  ].join('\n\n')
}
