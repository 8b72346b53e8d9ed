/**
 * What guards cost in bytes and gas on real contracts, and how long a certified patch takes, beside published figures. Prints tables and writes
 * them to `bench/results/overhead.{json,md}`.
 *
 *   npm run bench:overhead             everything
 *   npm run bench:overhead -- usdt     contracts whose name contains a text; nothing is written
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readCase } from '../src/chain/case.ts'
import { messageOf } from '../src/core/errors.ts'
import { blockSubjects, caseSubjects, incidentSubjects } from './differential/data-subjects.ts'
import { packageSubjects } from './differential/package-subjects.ts'
import { markdownTable } from './markdown.ts'
import { KINDS } from './overhead/kinds.ts'
import { type GuardCost, measureGuards } from './overhead/measure-guards.ts'
import { measurePatching, type PatchingTime } from './overhead/measure-patching.ts'

const RESULTS = join(import.meta.dirname, 'results')
const CASES = join(import.meta.dirname, '../cases')
const INCIDENTS = join(import.meta.dirname, '../../shared/data/incidents')
/** Contracts taken from each mainnet block. */
const PER_BLOCK = 6

/** Quoted for comparison, not measured here; other contracts and, for Elysium, before transient storage. */
const PUBLISHED = [
  {
    tool: 'EVMPatch (Rodler et al., USENIX Security 2021)',
    what: 'one checked arithmetic instruction',
    figure: '118 bytes, 58 gas',
  },
  { tool: 'Elysium (Ferreira Torres et al., 2022)', what: 'one reentrancy lock', figure: '25,238 gas' },
  { tool: 'SmartFix (So and Oh, 2023)', what: 'time for one contract', figure: '43 min' },
  { tool: 'sGuard (Nguyen et al., 2021)', what: 'time for one contract', figure: '34 s' },
] as const

const AIMS = [
  {
    what: 'bytes of an arithmetic guard',
    kinds: ['add-checked@1', 'sub-checked@1', 'mul-checked@2'],
    field: 'bytes',
    most: 60,
  },
  {
    what: 'gas of an arithmetic guard',
    kinds: ['add-checked@1', 'sub-checked@1', 'mul-checked@2'],
    field: 'gas',
    most: 60,
  },
  { what: 'gas of a reentrancy lock', kinds: ['lock: enter and exit (transient)'], field: 'gas', most: 450 },
] as const

const filter = process.argv[2] ?? ''
const subjects = [
  ...(await incidentSubjects()),
  ...(await blockSubjects(PER_BLOCK)),
  ...(await packageSubjects()),
  ...(await caseSubjects()),
]
const costs: GuardCost[] = []
for (const subject of subjects.filter(({ name }) => name.includes(filter))) {
  const own = await measureGuards(subject)
  costs.push(...own)
  console.error(`${subject.name}: ${own.length} costs`)
}
const times = await timePatching()
const markdown = summarise()
console.log(markdown)
if (filter === '') {
  const result = { format: 'suture-bench-overhead/1', costs, times, published: PUBLISHED }
  writeFileSync(join(RESULTS, 'overhead.json'), `${JSON.stringify(result)}\n`)
  writeFileSync(join(RESULTS, 'overhead.md'), `${markdown}\n`)
}

async function timePatching(): Promise<PatchingTime[]> {
  const own = readdirSync(CASES).map((name) => join(CASES, name, 'case.json'))
  const real = existsSync(INCIDENTS) ? readdirSync(INCIDENTS).filter((name) => name.endsWith('.gz')) : []
  const files = [...own, ...real.map((name) => join(INCIDENTS, name))].filter(
    (file) => existsSync(file) && file.includes(filter),
  )
  const found: PatchingTime[] = []
  for (const file of files) {
    try {
      const time = await measurePatching(await readCase(file))
      if (time) found.push(time)
      console.error(`${file.slice(-40)}: ${time ? `${time.milliseconds} ms` : 'no patch'}`)
    } catch (error) {
      console.error(`${file.slice(-40)}: ${messageOf(error).split('\n')[0]}`)
    }
  }
  return found
}

function summarise(): string {
  const rows = KINDS.flatMap(({ name }) => {
    const own = costs.filter(({ kind }) => kind === name)
    if (own.length === 0) return []
    const contracts = new Set(own.map(({ contract }) => contract)).size
    const share = middle(own.map(({ gas, before }) => (100 * gas) / before))
    const figures = [
      middle(own.map(({ bytes }) => bytes)),
      most(own, 'bytes'),
      middle(own.map(({ gas }) => gas)),
      most(own, 'gas'),
    ]
    return [[name, String(contracts), String(own.length), ...figures.map(String), `${share.toFixed(2)} %`]]
  })
  const milliseconds = times.map((time) => time.milliseconds)
  return [
    '# What a patch costs',
    '## Bytes and gas',
    'Calls on real contracts (incidents and mainnet blocks where `../shared/data` is there, packages from npm) and on the own cases, executed on the original code and ' +
      'with one set of guards, on a node; only calls that succeed and end the same with it. A guard stands where the call runs once. Bytes: the trampolines, ' +
      'with the instructions that moved there and the ways back; every patch has 47 bytes once besides. Gas: of the whole transaction, refunds included; share: of ' +
      'the gas of the transaction on the original. A lock in storage costs most when it is taken for the first time, as here.',
    markdownTable(
      [
        'guards',
        'contracts',
        'places',
        'bytes median',
        'bytes most',
        'gas median',
        'gas most',
        'share median',
      ],
      rows,
    ),
    '## Time',
    milliseconds.length === 0
      ? 'Nothing was timed.'
      : `From code and diagnosis to certified patches, all candidates, and the check of the first: median ${middle(milliseconds)} ms over ${times.length} contracts, ` +
        `at most ${Math.max(...milliseconds)} ms; processor time median ${middle(times.map(({ processor }) => processor))} ms; ${middle(times.map(({ candidates }) => candidates))} candidates at the median. Diagnosis is not included. ` +
        'Milliseconds depend on the machine.',
    '## Beside aims and published figures',
    markdownTable(
      ['aim', 'at most', 'measured median', 'places above'],
      AIMS.map(({ what, kinds, field, most: limit }) => {
        const own = costs.filter(({ kind }) => (kinds as readonly string[]).includes(kind))
        const above = own.filter((cost) => cost[field] > limit).length
        return [
          what,
          String(limit),
          String(middle(own.map((cost) => cost[field]))),
          `${above} of ${own.length}`,
        ]
      }),
    ),
    'Published, quoted and not measured here; other contracts and, for Elysium, before transient storage:',
    markdownTable(
      ['tool', 'for', 'figure'],
      PUBLISHED.map(({ tool, what, figure }) => [tool, what, figure]),
    ),
  ].join('\n\n')
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function most(of: readonly GuardCost[], field: 'bytes' | 'gas'): number {
  return Math.max(...of.map((cost) => cost[field]))
}
