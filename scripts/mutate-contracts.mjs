// Mutation testing of contracts/src: makes small mistakes in the contracts, one at a time, and sees whether the tests notice.
// Results are kept in contracts/mutation/. Fails when the score is below 90 % or a survivor is not explained.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CONTRACTS, copyContracts, deleteCopy } from './contracts-copy.mjs'
import { findMutants, sampleMutants } from './mutation/find-mutants.mjs'
import { scoreOf, unexplained, writeReport } from './mutation/report.mjs'
import { readSyntaxTrees } from './mutation/syntax.mjs'
import { openTester } from './mutation/test-mutant.mjs'

const USAGE = `npm run contracts:mutate -- [options]
  --only A.sol,B.sol   mutate these sources only
  --tests A,B          run these test files only (A.t.sol, B.t.sol)
  --limit 400          test about this many, of each source its share
  --seed suture        picks which
  --survivors          only those that survived before
  --untested           only those not tested before
  --workers 1          how many at a time
  --report             test none, write the report again`

const MIN_SCORE = 0.9
const FOLDER = join(CONTRACTS, 'mutation')
const RESULTS = join(FOLDER, 'results.json')

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    tests: { type: 'string' },
    limit: { type: 'string', default: '400' },
    seed: { type: 'string', default: 'suture' },
    survivors: { type: 'boolean', default: false },
    untested: { type: 'boolean', default: false },
    workers: { type: 'string', default: '1' },
    report: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

function readJson(path, fallback) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return fallback
    throw error
  }
}

/** The mutants asked for. */
function chooseMutants(all, results) {
  const names = options.only?.split(',')
  const wanted = names ? all.filter(({ file }) => names.some((name) => file.endsWith(`/${name}`))) : all
  const sampled = sampleMutants(wanted, Number(options.limit), options.seed)
  const status = ({ id }) => results.get(id)?.status
  if (options.survivors) return wanted.filter((mutant) => status(mutant) === 'survived')
  return options.untested ? sampled.filter((mutant) => !status(mutant)) : sampled
}

const place = ({ file, line, operator }) => `${file}:${line} ${operator}`

/** Results of mutants that still exist, in their order, without what changes with every line above them. */
function save(all, results) {
  const kept = all.filter(({ id }) => results.has(id))
  const entries = kept.map(({ start, end, ...mutant }) => ({ ...mutant, ...results.get(mutant.id) }))
  const explained = readJson(join(FOLDER, 'explained.json'), {})
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(RESULTS, `${JSON.stringify(entries, null, 2)}\n`)
  writeFileSync(join(FOLDER, 'README.md'), writeReport(entries, explained))
  return { entries, explained }
}

/** Takes mutants off the queue until it is empty. A mutant that could not be tested has no result, and the run fails. */
async function work(snapshot, queue, all, results) {
  const tester = await openTester(snapshot, options.tests?.split(','))
  try {
    for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
      const started = Date.now()
      const verdict = await tester.test(mutant).catch((error) => ({ error }))
      const seconds = ((Date.now() - started) / 1000).toFixed(1)
      const outcome = verdict.status ?? verdict.error.message
      console.log(
        `${queue.length} left  ${seconds} s  ${mutant.id}  ${place(mutant)}  ${outcome}  ${verdict.by ?? ''}`,
      )
      if (verdict.error) process.exitCode = 1
      else results.set(mutant.id, verdict)
      save(all, results)
    }
  } finally {
    tester.close()
  }
}

async function mutate(snapshot) {
  const all = findMutants(readSyntaxTrees(snapshot))
  const results = new Map(readJson(RESULTS, []).map(({ id, status, by }) => [id, { status, by }]))
  const queue = options.report ? [] : chooseMutants(all, results)
  console.log(`${all.length} mutants exist, ${queue.length} are tested now (seed ${options.seed}).`)
  const workers = Math.min(Number(options.workers), queue.length)
  await Promise.all(Array.from({ length: workers }, () => work(snapshot, queue, all, results)))

  const { entries, explained } = save(all, results)
  const open = unexplained(entries, explained)
  console.log(`Score ${(100 * scoreOf(entries)).toFixed(1)} % of ${entries.length} mutants.`)
  for (const mutant of open) {
    console.log(
      `UNEXPLAINED survivor ${mutant.id} at ${place(mutant)}: ${mutant.original} => ${mutant.replacement}`,
    )
  }
  if (scoreOf(entries) < MIN_SCORE || open.length > 0) process.exitCode = 1
}

if (options.help) {
  console.log(USAGE)
} else {
  // The sources may be edited in the meantime: everything is done on what they are now.
  const snapshot = copyContracts('snapshot')
  try {
    await mutate(snapshot)
  } finally {
    deleteCopy(snapshot)
  }
}
