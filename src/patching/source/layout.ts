import type { ContractDefinition, SourceUnit, VariableDeclaration } from 'solc-typed-ast'
import { describeType, layStruct, sizeOfType } from './layout-types.ts'
import type { Program } from './program.ts'
import { refuse } from './refuse.ts'
import type { ContractOutput, StorageLayout, StorageType } from './types.ts'

/** Where a state variable is kept. */
export interface Placed {
  /** `Contract.variable`, by the deployed contract wherever the variable is declared. */
  readonly name: string
  readonly slot: bigint
  /** Bytes from the low end of the slot. */
  readonly offset: number
  readonly bytes: number
  /** The type with all that it is made of; no ids in it, so that two compilations can be compared. */
  readonly type: string
  /** AST id of the declaration. */
  readonly id: number
}

const WORD = 32

/** State variables in the order of storage: as the compiler says, or, of compilers that do not say (before 0.5.13), by the language's rules. */
export function layoutOf(contract: ContractDefinition, output: ContractOutput): Placed[] {
  return output.storageLayout ? readLayout(output.storageLayout) : computeLayout(contract)
}

/** The layout that the rules of the language give: base contracts first, values packed from the low end, everything else from a new slot on. */
export function computeLayout(contract: ContractDefinition): Placed[] {
  const variables = contract.vLinearizedBaseContracts
    .toReversed()
    .flatMap((base) => base.vStateVariables)
    .filter(isStored)
  const places = layStruct(variables.map(({ vType }) => vType!))
  return variables.map((variable, index) => ({
    name: `${contract.name}.${variable.name}`,
    ...places[index]!,
    bytes: sizeOfType(variable.vType!).bytes,
    type: describeType(variable.vType!),
    id: variable.id,
  }))
}

function isStored({ constant, mutability, storageLocation }: VariableDeclaration): boolean {
  return !constant && mutability === 'mutable' && String(storageLocation) !== 'transient'
}

function readLayout({ storage, types }: StorageLayout): Placed[] {
  return storage.map(({ label, contract, slot, offset, type, astId }) => ({
    name: `${contract.slice(contract.lastIndexOf(':') + 1)}.${label}`,
    slot: BigInt(slot),
    offset,
    bytes: Number(types![type]!.numberOfBytes),
    type: describeCompiled(types ?? {}, type, new Set()),
    id: astId,
  }))
}

/** Ids of declarations stand in the names of compiled types and differ from one compilation to the next. */
function describeCompiled(
  types: Readonly<Record<string, StorageType>>,
  id: string,
  seen: ReadonlySet<string>,
): string {
  const { label, numberOfBytes, members, base, key, value } = types[id]!
  if (seen.has(id)) return label
  const within = new Set([...seen, id])
  const inner = (part: string) => describeCompiled(types, part, within)
  const parts = [
    ...(members ?? []).map(
      (member) => `${member.label}@${member.slot}+${member.offset}:${inner(member.type)}`,
    ),
    ...[base, key, value].filter((part) => part !== undefined).map(inner),
  ]
  return `${label}/${numberOfBytes}${parts.length > 0 ? `{${parts.join(',')}}` : ''}`
}

/** The variable that fills exactly these bits of a slot; null where none does. */
export function variableAt(
  { contract, reproduction, units }: Pick<Program, 'contract' | 'reproduction' | 'units'>,
  { slot, shift, bytes }: { readonly slot: bigint; readonly shift: number; readonly bytes: number },
): VariableDeclaration | null {
  const placed = layoutOf(contract, reproduction.output).find(
    (each) => each.slot === slot && each.offset * 8 === shift && each.bytes === bytes,
  )
  return placed ? declarationOf(units, placed.id) : null
}

export function declarationOf(units: readonly SourceUnit[], id: number): VariableDeclaration | null {
  const variables = units.flatMap(({ vContracts }) => vContracts).flatMap((each) => each.vStateVariables)
  return variables.find((variable) => variable.id === id) ?? null
}

/**
 * Shows that a layout keeps another one: every variable where it was and of the same type, new ones only behind all of them. Gives the new
 * ones' names.
 *
 * @throws PATCH_IMPOSSIBLE with the first variable that moved.
 */
export function proveAppended(before: readonly Placed[], after: readonly Placed[]): string[] {
  for (const [index, old] of before.entries()) {
    const now = after[index]
    if (!now || describe(now) !== describe(old))
      refuse(
        'The mended source would move the storage of the contract.',
        `before: ${describe(old)}`,
        `after: ${now ? describe(now) : 'gone'}`,
      )
  }
  const end = Math.max(0, ...before.map(endOf))
  const added = after.slice(before.length)
  const overlapping = added.find(({ slot, offset }) => Number(slot) * WORD + offset < end)
  if (overlapping)
    refuse('A new variable does not stand behind the others.', `variable: ${describe(overlapping)}`)
  return added.map(({ name }) => name)
}

const describe = ({ name, slot, offset, type }: Placed): string =>
  `${name} at slot ${slot}+${offset}: ${type}`
const endOf = ({ slot, offset, bytes }: Placed): number => Number(slot) * WORD + offset + bytes
