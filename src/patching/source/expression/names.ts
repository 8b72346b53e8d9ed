import { Mapping, StructDefinition, type TypeName, UserDefinedTypeName } from 'solc-typed-ast'
import type { Expression } from '../../../diagnosis/types.ts'
import { declarationOf, layoutOf, type Placed, variableAt } from '../layout.ts'
import { layStruct, sizeOfType } from '../layout-types.ts'
import { refuse } from '../refuse.ts'
import { isEntryOnly, type Scope, type Term } from './scope.ts'

const WORD = 32
const SELECTOR = 4

/** Something in storage by its name. */
interface Reference {
  readonly text: string
  readonly type: TypeName
}

/** The parameter that an argument word is. */
export function nameArgument(scope: Scope, offset: number): Term {
  const parameters = scope.within.vParameters.vParameters
  const index = (offset - SELECTOR) / WORD
  const known = isEntryOnly(scope) && parameters.slice(0, index + 1).every(({ vType }) => isOneWord(vType))
  const parameter = known ? parameters[index] : undefined
  if (!parameter || parameter.name === '')
    return refuse(
      'An argument has no name where the condition stands.',
      `function: ${scope.within.name}`,
      `offset: ${offset}`,
    )
  return { text: parameter.name, type: parameter.typeString, atomic: true }
}

/** Values, and what is given by an offset; arrays and structs of a fixed size take more words. */
function isOneWord(type: TypeName | undefined): boolean {
  if (!type || type.typeString.startsWith('struct ') || /\[\d+\]/.test(type.typeString)) return false
  return true
}

/** The variable that a slot, or bits of it, are. */
export function nameVariable(scope: Scope, slot: bigint, bits?: { shift: number; bits: number }): Term {
  const { program } = scope
  const variable = bits
    ? variableAt(program, { slot, shift: bits.shift, bytes: bits.bits / 8 })
    : declarationOf(program.units, onlyIn(scope, slot)?.id ?? -1)
  if (!variable) return refuse('No variable of the source is kept in a slot.', `slot: ${slot}`)
  return { text: visible(scope, variable), type: variable.typeString, atomic: true }
}

/** The value of a slot that was computed from keys: an entry of a mapping, or a member of one. */
export function nameEntry(scope: Scope, slot: Expression): Term {
  const { text, type } = referTo(scope, slot)
  if (!sizeOfType(type).packed)
    return refuse('The condition reads what is no single value.', `source: ${text}`)
  return { text, type: type.typeString, atomic: true }
}

function referTo(scope: Scope, slot: Expression): Reference {
  if (slot.op === 'constant') {
    const placed = onlyIn(scope, slot.value)
    const variable = placed && declarationOf(scope.program.units, placed.id)
    if (!variable) return refuse('No variable of the source is kept in a slot.', `slot: ${slot.value}`)
    return { text: visible(scope, variable), type: variable.vType! }
  }
  if (slot.op === 'add' && slot.b.op === 'constant') return memberOf(referTo(scope, slot.a), slot.b.value)
  if (slot.op !== 'entry') return refuse('A slot is computed in a way that has no name in the source.')
  const mapping = referTo(scope, slot.b)
  if (!(mapping.type instanceof Mapping))
    return refuse('What has entries is no mapping.', `source: ${mapping.text}`)
  return { text: `${mapping.text}[${nameKey(scope, slot.a)}]`, type: mapping.type.vValueType }
}

function memberOf({ text, type }: Reference, slot: bigint): Reference {
  const target = type instanceof UserDefinedTypeName ? type.vReferencedDeclaration : null
  const members = target instanceof StructDefinition ? target.vMembers : []
  const places = layStruct(members.map(({ vType }) => vType!))
  const at = places.flatMap((place, index) => (place.slot === slot ? [index] : []))
  const member = at.length === 1 ? members[at[0]!] : undefined
  return member
    ? { text: `${text}.${member.name}`, type: member.vType! }
    : refuse('A slot of a struct is not one member.', `source: ${text}`, `slot: ${slot}`)
}

function nameKey(scope: Scope, key: Expression): string {
  if (key.op === 'caller') return 'msg.sender'
  if (key.op === 'origin') return 'tx.origin'
  if (key.op === 'argument') return nameArgument(scope, key.offset).text
  if (key.op === 'field') return nameKey(scope, key.a)
  return refuse('A key has no name in the source.', `key: ${key.op}`)
}

/** The variable that has a slot for itself. */
function onlyIn({ program }: Scope, slot: bigint): Placed | null {
  const placed = layoutOf(program.contract, program.reproduction.output)
  const found = placed.filter((each) => each.slot === slot)
  return found.length === 1 ? found[0]! : null
}

function visible({ within, program }: Scope, variable: NonNullable<ReturnType<typeof variableAt>>): string {
  const hidden = variable.visibility === 'private' && variable.vScope !== within.vScope
  const bases = program.contract.vLinearizedBaseContracts
  const scope = bases.find((each) => each === within.vScope)
  if (hidden || !scope?.vLinearizedBaseContracts.some((each) => each === variable.vScope))
    return refuse('The variable cannot be named where the condition stands.', `variable: ${variable.name}`)
  return variable.name
}
