import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Abi } from 'viem'
import { SutureError } from '../../src/core/errors.ts'
import type { Hex } from '../../src/core/hex.ts'
import { type Artifacts, COMPILERS, type CompilationUnit, type Fix } from './types.ts'

const require = createRequire(import.meta.url)

type ImportCallback = (path: string) => { contents: string } | { error: string }

/** The two ways npm's solc has offered standard JSON over the years. */
interface Solc {
  compile(input: string, callbacks: { import: ImportCallback }): string
  compileStandardWrapper?(input: string, importCallback: ImportCallback): string
}

interface CompilerOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage?: string }[]
  readonly contracts?: Record<string, Record<string, { abi: Abi; evm: { bytecode: { object: string } } }>>
}

/**
 * Compiles the files of one unit and returns their contracts by name, imports included. Abstract contracts have no init code
 * and are left out.
 */
export function compileUnit(unit: CompilationUnit, folder: string, fixes: readonly Fix[] = []): Artifacts {
  const sources = Object.fromEntries(
    unit.files.map((file) => [
      file,
      { content: applyFixes(file, readFileSync(join(folder, file), 'utf8'), fixes) },
    ]),
  )
  const output = standardJson(
    unit,
    JSON.stringify({ language: 'Solidity', sources, settings: settingsOf(unit) }),
  )
  const failures = (output.errors ?? []).filter((error) => error.severity === 'error')
  if (failures.length > 0)
    throw new SutureError('CASE_INVALID', 'The sources of a case do not compile.', {
      meta: [`compiler: ${unit.compiler}`, ...failures.map((error) => String(error.formattedMessage))],
    })
  return Object.fromEntries(
    Object.values(output.contracts ?? {})
      .flatMap((contracts) => Object.entries(contracts))
      .filter(([, contract]) => contract.evm.bytecode.object !== '')
      .map(([name, { abi, evm }]) => [name, { name, abi, initCode: `0x${evm.bytecode.object}` as Hex }]),
  )
}

function applyFixes(file: string, source: string, fixes: readonly Fix[]): string {
  return fixes
    .filter((fix) => fix.file === file)
    .reduce((text, { replace, by }) => {
      if (text.split(replace).length !== 2)
        throw new SutureError('CASE_INVALID', 'A fix does not match its source once.', {
          meta: [`file: ${file}`, `replace: ${replace}`],
        })
      return text.replace(replace, () => by)
    }, source)
}

function settingsOf(unit: CompilationUnit) {
  return {
    optimizer:
      unit.optimizerRuns === undefined ? { enabled: false } : { enabled: true, runs: unit.optimizerRuns },
    ...(unit.viaIR ? { viaIR: true } : {}),
    ...(unit.evmVersion ? { evmVersion: unit.evmVersion } : {}),
    outputSelection: { '*': { '*': ['abi', 'evm.bytecode'] } },
  }
}

function standardJson(unit: CompilationUnit, input: string): CompilerOutput {
  const solc: Solc = require(COMPILERS[unit.compiler])
  const output = solc.compileStandardWrapper
    ? solc.compileStandardWrapper(input, readPackage)
    : solc.compile(input, { import: readPackage })
  return JSON.parse(output)
}

function readPackage(path: string): ReturnType<ImportCallback> {
  const file = join(import.meta.dirname, '../../node_modules', path)
  return existsSync(file) ? { contents: readFileSync(file, 'utf8') } : { error: `${path} is not installed` }
}
