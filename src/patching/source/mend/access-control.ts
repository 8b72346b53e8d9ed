import {
  type ASTNode,
  BinaryOperation,
  type ContractDefinition,
  type FunctionDefinition,
  Identifier,
  type MemberAccess,
  ModifierDefinition,
  Statement,
  type VariableDeclaration,
} from 'solc-typed-ast'
import { getAddress } from 'viem'
import type { Address } from '../../../core/hex.ts'
import { isGlobal, mentions, reachableFrom, stateVariablesIn, writtenIn } from '../call-graph.ts'
import { variableAt } from '../layout.ts'
import { functionOf, type Program, rangeOf } from '../program.ts'
import { refuse } from '../refuse.ts'
import { requireThat } from '../style.ts'
import { addModifier, atStart, commentAbove, surround } from '../write.ts'
import type { Attempt, MechanismOf, Mending, Wound } from './mending.ts'

const ADDRESS_BYTES = 20

/**
 * Who may call: the origin of the transaction is no caller, so where it is asked for the caller is asked for instead. Else whoever the contract
 * keeps in the variable that it compares with its caller elsewhere, by its own modifier where it has one.
 */
export function accessControlAttempts(wound: Wound<'access-control'>): Attempt[] {
  const { program, mechanism } = wound
  const { entry, knownCallers, roles } = mechanism
  const called = (): FunctionDefinition =>
    functionOf(program, entry.selector) ??
    refuse('The function is not written in the source.', `selector: ${entry.selector}`)
  const admits = ({ holder }: Role) => knownCallers.length === 0 || knownCallers.includes(holder)
  const [only, ...others] = knownCallers
  return [
    () => askCaller(program, called()),
    ...roles
      .toSorted((a, b) => Number(admits(b)) - Number(admits(a)))
      .map((role) => () => restrictToRole(program, called(), role)),
    ...(only !== undefined && others.length === 0
      ? [() => restrictToAddress(program, hookOf(program, called()), only)]
      : []),
  ]
}

type Role = MechanismOf<'access-control'>['roles'][number]

function restrictToRole(program: Program, entry: FunctionDefinition, role: Role): Mending {
  const variable = variableAt(program, { ...role, bytes: ADDRESS_BYTES })
  const mending = variable && restrictTo(program, hookOf(program, entry), variable)
  return mending
    ? { ...mending, notes: [...mending.notes, ...notesOn(program, entry, variable, role.holder)] }
    : refuse('Who may call is kept in no variable that the function sees.', `slot: ${role.slot}`)
}

function notesOn(
  program: Program,
  entry: FunctionDefinition,
  variable: VariableDeclaration,
  holder: Address,
): string[] {
  const sets = [...reachableFrom(program, entry)].some((each) => writtenIn(each).has(variable))
  return [
    `${variable.name} is ${holder} now`,
    ...(sets
      ? [`a new deployment of this source could not set ${variable.name} by ${entry.name} any more`]
      : []),
  ]
}

/** Where something else than the caller is compared with the origin of the transaction. */
function originChecks(program: Program, entry: FunctionDefinition): MemberAccess[] {
  return [...reachableFrom(program, entry)].flatMap((routine) =>
    routine
      .getChildrenByType(BinaryOperation)
      .filter((node) => ['==', '!='].includes(node.operator) && !mentions(node, 'msg', 'sender'))
      .flatMap((node) => [node.vLeftExpression, node.vRightExpression])
      .filter((side): side is MemberAccess => isGlobal(side, 'tx', 'origin')),
  )
}

function askCaller(program: Program, entry: FunctionDefinition): Mending {
  const origins = originChecks(program, entry)
  if (origins.length === 0) refuse('The function does not compare the origin of the transaction.')
  const edits = origins.flatMap((node) => {
    const { path, start, end } = rangeOf(program, node)
    const statement = node.getClosestParentByType(Statement)
    const comment = '// Whoever the origin calls could otherwise act in its name.'
    const [above] = statement ? surround(program, statement, { before: [comment] }) : []
    return [...(above ? [above] : []), { path, start, end, text: 'msg.sender' }]
  })
  return { edits, notes: ['whoever used to act through a contract of its own is now that contract'] }
}

/**
 * An inherited function that calls an empty function of the deployed contract leaves it to that one to say who may call. Else the
 * function itself.
 */
function hookOf(program: Program, entry: FunctionDefinition): FunctionDefinition {
  if (entry.vScope === program.contract) return entry
  const hooks = [...reachableFrom(program, entry)].filter(
    (each): each is FunctionDefinition =>
      !(each instanceof ModifierDefinition) &&
      each.vScope === program.contract &&
      each.vModifiers.length === 0 &&
      each.vBody?.vStatements.length === 0,
  )
  return hooks.length === 1 ? hooks[0]! : entry
}

const COMMENT = '// Restricted: until now anybody could call it.'

function restrictTo(
  program: Program,
  target: FunctionDefinition,
  variable: VariableDeclaration,
): Mending | null {
  const scope = target.vScope as ContractDefinition
  const modifier = scope.vLinearizedBaseContracts
    ?.flatMap(({ vModifiers }) => vModifiers)
    .find((each) => asksFor(program, each, variable))
  if (modifier) {
    const edits = [...commentAbove(program, target, COMMENT), ...addModifier(program, target, modifier.name)]
    return { edits, notes: [] }
  }
  const declaredIn = variable.vScope as ContractDefinition
  const visible =
    declaredIn === scope ||
    (variable.visibility !== 'private' && scope.vLinearizedBaseContracts?.includes(declaredIn))
  if (!visible) return null
  const asked = variable.typeString.startsWith('contract') ? `address(${variable.name})` : variable.name
  const check = requireThat(program, `msg.sender == ${asked}`, `not the ${variable.name}`)
  return { edits: atStart(program, target, [COMMENT, check]), notes: [] }
}

/** A modifier without parameters that compares the caller with one variable, reads no other and changes nothing. */
function asksFor(program: Program, modifier: ModifierDefinition, variable: VariableDeclaration): boolean {
  if (modifier.vParameters.vParameters.length > 0) return false
  const parts: ASTNode[] = [...reachableFrom(program, modifier)]
  const read = new Set(parts.flatMap((part) => [...stateVariablesIn(part)]))
  const compares = parts.some((part) =>
    part.getChildrenByType(BinaryOperation).some(({ operator, vLeftExpression, vRightExpression }) => {
      const sides = [vLeftExpression, vRightExpression]
      return ['==', '!='].includes(operator) && sides.some(isCaller(program))
    }),
  )
  return (
    compares && read.size === 1 && read.has(variable) && parts.every((part) => writtenIn(part).size === 0)
  )
}

/** `msg.sender`, or a function without arguments that does nothing but name it. */
const isCaller =
  (program: Program) =>
  (side: ASTNode): boolean => {
    if (isGlobal(side, 'msg', 'sender')) return true
    const [named] = side.getChildrenByType(Identifier, true)
    const target = named?.vReferencedDeclaration
    const routine = [...program.contract.vLinearizedBaseContracts]
      .flatMap(({ vFunctions }) => vFunctions)
      .find((each) => each === target)
    return side.type === 'FunctionCall' && routine !== undefined && mentions(routine, 'msg', 'sender')
  }

function restrictToAddress(program: Program, target: FunctionDefinition, caller: Address): Mending {
  const check = requireThat(
    program,
    `msg.sender == ${getAddress(caller)}`,
    'not the caller this is meant for',
  )
  return {
    edits: atStart(program, target, [COMMENT, check]),
    notes: [`no variable names who may call: ${caller}, the only caller seen, is written into the source`],
  }
}
