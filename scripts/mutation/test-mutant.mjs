// Tests one mutant after the other in a copy of contracts/.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { copyContracts, deleteCopy, runForge } from '../contracts-copy.mjs'
import { applyMutant } from './find-mutants.mjs'
import { serveSolc } from './solc-client.mjs'
import { listFiles } from './syntax.mjs'

/**
 * Tests create contracts by name, so that a changed source does not recompile them; loops that do not end run out of gas. What gas a
 * call takes is no property of the contracts: those tests are left out.
 */
const PROFILE = {
  FOUNDRY_DYNAMIC_TEST_LINKING: 'true',
  FOUNDRY_FUZZ_RUNS: '32',
  FOUNDRY_INVARIANT_RUNS: '8',
  FOUNDRY_INVARIANT_DEPTH: '32',
  FOUNDRY_GAS_LIMIT: '2000000000',
  FOUNDRY_LINT_LINT_ON_BUILD: 'false',
}
const LEFT_OUT = /^test\/Gas/
const TIMEOUT = 1_800_000

/** The files a file imports, directly or not, itself included. */
function reachable(copy, file, known = new Set()) {
  if (known.has(file)) return known
  known.add(file)
  for (const [, path] of readFileSync(join(copy, file), 'utf8').matchAll(
    /^(?:import|\}) .*?"(\.[^"]+)";/gm,
  )) {
    reachable(copy, normalize(join(dirname(file), path)), known)
  }
  return known
}

/** The bytecode of everything compiled, by artifact. */
function readBytecode(copy) {
  const artifacts = readdirSync(join(copy, 'out'), { recursive: true }).filter((path) =>
    path.endsWith('.json'),
  )
  return new Map(
    artifacts
      .filter((path) => !path.startsWith('build-info'))
      .map((path) => {
        const { bytecode, deployedBytecode } = JSON.parse(readFileSync(join(copy, 'out', path), 'utf8'))
        return [path, `${bytecode?.object} ${deployedBytecode?.object}`]
      }),
  )
}

const sameBytecode = (one, other) => [...one].every(([path, code]) => (other.get(path) ?? code) === code)

/** The test files of a copy, each with the files it needs. */
function readTests(copy, names) {
  return listFiles(copy, 'test')
    .filter((file) => file.endsWith('.t.sol') && !LEFT_OUT.test(file))
    .filter((file) => !names || names.includes(basename(file, '.t.sol')))
    .map((file) => ({ file, needs: reachable(copy, file) }))
}

/** Runs tests of a copy without invariants, or invariants alone. */
function runTests(copy, tests, kind = 'tests') {
  const filter = kind === 'invariants' ? '--match-test' : '--no-match-test'
  const paths = `{${tests.map(({ file }) => file).join(',')},-}`
  const args = ['test', '--fail-fast', '--match-path', paths, filter, '^(statefulFuzz|invariant)']
  return runForge(copy, args, { env: PROFILE, timeout: TIMEOUT })
}

/** A copy of what the named test files need, or all of them, without any other file; its tests must pass, or they would kill every mutant. */
async function openWorkspace(snapshot, solc, names) {
  const copy = copyContracts('mutation', snapshot)
  const tests = readTests(copy, names)
  const needed = new Set(tests.flatMap(({ needs }) => [...needs]))
  for (const file of [...listFiles(copy, 'src'), ...listFiles(copy, 'test')]) {
    if (!needed.has(file)) rmSync(join(copy, file))
  }
  solc.installIn(copy)
  for (const kind of tests.length > 0 ? ['tests', 'invariants'] : []) {
    const { code, output } = await runTests(copy, tests, kind)
    if (code !== 0) throw new Error(`The tests fail without any mutant:\n${output.slice(-1500)}`)
  }
  const baseline = tests.length > 0 ? readBytecode(copy) : new Map()
  return { copy, tests, baseline, close: () => deleteCopy(copy) }
}

/** How a run of the tests ended: `invalid` when the mutant does not compile, nothing when every test passed. */
function readVerdict({ code, output, timedOut }) {
  if (timedOut) throw new Error('The tests did not end in time.')
  if (code === 0) return undefined
  if (/Compiler run failed|Compilation failed/.test(output)) return { status: 'invalid' }
  const [, by] = /^\[FAIL.*\] (\w+)\(/m.exec(output) ?? []
  if (!by) throw new Error(`forge failed, and no test did:\n${output.slice(-800)}`)
  return { status: 'killed', by }
}

/** Runs `check` while a mutant is in its place. */
async function withMutant({ copy }, mutant, check) {
  const path = join(copy, mutant.file)
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, applyMutant(text, mutant))
  try {
    return await check()
  } finally {
    writeFileSync(path, text)
  }
}

/** By all tests that can see it. */
async function testThoroughly(workspace, mutant) {
  const tests = workspace.tests.filter(({ needs }) => needs.has(mutant.file))
  if (tests.length === 0) throw new Error(`No test imports ${mutant.file}.`)
  return withMutant(workspace, mutant, async () => {
    const verdict = readVerdict(await runTests(workspace.copy, tests))
    if (verdict) return verdict
    if (sameBytecode(workspace.baseline, readBytecode(workspace.copy))) return { status: 'equivalent' }
    return readVerdict(await runTests(workspace.copy, tests, 'invariants')) ?? { status: 'survived' }
  })
}

/**
 * Tests mutants of a snapshot: first by the test file named after the source, in a copy with nothing else, then by all (or those named)
 * in another. `test` tells whether a mutant was `killed`, `survived`, is `equivalent` because it compiles to the same bytecode, or
 * `invalid` because it does not compile.
 */
export async function openTester(snapshot, names) {
  const solc = await serveSolc()
  const open = new Map()
  /** One copy at a time for single sources, since mutants come in the order of their sources. */
  const workspace = async (key, wanted) => {
    const slot = wanted ? 'near' : 'all'
    if (open.get(slot)?.key !== key) {
      open.get(slot)?.close()
      open.delete(slot)
      open.set(slot, { key, ...(await openWorkspace(snapshot, solc, wanted ?? names)) })
    }
    return open.get(slot)
  }
  return {
    test: async (mutant) => {
      const near = await workspace(mutant.file, [basename(mutant.file, '.sol')])
      if (near.tests.length > 0) {
        const verdict = await withMutant(near, mutant, async () =>
          readVerdict(await runTests(near.copy, near.tests)),
        )
        if (verdict) return verdict
      }
      return testThoroughly(await workspace('all'), mutant)
    },
    close: () => {
      for (const { close } of open.values()) close()
      solc.stop()
    },
  }
}
