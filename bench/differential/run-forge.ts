import { spawn } from 'node:child_process'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { decodeAbiParameters, parseAbiParameters } from 'viem'
import { SutureError } from '../../src/core/errors.ts'
import { bytesOf, type Hex, toQuantity } from '../../src/core/hex.ts'
import type { Subject } from './subject.ts'

/** Calls on one patch by how they ended, as `Differential.t.sol` counts them. */
export interface Tally {
  readonly calls: number
  /** The original succeeded. */
  readonly succeeded: number
  /** Some guard was reached. */
  readonly guarded: number
  /** A guard refused what the original allows. */
  readonly refused: number
  /** One refused in a frame below, and its caller went on. */
  readonly refusedInside: number
  /** Both failed, the patched one because a guard refused. */
  readonly refusedBoth: number
  /** All gas gone, on the guards or under STATICCALL, where a guard must not write; with plenty of gas it is a refusal or no difference. */
  readonly halted: number
  /** They went apart, and so does the original by itself when it is given a little less gas: it depends on the gas left. */
  readonly gasBound: number
  /** What must not be. */
  readonly differences: number
  /** A bit for each probe that was reached. */
  readonly probes: bigint
}

export interface PatchResult {
  readonly plan: number
  readonly patch: number
  readonly tally: Tally
}

export interface RunResult {
  readonly results: readonly PatchResult[]
  /** One line for each call that did what it must not, with all that was seen. */
  readonly differences: readonly string[]
  readonly seconds: number
}

const PROJECT = join(import.meta.dirname)
const CONTRACTS = join(import.meta.dirname, '../../contracts')
const TALLY = parseAbiParameters(
  '(uint256 calls, uint256 succeeded, uint256 guarded, uint256 refused, uint256 refusedInside, uint256 refusedBoth, uint256 halted, uint256 gasBound, uint256 differences, uint256 probes)',
)

/** Some incidents were recorded with forge, and have its account for cheatcodes in their state; emptying it would switch them off. */
const CHEATCODES = '0x7109709ecfa91a80626ff3989d68f67f5b1dd12d'

/** A forge project in `folder`, compiled, that makes the calls of plans written there. */
export async function prepareProject(folder: string): Promise<void> {
  await copyFile(join(PROJECT, 'Differential.t.sol'), join(folder, 'Differential.t.sol'))
  const settings = [
    '[profile.default]',
    'src = "."',
    'test = "."',
    'libs = []',
    `solc = "${join(CONTRACTS, 'solc-shim.mjs')}"`,
    'evm_version = "cancun"',
    'optimizer = true',
    'gas_limit = "18446744073709551615"',
    'memory_limit = 1073741824',
    'fs_permissions = [{ access = "read-write", path = "./" }]',
    '[lint]',
    'lint_on_build = false',
  ]
  await writeFile(join(folder, 'foundry.toml'), `${settings.join('\n')}\n`)
  await forge(folder, ['build'], {})
}

/** Writes the plan of one contract. */
export async function writePlan(folder: string, index: number, subject: Subject, plan: Hex): Promise<void> {
  await writeFile(join(folder, `${index}.plan`), bytesOf(plan))
  const own = Object.entries(subject.alloc).filter(([address]) => address !== CHEATCODES)
  const accounts = own.map(([address, { balance, nonce, code, storage }]) => [
    address,
    { balance: toQuantity(balance), nonce: toQuantity(nonce), code, storage },
  ])
  await writeFile(join(folder, `${index}.alloc.json`), JSON.stringify(Object.fromEntries(accounts)))
}

/** Makes the calls of all plans, in as many processes as there are cores to use. */
export async function runPlans(
  folder: string,
  { plans, seed, processes }: { readonly plans: number; readonly seed: number; readonly processes: number },
): Promise<RunResult> {
  const begun = performance.now()
  const parts = Array.from({ length: Math.min(processes, plans) }, (_, first) => first)
  await Promise.all(parts.map((first) => writeFile(join(folder, `results-${first}`), '')))
  const failures = await Promise.all(
    parts.map((first) =>
      forge(folder, ['test', '--match-test', 'test_patchedCodeRestrictsItsOriginal'], {
        DIFFERENTIAL_FOLDER: folder,
        DIFFERENTIAL_FIRST: String(first),
        DIFFERENTIAL_STEP: String(parts.length),
        DIFFERENTIAL_PLANS: String(plans),
        DIFFERENTIAL_SEED: String(seed),
      }).then(
        () => null,
        (error: unknown) => error,
      ),
    ),
  )
  const seconds = (performance.now() - begun) / 1000
  const lines = (await Promise.all(parts.map((first) => readFile(join(folder, `results-${first}`), 'utf8'))))
    .flatMap((text) => text.split('\n'))
    .filter((line) => line !== '')
  const differences = lines.filter((line) => line.startsWith('difference'))
  const failure = failures.find((error) => error !== null)
  if (failure && differences.length === 0) throw failure
  return {
    results: lines.filter((line) => !line.startsWith('difference')).map(readResult),
    differences,
    seconds,
  }
}

function readResult(line: string): PatchResult {
  const [plan, patch, encoded] = line.split(' ')
  const [tally] = decodeAbiParameters(TALLY, encoded as Hex)
  const counts = Object.fromEntries(
    Object.entries(tally).map(([name, value]) => [name, name === 'probes' ? value : Number(value)]),
  )
  return { plan: Number(plan), patch: Number(patch), tally: counts as unknown as Tally }
}

function forge(folder: string, command: readonly string[], env: Record<string, string>): Promise<void> {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  const name = `@foundry-rs/forge-${process.platform}-${architecture}`
  const binary = join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'bin/forge')
  const child = spawn(binary, [...command, '--root', folder], { env: { ...process.env, ...env } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve() : reject(failed(command[0]!, output))))
  })
}

const failed = (command: string, output: string): SutureError =>
  new SutureError('INTERNAL', `forge ${command} failed.`, { meta: [output.slice(-2_000)] })
