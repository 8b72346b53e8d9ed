import {
  type ASTNode,
  Assignment,
  type ContractDefinition,
  FunctionCall,
  FunctionDefinition,
  FunctionStateMutability,
  Identifier,
  IndexAccess,
  MemberAccess,
  ModifierDefinition,
  UnaryOperation,
  VariableDeclaration,
} from 'solc-typed-ast'
import { type Program, signatureOf } from './program.ts'

export type Routine = FunctionDefinition | ModifierDefinition

/** The function or modifier a node stands in. */
export function routineAround(node: ASTNode): Routine | null {
  return (
    node.getClosestParentByType(FunctionDefinition) ?? node.getClosestParentByType(ModifierDefinition) ?? null
  )
}

/** Everything that runs, inside the contract, when a routine does: itself, its modifiers, and the functions it calls internally. */
export function reachableFrom(program: Program, start: Routine): Set<Routine> {
  const reached = new Set<Routine>()
  const visit = (routine: Routine) => {
    if (reached.has(routine)) return
    reached.add(routine)
    for (const next of calledBy(program, routine)) visit(next)
  }
  visit(start)
  return reached
}

function calledBy(program: Program, routine: Routine): Routine[] {
  const modifiers =
    routine instanceof FunctionDefinition
      ? routine.vModifiers
          .map(({ vModifier }) => vModifier)
          .filter((each) => each instanceof ModifierDefinition)
      : []
  const functions = routine
    .getChildrenByType(Identifier)
    .map((node) => ({ node, target: node.vReferencedDeclaration }))
    .concat(
      routine
        .getChildrenByType(MemberAccess)
        .filter((node) => isInternalAccess(node))
        .map((node) => ({ node: node as ASTNode as Identifier, target: node.vReferencedDeclaration })),
    )
    .filter(({ target }) => target instanceof FunctionDefinition)
    .map(({ node, target }) => {
      const named = target as FunctionDefinition
      return node instanceof Identifier ? mostDerived(program, named) : named
    })
  return [...modifiers, ...functions]
}

/** `super.f`, `Base.f`, `Library.f` and functions attached by `using`: not calls of other contracts. */
function isInternalAccess({ vReferencedDeclaration: target, vExpression }: MemberAccess): boolean {
  if (!(target instanceof FunctionDefinition)) return false
  if (['internal', 'private'].includes(target.visibility)) return true
  return /^type\((?:contract )?(?:super )?/.test(vExpression.typeString)
}

/** A call by plain name runs the most derived function of that signature. */
function mostDerived(program: Program, named: FunctionDefinition): FunctionDefinition {
  const scope = named.vScope
  const bases = program.contract.vLinearizedBaseContracts
  if (named.visibility === 'private' || !bases.includes(scope as ContractDefinition)) return named
  const signature = signatureOf(program, named)
  for (const { vFunctions } of bases) {
    const found = vFunctions.find(
      (each) => each.name === named.name && signatureOf(program, each) === signature,
    )
    if (found?.implemented) return found
  }
  return named
}

/** Functions that cannot write, and so cannot hold a lock either. */
export function isView({ stateMutability }: FunctionDefinition): boolean {
  const reading: readonly string[] = [
    FunctionStateMutability.View,
    FunctionStateMutability.Pure,
    FunctionStateMutability.Constant,
  ]
  return reading.includes(stateMutability)
}

/** State variables an expression or statement names. */
export function stateVariablesIn(node: ASTNode): Set<VariableDeclaration> {
  const named = node
    .getChildrenByType(Identifier, true)
    .map(({ vReferencedDeclaration }) => vReferencedDeclaration)
  return new Set(
    named.filter(
      (each): each is VariableDeclaration => each instanceof VariableDeclaration && each.stateVariable,
    ),
  )
}

/** State variables that are assigned to by name, as a whole or in part. */
export function writtenIn(node: ASTNode): Set<VariableDeclaration> {
  const targets = [
    ...node.getChildrenByType(Assignment, true).map(({ vLeftHandSide }) => vLeftHandSide),
    ...node
      .getChildrenByType(UnaryOperation, true)
      .filter(({ operator }) => ['++', '--', 'delete'].includes(operator))
      .map(({ vSubExpression }) => vSubExpression),
  ]
  return new Set(targets.flatMap((target) => [...stateVariablesIn(baseOf(target))]))
}

/** `balances` of `balances[owner].amount`. */
function baseOf(node: ASTNode): ASTNode {
  if (node instanceof IndexAccess) return baseOf(node.vBaseExpression)
  if (node instanceof MemberAccess) return baseOf(node.vExpression)
  return node
}

/** Whether `msg.sender`, `tx.origin` and the like occurs. */
export function mentions(node: ASTNode, base: string, member: string): boolean {
  return node.getChildrenByType(MemberAccess, true).some((access) => isGlobal(access, base, member))
}

export function isGlobal(node: ASTNode, base: string, member: string): node is MemberAccess {
  return (
    node instanceof MemberAccess &&
    node.memberName === member &&
    node.vExpression instanceof Identifier &&
    node.vExpression.name === base
  )
}

/** Whether evaluating an expression once more changes nothing and gives the same: no assignment, no call of another contract. */
export function isRepeatable(node: ASTNode): boolean {
  if (node.getChildrenByType(Assignment, true).length > 0) return false
  const changes = node.getChildrenByType(UnaryOperation, true)
  if (changes.some(({ operator }) => ['++', '--', 'delete'].includes(operator))) return false
  return node.getChildrenByType(FunctionCall, true).every((call) => {
    if (call.kind === 'typeConversion' || call.kind === 'structConstructorCall') return true
    const target = call.vReferencedDeclaration
    if (target instanceof FunctionDefinition) {
      const internal = call.vExpression instanceof Identifier || isInternal(call)
      return internal && isView(target)
    }
    return target === undefined && ['keccak256', 'sha3', 'addmod', 'mulmod'].includes(call.vFunctionName)
  })
}

const isInternal = ({ vExpression }: FunctionCall): boolean =>
  vExpression instanceof MemberAccess && isInternalAccess(vExpression)

const LOW_LEVEL: ReadonlySet<string> = new Set(['call', 'callcode', 'delegatecall', 'send', 'transfer'])

/** Whether a function hands control to another contract in a way that lets it write. */
export function callsOut(program: Program, start: Routine): boolean {
  return [...reachableFrom(program, start)].some((routine) =>
    routine.getChildrenByType(MemberAccess).some(({ memberName, typeString, vExpression }) => {
      if (LOW_LEVEL.has(memberName) && vExpression.typeString.startsWith('address')) return true
      return /^function .*\bexternal\b/.test(typeString) && !/\b(?:view|pure)\b/.test(typeString)
    }),
  )
}
