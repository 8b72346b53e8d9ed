// Line and branch coverage of contracts/src by the forge tests. Fails when either is below the least allowed.
// forge measures code compiled without optimiser. A line counts when a statement on it ran. Of an `if` without `else` it counts the branch
// into the body only, never the way past it; it does not look into `&&`, `||` and `?:`. Mutation testing does.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyContracts, deleteCopy, runForge } from './contracts-copy.mjs'

const LEAST = 0.95
const KINDS = { lines: 'DA', branches: 'BRDA' }
/** Code without optimiser takes more gas than tests expect of it. */
const FORGE = {
  args: ['coverage', '--report', 'lcov', '--no-match-path', 'test/Gas*'],
  env: {
    FOUNDRY_FUZZ_RUNS: '32',
    FOUNDRY_INVARIANT_RUNS: '8',
    FOUNDRY_INVARIANT_DEPTH: '64',
    FOUNDRY_GAS_LIMIT: '1000000000000',
  },
  timeout: 1_800_000,
}

/** The counts of one kind of record, and on which lines they are zero. */
function count(record, kind) {
  const hits = record
    .split('\n')
    .filter((line) => line.startsWith(`${kind}:`))
    .map((line) => line.slice(kind.length + 1).split(','))
  const missed = hits.filter((fields) => Number(fields.at(-1)) === 0 || fields.at(-1) === '-')
  return { found: hits.length, hit: hits.length - missed.length, missed: missed.map(([line]) => line) }
}

/** Coverage of each source below src/ out of an LCOV file. */
function readCoverage(lcov) {
  return lcov
    .split('end_of_record')
    .map((record) => ({ file: /^SF:(.*)$/m.exec(record)?.[1], record }))
    .filter(({ file }) => file?.startsWith('src/'))
    .map(({ file, record }) => ({
      file,
      lines: count(record, KINDS.lines),
      branches: count(record, KINDS.branches),
    }))
}

function total(rows) {
  const sum = (kind, field) => rows.reduce((all, row) => all + row[kind][field], 0)
  const of = (kind) => ({ found: sum(kind, 'found'), hit: sum(kind, 'hit'), missed: [] })
  return { file: 'all', lines: of('lines'), branches: of('branches') }
}

const share = ({ found, hit }) => (found === 0 ? 1 : hit / found)

function writeRow({ file, lines, branches }) {
  const cell = (counts) =>
    `${(100 * share(counts)).toFixed(1)} % (${counts.hit}/${counts.found})`.padStart(18)
  const missed = [...new Set([...lines.missed, ...branches.missed])].join(' ')
  return `${file.padEnd(42)}${cell(lines)}${cell(branches)}  ${missed}`
}

async function measure() {
  const copy = copyContracts('coverage')
  try {
    const { output } = await runForge(copy, FORGE.args, FORGE)
    if (!output.includes('Wrote LCOV report'))
      throw new Error(`forge coverage failed:\n${output.slice(-4000)}`)
    const failed = [...output.matchAll(/^\[FAIL.*\] (\w+)\(/gm)].map(([, test]) => test)
    return { rows: readCoverage(readFileSync(join(copy, 'lcov.info'), 'utf8')), failed: new Set(failed) }
  } finally {
    deleteCopy(copy)
  }
}

const { rows, failed } = await measure()
const all = total(rows)
console.log(`${'source'.padEnd(42)}${'lines'.padStart(18)}${'branches'.padStart(18)}  not reached`)
for (const row of [...rows, all]) console.log(writeRow(row))
for (const test of failed)
  console.error(`${test} fails when it is measured; whether it should is for contracts:test to say.`)
for (const kind of Object.keys(KINDS)) {
  if (share(all[kind]) >= LEAST) continue
  console.error(`Fewer than ${100 * LEAST} % of all ${kind} are covered.`)
  process.exitCode = 1
}
