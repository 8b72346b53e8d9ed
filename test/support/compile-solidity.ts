import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { Abi } from 'viem'
import type { Hex } from '../../src/core/hex.ts'

const require = createRequire(import.meta.url)
const ROOT = path.join(import.meta.dirname, '../..')

/** A compiler as npm installs it: `solc` is 0.8.30. */
export type CompilerPackage = 'solc' | `solc-0.${number}.${number}`

export interface CompilerSetup {
  readonly compiler: CompilerPackage
  /** Optimizer off when absent. */
  readonly runs?: number
  readonly viaIR?: boolean
  readonly evmVersion?: string
}

export interface CompiledContract {
  readonly abi: Abi
  readonly creation: Hex
  readonly runtime: Hex
  /** Function signature to selector, without 0x. */
  readonly selectors: Readonly<Record<string, string>>
}

interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[]
  readonly contracts?: Record<string, Record<string, { abi: Abi; evm: Evm }>>
}
interface Evm {
  readonly bytecode: { readonly object: string }
  readonly deployedBytecode: { readonly object: string }
  readonly methodIdentifiers: Record<string, string>
}
type Import = (file: string) => { contents: string } | { error: string }

/** Contracts of one source file (and of what it imports) by name. Imports are looked up in `node_modules`. */
export function compileSolidity(source: string, setup: CompilerSetup): Record<string, CompiledContract> {
  const input = {
    language: 'Solidity',
    sources: { 'Source.sol': { content: source } },
    settings: {
      optimizer: { enabled: setup.runs !== undefined, runs: setup.runs ?? 200 },
      ...(setup.viaIR ? { viaIR: true } : {}),
      ...(setup.evmVersion ? { evmVersion: setup.evmVersion } : {}),
      outputSelection: {
        '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object', 'evm.methodIdentifiers'] },
      },
    },
  }
  const solc = require(setup.compiler) as {
    compile(input: string, callbacks: { import: Import }): string
    compileStandardWrapper?(input: string, importCallback: Import): string
  }
  const text = JSON.stringify(input)
  const output = JSON.parse(
    solc.compileStandardWrapper
      ? solc.compileStandardWrapper(text, readImport)
      : solc.compile(text, { import: readImport }),
  ) as Output
  const failures = (output.errors ?? []).filter(({ severity }) => severity === 'error')
  if (failures.length > 0) throw new TypeError(failures.map((error) => error.formattedMessage).join('\n'))
  const contracts = Object.values(output.contracts ?? {}).flatMap((file) => Object.entries(file))
  return Object.fromEntries(
    contracts.map(([name, { abi, evm }]) => [
      name,
      {
        abi,
        creation: `0x${evm.bytecode.object}` as Hex,
        runtime: `0x${evm.deployedBytecode.object}` as Hex,
        selectors: evm.methodIdentifiers,
      },
    ]),
  )
}

function readImport(file: string): ReturnType<Import> {
  const found = [path.join(ROOT, 'node_modules', file), path.join(ROOT, 'contracts/src', file)].find(
    existsSync,
  )
  return found ? { contents: readFileSync(found, 'utf8') } : { error: `${file} is not installed` }
}
