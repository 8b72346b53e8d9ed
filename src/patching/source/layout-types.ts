import {
  ArrayTypeName,
  ContractDefinition,
  ElementaryTypeName,
  EnumDefinition,
  FunctionTypeName,
  Literal,
  Mapping,
  StructDefinition,
  type TypeName,
  UserDefinedTypeName,
  UserDefinedValueTypeDefinition,
} from 'solc-typed-ast'
import { refuse } from './refuse.ts'

/** Bytes a type takes in storage; what is no single value begins a slot and ends with one. */
interface Size {
  readonly bytes: number
  readonly packed: boolean
}

interface Place {
  readonly slot: bigint
  readonly offset: number
}

const WORD = 32
const ADDRESS = 20
const wholeSlots = (bytes: number): Size => ({ bytes: Math.ceil(bytes / WORD) * WORD, packed: false })
const value = (bytes: number): Size => ({ bytes, packed: true })

/** @throws PATCH_IMPOSSIBLE for an array whose length is not a literal number. */
export function sizeOfType(type: TypeName): Size {
  if (type instanceof ElementaryTypeName) return sizeOfElementary(type.name)
  if (type instanceof Mapping) return wholeSlots(WORD)
  if (type instanceof ArrayTypeName) return sizeOfArray(type)
  if (type instanceof FunctionTypeName) return value(type.visibility === 'external' ? 24 : 8)
  if (type instanceof UserDefinedTypeName) return sizeOfNamed(type)
  return refuse('The storage of a type is not known.', `type: ${type.typeString}`)
}

function sizeOfElementary(name: string): Size {
  if (name === 'bool' || name === 'byte') return value(1)
  if (name.startsWith('address')) return value(ADDRESS)
  if (name === 'string' || name === 'bytes') return wholeSlots(WORD)
  const [, kind, digits] = /^(u?int|u?fixed|bytes)(\d*)/.exec(name) ?? []
  if (kind === undefined) return refuse('The storage of a type is not known.', `type: ${name}`)
  if (kind === 'bytes') return value(Number(digits))
  return value(digits === '' ? (kind.endsWith('fixed') ? 16 : WORD) : Number(digits) / 8)
}

function sizeOfArray(type: ArrayTypeName): Size {
  if (!type.vLength) return wholeSlots(WORD)
  // The compiler writes the length into the name of the type, whatever expression it was given by.
  const written =
    type.vLength instanceof Literal ? type.vLength.value : /\[(\d+)\][^[\]]*$/.exec(type.typeString)?.[1]
  const length = Number(written)
  if (!Number.isInteger(length))
    return refuse('The length of an array is not known.', `type: ${type.typeString}`)
  const element = sizeOfType(type.vBaseType)
  const perSlot = element.packed ? Math.floor(WORD / element.bytes) : 0
  return wholeSlots(perSlot > 0 ? Math.ceil(length / perSlot) * WORD : length * element.bytes)
}

function sizeOfNamed(type: UserDefinedTypeName): Size {
  const target = type.vReferencedDeclaration
  if (target instanceof EnumDefinition) return value(target.vMembers.length > 256 ? 2 : 1)
  if (target instanceof ContractDefinition) return value(ADDRESS)
  if (target instanceof UserDefinedValueTypeDefinition) return sizeOfType(target.underlyingType)
  if (target instanceof StructDefinition) {
    const members = target.vMembers.map(({ vType }) => vType!)
    const last = layStruct(members).at(-1)
    return wholeSlots(last ? Number(last.slot) * WORD + last.offset + sizeOfType(members.at(-1)!).bytes : 0)
  }
  return refuse('The storage of a type is not known.', `type: ${type.typeString}`)
}

/** Where variables are put that are declared one after the other. */
export function layStruct(types: readonly TypeName[]): Place[] {
  let at = 0
  return types.map((type) => {
    const { bytes, packed } = sizeOfType(type)
    const fits = packed && (at % WORD) + bytes <= WORD
    if (!fits) at = Math.ceil(at / WORD) * WORD
    const place = { slot: BigInt(Math.floor(at / WORD)), offset: at % WORD }
    at += bytes
    return place
  })
}

/** A type with all that it is made of, structs member by member. */
export function describeType(type: TypeName, seen: ReadonlySet<string> = new Set()): string {
  const { typeString } = type
  if (seen.has(typeString)) return typeString
  const within = new Set([...seen, typeString])
  const inner = (part: TypeName) => describeType(part, within)
  if (type instanceof Mapping) return `mapping(${inner(type.vKeyType)}=>${inner(type.vValueType)})`
  if (type instanceof ArrayTypeName) return `${typeString}{${inner(type.vBaseType)}}`
  const target = type instanceof UserDefinedTypeName ? type.vReferencedDeclaration : null
  if (!(target instanceof StructDefinition)) return `${typeString}/${sizeOfType(type).bytes}`
  return `${typeString}{${target.vMembers.map(({ name, vType }) => `${name}:${inner(vType!)}`).join(',')}}`
}
