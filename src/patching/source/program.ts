import {
  type ASTNode,
  ASTReader,
  type ContractDefinition,
  type FunctionDefinition,
  FunctionVisibility,
  InferType,
  type SourceUnit,
} from 'solc-typed-ast'
import { messageOf } from '../../core/errors.ts'
import type { Hex } from '../../core/hex.ts'
import { refuse } from './refuse.ts'
import type { Reproduction } from './reproduce.ts'
import type { CompilerInput, StandardOutput } from './types.ts'
import { shortVersion } from './version.ts'

/** A deployed contract with the sources it was compiled from, as syntax trees. */
export interface Program {
  readonly source: CompilerInput
  readonly units: readonly SourceUnit[]
  /** Path by the index that source maps and `src` of nodes use. */
  readonly paths: ReadonlyMap<number, string>
  /** The deployed contract: the most derived one. */
  readonly contract: ContractDefinition
  readonly reproduction: Reproduction
  /** The runtime code that is deployed. */
  readonly deployed: Uint8Array
}

export interface SourceRange {
  readonly path: string
  /** In bytes of UTF-8, as compilers count. */
  readonly start: number
  readonly end: number
}

/** @throws PATCH_IMPOSSIBLE when the trees cannot be read. */
export function readUnits(output: StandardOutput): SourceUnit[] {
  try {
    return new ASTReader().read({ sources: output.sources })
  } catch (error) {
    return refuse(
      'The syntax tree of the sources cannot be read.',
      `cause: ${messageOf(error).split('\n')[0]}`,
    )
  }
}

export function readProgram(
  source: CompilerInput,
  output: StandardOutput,
  reproduced: { readonly reproduction: Reproduction; readonly deployed: Uint8Array },
): Program {
  const units = readUnits(output)
  const { path, name } = reproduced.reproduction
  return {
    source,
    units,
    paths: new Map(Object.entries(output.sources ?? {}).map(([file, { id }]) => [id, file])),
    contract: findContract(units, path, name),
    ...reproduced,
  }
}

export function findContract(units: readonly SourceUnit[], path: string, name: string): ContractDefinition {
  const unit = units.find(({ sourceEntryKey }) => sourceEntryKey === path)
  const contract = unit?.vContracts.find((candidate) => candidate.name === name)
  return (
    contract ?? refuse('The syntax tree does not hold the deployed contract.', `contract: ${path}:${name}`)
  )
}

export function rangeOf(program: Pick<Program, 'units'>, node: ASTNode): SourceRange {
  const [start, length] = node.src.split(':').map(Number)
  const unit = unitOf(program, node)
  return { path: unit.sourceEntryKey, start: start!, end: start! + length! }
}

function unitOf({ units }: Pick<Program, 'units'>, { root }: ASTNode): SourceUnit {
  return units.find((unit) => unit === root)!
}

export function bytesOfSource({ source }: Pick<Program, 'source'>, path: string): Buffer {
  return Buffer.from(source.input.sources[path]!.content)
}

export function textOf(program: Program, node: ASTNode): string {
  const { path, start, end } = rangeOf(program, node)
  return bytesOfSource(program, path).subarray(start, end).toString()
}

/** The functions others can call, the most derived of each signature, fallback and receive included. */
export function entryFunctions(program: Program): FunctionDefinition[] {
  const open: readonly string[] = [
    FunctionVisibility.External,
    FunctionVisibility.Public,
    FunctionVisibility.Default,
  ]
  const found = new Map<string, FunctionDefinition>()
  for (const { vFunctions } of program.contract.vLinearizedBaseContracts) {
    for (const each of vFunctions) {
      if (each.isConstructor || !each.implemented || !open.includes(each.visibility)) continue
      const key = `${each.kind}/${signatureOf(program, each)}`
      if (!found.has(key)) found.set(key, each)
    }
  }
  return [...found.values()]
}

/** The function a selector calls; null for the getter of a variable and for what the contract does not have. */
export function functionOf(program: Program, selector: Hex): FunctionDefinition | null {
  const { methodIdentifiers = {} } = program.reproduction.output.evm
  const signature = Object.keys(methodIdentifiers).find((key) => `0x${methodIdentifiers[key]}` === selector)
  const functions = entryFunctions(program)
  if (signature === undefined) return functions.find(({ kind }) => kind === 'fallback') ?? null
  return functions.find((each) => each.name !== '' && signatureOf(program, each) === signature) ?? null
}

/** The selector of a function; null for what has none. */
export function selectorOf(program: Program, node: FunctionDefinition): Hex | null {
  const selector = program.reproduction.output.evm.methodIdentifiers?.[signatureOf(program, node)]
  return selector === undefined ? null : `0x${selector}`
}

/** `name(types)` as in the ABI. Types the library cannot name leave the number of parameters. */
export function signatureOf({ source }: Pick<Program, 'source'>, node: FunctionDefinition): string {
  try {
    return new InferType(shortVersion(source.compiler)).signature(node)
  } catch {
    return `${node.name}/${node.vParameters.vParameters.length}`
  }
}

/** State variables as `path:Contract.variable`, by AST id: a name that a second compilation has as well. */
export function variableNames(units: readonly SourceUnit[]): Map<string, string> {
  return new Map(
    units.flatMap((unit) =>
      unit.vContracts.flatMap((contract) =>
        contract.vStateVariables.map((variable): [string, string] => [
          String(variable.id),
          `${unit.sourceEntryKey}:${contract.name}.${variable.name}`,
        ]),
      ),
    ),
  )
}
