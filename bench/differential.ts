/**
 * Calls real contracts with random guards beside their originals, in one EVM (forge), and compares everything they do. Prints tables and writes
 * them to `bench/results/differential.{json,md}`. Ends with 1 when a patched contract did what its original does not.
 *
 *   npm run bench:differential                    a million calls
 *   npm run bench:differential -- 50000           so many; nothing is written
 *   npm run bench:differential -- 50000 7 usdt    with this seed, on contracts whose name contains a text
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TEMPLATES } from '../src/patching/templates/table.ts'
import { templatesOf } from '../test/support/random-guards.ts'
import { blockSubjects, caseSubjects, incidentSubjects } from './differential/data-subjects.ts'
import { packageSubjects } from './differential/package-subjects.ts'
import { type DifferentialResult, runDifferential } from './differential/run.ts'
import type { PatchResult, Tally } from './differential/run-forge.ts'
import type { Subject } from './differential/subject.ts'
import { markdownTable } from './markdown.ts'

const RESULTS = join(import.meta.dirname, 'results')
const CALLS = 1_000_000
const SEED = 20_261_122
const PATCHES = 24
const PROCESSES = 2
/** Contracts taken from each mainnet block. */
const PER_BLOCK = 6
const COUNTS = [
  'calls',
  'succeeded',
  'guarded',
  'refused',
  'refusedInside',
  'refusedBoth',
  'halted',
  'gasBound',
  'differences',
] as const

/** Of a difference: plan, seed, call and the beginning of what was recorded. */
const SHOWN = 160
const [wanted, seedGiven, filter = ''] = process.argv.slice(2)
const calls = Number(wanted ?? CALLS)
const seed = Number(seedGiven ?? SEED)
console.error(`seed ${seed}`)
const found = [
  ...(await incidentSubjects()),
  ...(await blockSubjects(PER_BLOCK)),
  ...(await packageSubjects()),
  ...(await caseSubjects()),
]
const result = await runDifferential(
  found.filter(({ name }) => name.includes(filter)),
  {
    seed,
    calls,
    patches: PATCHES,
    processes: PROCESSES,
    onProgress: (line) => console.error(line),
  },
)
const templates = coverage(result)
const markdown = summarise(result)
console.log(markdown)
const differences = [...result.census.differences, ...result.run.differences]
for (const line of differences) console.error(line.slice(0, SHOWN))
if (differences.length > 0) process.exitCode = 1
if (wanted === undefined) {
  const { subjects, run, census, prepared } = result
  const file = {
    format: 'suture-bench-differential/1',
    seed,
    seconds: { preparing: round(prepared), census: round(census.seconds), calls: round(run.seconds) },
    contracts: subjects.map(({ name, source }, index) => ({
      name,
      source,
      ...totals(run.results.filter(({ plan }) => plan === index)),
    })),
    templates,
    differences: differences.map((line) => line.slice(0, SHOWN)),
  }
  writeFileSync(join(RESULTS, 'differential.json'), `${JSON.stringify(file, null, 2)}\n`)
  writeFileSync(join(RESULTS, 'differential.md'), `${markdown}\n`)
}

interface Coverage {
  readonly template: string
  /** Patches that use it. */
  readonly patches: number
  /** Guards with it at a place that some call reached. */
  readonly reached: number
}

function coverage({ patches, run }: DifferentialResult): Coverage[] {
  const used = new Map(TEMPLATES.map(({ name }) => [name, { patches: 0, reached: 0 }]))
  const counts = new Map<number, number>()
  for (const { subject, guards, probed } of patches) {
    const patch = counts.get(subject) ?? 0
    counts.set(subject, patch + 1)
    for (const name of templatesOf(guards)) used.get(name)!.patches++
    const tally = run.results.find((one) => one.plan === subject && one.patch === patch)?.tally
    const reached = new Set(
      probed.filter((_, id) => ((tally?.probes ?? 0n) >> BigInt(id)) & 1n).map(({ pc }) => pc),
    )
    for (const { template, pc } of guards) if (reached.has(pc)) used.get(template)!.reached++
  }
  return [...used].map(([template, count]) => ({ template, ...count }))
}

function totals(results: readonly PatchResult[]): Record<(typeof COUNTS)[number], number> {
  const sum = (name: keyof Tally) => results.reduce((total, { tally }) => total + Number(tally[name]), 0)
  return Object.fromEntries(COUNTS.map((name) => [name, sum(name)])) as Record<
    (typeof COUNTS)[number],
    number
  >
}

function summarise({ subjects, patches, run, census, prepared }: DifferentialResult): string {
  const all = totals(run.results)
  const before = totals(census.results)
  const sources: readonly Subject['source'][] = ['incident', 'block', 'package', 'case']
  const rows = sources.map((source) => {
    const of = run.results.filter(({ plan }) => subjects[plan]!.source === source)
    const sum = totals(of)
    const contracts = subjects.filter((subject) => subject.source === source).length
    return [source, String(contracts), String(of.length), ...COUNTS.map((name) => String(sum[name]))]
  })
  const covered = templates.filter(({ reached }) => reached > 0).length
  return [
    '# Patched code beside its original',
    `Seed ${seed}: ${all.calls} calls on ${patches.length} patches of ${subjects.length} contracts, each made on the original as well; ` +
      `**${all.differences + before.differences} differences**. ${all.guarded} calls reached a guard; guards refused ${all.refused + all.refusedInside} of what the original ` +
      `allows. ${covered} of ${templates.length} templates were reached. ${Math.round(all.calls / run.seconds)} calls a second (each twice) in ${PROCESSES} ` +
      `processes, ${Math.round(run.seconds)} s; ${Math.round(prepared)} s before for analysis, patches and compiling, ${Math.round(census.seconds)} s for ${before.calls} ` +
      'calls that found out which places are reached. Seconds depend on the machine.',
    'Real contracts (incidents and mainnet blocks with their recorded state, where `../shared/data` is there; packages from npm deployed on a ' +
      'node) and our own cases. Guards: whole templates and random sentences, at random places of the site map, mostly such as calls ' +
      'reach. Calls: recorded transactions, well-formed calls of the found functions, and random ones; words are replaced by addresses, ' +
      'values of the state, answers of calls before, and edge values; storage is perturbed; up to four calls one after the other. Compared: status, return data, logs, ' +
      'every call with value, data and balances, every storage write in order but those to reserved slots.',
    '`refused`: a guard refused what the original allows. `inside`: it did so in a frame below, or the caller reports it in its own words. `both`: both fail, the patched ' +
      'one because a guard refused. `halted`: all gas gone, for a guard that writes ran under STATICCALL. `gas`: they went apart, but so does the ' +
      'original by itself when it is given a little less gas. `differences`: anything else. An inner frame that halts is ' +
      'recorded by forge like one that succeeded, so a guard that writes and is called statically, by code that ignores the failure, is counted here.',
    markdownTable(
      [
        'contracts of',
        'contracts',
        'patches',
        'calls',
        'succeeded',
        'guarded',
        'refused',
        'inside',
        'both',
        'halted',
        'gas',
        'differences',
      ],
      rows.filter(([, contracts]) => contracts !== '0'),
    ),
    markdownTable(
      ['template', 'patches', 'guards reached'],
      templates.map(({ template, patches: count, reached }) => [template, String(count), String(reached)]),
    ),
  ].join('\n\n')
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10
}
