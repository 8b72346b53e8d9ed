// Tests one mutant after the other in a copy of contracts/.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { copyContracts, runForge } from '../contracts-copy.mjs'
import { applyMutant } from './find-mutants.mjs'
import { serveSolc } from './solc-client.mjs'

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
const TIMEOUT = 240_000

/** The Solidity files below a folder of the copy, as paths from the copy. */
function listFiles(copy, folder) {
  return readdirSync(join(copy, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.sol'))
    .map((entry) => join(entry.parentPath, entry.name).slice(copy.length + 1))
}

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

/** A copy of what the named test files need, or all of them, without any other file. `close` deletes it. */
export async function openWorkspace(names) {
  const copy = copyContracts('mutation')
  const closures = listFiles(copy, 'test')
    .filter((file) => file.endsWith('.t.sol') && !LEFT_OUT.test(file))
    .filter((file) => !names || names.includes(basename(file, '.t.sol')))
    .map((file) => [file, reachable(copy, file)])
  const needed = new Set(closures.flatMap(([, closure]) => [...closure]))
  for (const file of [...listFiles(copy, 'src'), ...listFiles(copy, 'test')]) {
    if (!needed.has(file)) rmSync(join(copy, file))
  }
  const solc = await serveSolc(copy)
  const close = () => {
    solc.stop()
    rmSync(copy, { recursive: true })
  }
  return { copy, closures, baselines: new Map(), close }
}

/** The tests that can see a source: first those named after it, then the others. */
function orderTests({ closures }, file) {
  const tests = closures.filter(([, closure]) => closure.has(file)).map(([test]) => test)
  const name = basename(file, '.sol')
  const namesakes = tests.filter((test) => basename(test, '.t.sol') === name)
  return [namesakes, tests.filter((test) => !namesakes.includes(test))].filter((group) => group.length > 0)
}

/** Runs tests without invariants, or invariants alone. */
function runTests({ copy }, tests, kind = 'tests') {
  const filter = kind === 'invariants' ? '--match-test' : '--no-match-test'
  const args = [
    'test',
    '--fail-fast',
    '--match-path',
    `{${tests.join(',')},-}`,
    filter,
    '^(statefulFuzz|invariant)',
  ]
  return runForge(copy, args, { env: PROFILE, timeout: TIMEOUT })
}

async function measureBaseline(workspace, file) {
  const tests = orderTests(workspace, file).flat()
  if (tests.length === 0) throw new Error(`No test imports ${file}.`)
  const { code, output } = await runTests(workspace, tests)
  if (code !== 0) throw new Error(`The tests of ${file} fail without any mutant:\n${output.slice(-800)}`)
  return readBytecode(workspace.copy)
}

/** What the unchanged source compiles to; its tests must pass. */
function readBaseline(workspace, file) {
  if (!workspace.baselines.has(file)) workspace.baselines.set(file, measureBaseline(workspace, file))
  return workspace.baselines.get(file)
}

/** How a run of the tests ended: `invalid` when the mutant does not compile, nothing when every test passed. */
function readVerdict({ code, output, timedOut }) {
  if (timedOut) return { status: 'killed', by: 'a test that did not end' }
  if (code === 0) return undefined
  if (/Compiler run failed|Compilation failed/.test(output)) return { status: 'invalid' }
  const [, by] = /^\[FAIL.*\] (\w+)\(/m.exec(output) ?? []
  if (!by) throw new Error(`forge failed, and no test did:\n${output.slice(-800)}`)
  return { status: 'killed', by }
}

/** `killed` by a test, `survived`, `equivalent` when it compiles to the same bytecode, or `invalid` when it does not compile. */
export async function testMutant(workspace, mutant) {
  const baseline = await readBaseline(workspace, mutant.file)
  const path = join(workspace.copy, mutant.file)
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, applyMutant(text, mutant))
  try {
    const groups = orderTests(workspace, mutant.file)
    for (const tests of groups) {
      const verdict = readVerdict(await runTests(workspace, tests))
      if (verdict) return verdict
    }
    if (sameBytecode(baseline, readBytecode(workspace.copy))) return { status: 'equivalent' }
    return readVerdict(await runTests(workspace, groups.flat(), 'invariants')) ?? { status: 'survived' }
  } finally {
    writeFileSync(path, text)
  }
}
