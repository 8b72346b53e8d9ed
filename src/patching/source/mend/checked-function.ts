import {
  type ASTNode,
  Assignment,
  BinaryOperation,
  Block,
  Conditional,
  ContractDefinition,
  ContractKind,
  EmitStatement,
  ExpressionStatement,
  IfStatement,
  Return,
  type Statement,
  UnaryOperation,
  UncheckedBlock,
  VariableDeclarationStatement,
} from 'solc-typed-ast'
import type { Edit } from '../edit.ts'
import { bytesOfSource, type Program, rangeOf, textOf } from '../program.ts'
import { refuse } from '../refuse.ts'
import { freshName, requireThat } from '../style.ts'
import { isAtLeast } from '../version.ts'
import { addMember } from '../write.ts'
import type { Operation } from './arithmetic.ts'
import type { Mending } from './mending.ts'

/** Whether an expression is evaluated whenever its statement runs, once, and with what stands in the variables when it begins. */
export function isEvaluatedOnce(node: ASTNode, statement: Statement): boolean {
  const plain =
    statement instanceof ExpressionStatement ||
    statement instanceof VariableDeclarationStatement ||
    statement instanceof Return ||
    statement instanceof EmitStatement ||
    statement instanceof IfStatement
  if (!plain || !standsAlone(statement)) return false
  const way = [node, ...parentsUpTo(node, statement)]
  return (
    way.every((part, index) => index === 0 || !isConditional(part, way[index - 1]!)) &&
    !changesBefore(node, statement)
  )
}

/** Not one of the three parts of a `for`. */
function standsAlone({ parent }: Statement): boolean {
  return parent instanceof Block || parent instanceof UncheckedBlock || parent instanceof IfStatement
}

function parentsUpTo(node: ASTNode, end: ASTNode): ASTNode[] {
  const parents: ASTNode[] = []
  for (let at = node.parent; at && at !== end; at = at.parent) parents.push(at)
  return parents
}

function isConditional(parent: ASTNode, part: ASTNode): boolean {
  if (parent instanceof Conditional) return part !== parent.vCondition
  return (
    parent instanceof BinaryOperation &&
    ['&&', '||'].includes(parent.operator) &&
    part !== parent.vLeftExpression
  )
}

/** Whether another part of the statement changes something, perhaps before the operation. */
function changesBefore(node: ASTNode, statement: Statement): boolean {
  const expression = statement instanceof IfStatement ? statement.vCondition : statement
  const outside = (each: ASTNode) =>
    each !== node && !each.getParents().includes(node) && !node.getParents().includes(each)
  const changes = expression
    .getChildrenByType(Assignment, true)
    .filter((each) => outside(each))
    .concat(
      expression
        .getChildrenByType(UnaryOperation, true)
        .filter(
          (each) => outside(each) && ['++', '--', 'delete'].includes(each.operator),
        ) as ASTNode[] as Assignment[],
    )
  return changes.length > 0
}

const FUNCTIONS = { '+': 'checkedAdd', '-': 'checkedSub', '*': 'checkedMul' } as const
const KNOWS_PURE = '0.4.17'

/** The operation by a function of its own: wherever it stands, its operands are evaluated as before. */
export function replaceByFunction(program: Program, operation: Operation, comment: string): Mending {
  const { node, operator } = operation
  const contract = node.getClosestParentByType(ContractDefinition)
  const value = node instanceof BinaryOperation
  if (!contract || (!value && !(node.parent instanceof ExpressionStatement)))
    return refuse('The operation stands where no check can be put.', `source: ${textOf(program, node)}`)
  const name = freshName(program, FUNCTIONS[operator])
  const { path, start, end } = rangeOf(program, node)
  const [left, right] = sidesOf(program, node)
  const call = `${name}(${left}, ${right})`
  const text = value ? call : `${left} = ${call}`
  const edits: Edit[] = [{ path, start, end, text }]
  return { edits: [...edits, ...declare(program, contract, { name, operation, comment })], notes: [] }
}

function sidesOf(program: Program, node: Operation['node']): [string, string] {
  if (node instanceof UnaryOperation) return [textOf(program, node.vSubExpression), '1']
  const [left, right] =
    node instanceof Assignment
      ? [node.vLeftHandSide, node.vRightHandSide]
      : [node.vLeftExpression, node.vRightExpression]
  return [textOf(program, left), textOf(program, right)]
}

function declare(
  program: Program,
  contract: ContractDefinition,
  { name, operation: { node, operator }, comment }: { name: string; operation: Operation; comment: string },
): Edit[] {
  const type = node.typeString
  const condition = { '+': 'a + b >= a', '-': 'b <= a', '*': 'a == 0 || (a * b) / a == b' }[operator]
  const pure = isAtLeast(program.source.compiler, KNOWS_PURE) ? ' pure' : ''
  const visibility = contract.kind === ContractKind.Library ? 'internal' : 'private'
  const checks = isAtLeast(program.source.compiler, '0.8.0')
    ? []
    : [`\t${requireThat(program, condition, 'out of range')}`]
  const lines = [
    comment,
    `function ${name}(${type} a, ${type} b) ${visibility}${pure} returns (${type}) {`,
    ...checks,
    `\treturn a ${operator} b;`,
    '}',
  ]
  const { path, end } = rangeOf(program, contract)
  const bytes = bytesOfSource(program, path)
  const last = contract.children.filter((each) => rangeOf(program, each).end < end).at(-1)
  return bytes.length > 0 ? addMember(program, contract, { lines, behind: last, blank: true }) : []
}
