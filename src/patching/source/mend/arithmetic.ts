import {
  type ASTNode,
  Assignment,
  BinaryOperation,
  Literal,
  type Statement,
  Statement as StatementNode,
  UnaryOperation,
  UncheckedBlock,
  VariableDeclarationStatement,
} from 'solc-typed-ast'
import { OP } from '../../../evm/opcodes.ts'
import { isRepeatable } from '../call-graph.ts'
import { isAssembly, nodeAt } from '../locate.ts'
import { type Program, textOf } from '../program.ts'
import { refuse } from '../refuse.ts'
import { asOperand, requireThat } from '../style.ts'
import { isAtLeast } from '../version.ts'
import { surround } from '../write.ts'
import { isEvaluatedOnce, replaceByFunction } from './checked-function.ts'
import { type Attempt, joinMendings, type Mending, type Wound } from './mending.ts'
import { unwrapUnchecked } from './unchecked-block.ts'

type ArithmeticNode = BinaryOperation | Assignment | UnaryOperation
type Operator = '+' | '-' | '*'

/** An operation whose result may not fit, with the text of its operands. */
export interface Operation {
  readonly node: ArithmeticNode
  readonly operator: Operator
  readonly a: string
  readonly b: string
  /** For the second operand, where it is a literal number. */
  readonly literal: boolean
}

const OPERATORS: Readonly<Record<number, Operator>> = { [OP.ADD]: '+', [OP.SUB]: '-', [OP.MUL]: '*' }
/** Compilers from here on check arithmetic themselves, outside `unchecked`. */
const CHECKS = '0.8.0'

/** All operations that wrapped; then each alone, for a contract may wrap on purpose at one of the places. */
export function arithmeticAttempts({ program, diagnosis, mechanism }: Wound<'arithmetic'>): Attempt[] {
  const own = mechanism.sites.filter(({ code }) => code === diagnosis.code)
  const single = own.length > 1 ? own : []
  return [own, ...single.map((site) => [site])].map((sites) => () => mendSites(program, sites))
}

type Sites = readonly { readonly pc: number; readonly opcode: number }[]

/** Operations are checked by the compiler, where `unchecked` kept it from that, or else by a condition beside them. */
function mendSites(program: Program, sites: Sites): Mending {
  const operations = new Map(sites.map((site) => operationAt(program, site)).map((each) => [each.node, each]))
  const mendings: Mending[] = []
  const done = new Set<ArithmeticNode>()
  for (const operation of operations.values()) {
    if (done.has(operation.node)) continue
    const block = operation.node.getClosestParentByType(UncheckedBlock)
    const inBlock = block ? arithmeticIn(block) : []
    if (block && inBlock.every((node) => operations.has(node))) {
      for (const node of inBlock) done.add(node)
      mendings.push(unwrapUnchecked(program, block))
    } else mendings.push(check(program, operation, block !== undefined))
  }
  return joinMendings(mendings)
}

function operationAt(
  program: Program,
  { pc, opcode }: { readonly pc: number; readonly opcode: number },
): Operation {
  const operator = OPERATORS[opcode]
  if (!operator || isAssembly(program, pc))
    return refuse('The operation is written in assembly or is no arithmetic of the source.', `pc: ${pc}`)
  const node = nodeAt(program, pc, {
    what: `an operation ${operator}`,
    isWanted: (each): each is ArithmeticNode => operatorOf(each) === operator,
  })
  if (/^int\d*$/.test(node.typeString))
    return refuse('The operation is one of signed numbers.', `source: ${textOf(program, node)}`)
  return { node, operator, ...operandsOf(program, node) }
}

function operatorOf(node: ASTNode): Operator | null {
  if (node instanceof BinaryOperation && '+-*'.includes(node.operator)) return node.operator as Operator
  if (node instanceof Assignment && ['+=', '-=', '*='].includes(node.operator))
    return node.operator[0] as Operator
  if (node instanceof UnaryOperation && ['++', '--'].includes(node.operator))
    return node.operator[0] as Operator
  return null
}

const arithmeticIn = (node: ASTNode): ArithmeticNode[] =>
  node.getChildrenBySelector<ArithmeticNode>((each) => operatorOf(each) !== null)

function operandsOf(program: Program, node: ArithmeticNode): Pick<Operation, 'a' | 'b' | 'literal'> {
  // What binds as tightly as a comparison's sides needs no parentheses there.
  const compared = operatorOf(node) === '-'
  const text = (operand: ASTNode) => {
    const written = textOf(program, operand)
    return compared && operatorOf(operand) !== null && operand instanceof BinaryOperation
      ? written
      : asOperand(operand, written)
  }
  if (node instanceof UnaryOperation) return { a: text(node.vSubExpression), b: '1', literal: true }
  const [left, right] =
    node instanceof Assignment
      ? [node.vLeftHandSide, node.vRightHandSide]
      : [node.vLeftExpression, node.vRightExpression]
  // A multiplication is told by the factor that is known not to be zero.
  const swap = left instanceof Literal && node instanceof BinaryOperation && node.operator !== '-'
  const [a, b] = swap ? [right, left] : [left, right]
  return { a: text(a), b: text(b), literal: b instanceof Literal }
}

const NAMES = {
  '+': 'addition overflow',
  '-': 'subtraction underflow',
  '*': 'multiplication overflow',
} as const
const NOUNS = { '+': 'sum', '-': 'difference', '*': 'product' } as const

function check(program: Program, operation: Operation, unchecked: boolean): Mending {
  const { node, operator } = operation
  const comment = `// Without this check the ${NOUNS[operator]} could wrap around.`
  if (isAtLeast(program.source.compiler, CHECKS) && !unchecked)
    return refuse('The compiler checks this operation already.', `source: ${textOf(program, node)}`)
  const statement = node.getClosestParentByType(StatementNode)
  const operands = node.children.filter((each) => each instanceof StatementNode === false)
  if (!statement || !operands.every(isRepeatable) || !isEvaluatedOnce(node, statement))
    return replaceByFunction(program, operation, comment)
  const result = declaredResult(statement, node)
  const reason = NAMES[operator]
  if (result && operator !== '-') {
    const check = requireThat(program, conditionAfter(operation, result), reason)
    return { edits: surround(program, statement, { after: [comment, check] }), notes: [] }
  }
  const check = requireThat(program, conditionBefore(operation), reason)
  return { edits: surround(program, statement, { before: [comment, check] }), notes: [] }
}

/** The variable that is declared with the operation's result. */
function declaredResult(statement: Statement, node: ArithmeticNode): string | null {
  const declares = statement instanceof VariableDeclarationStatement && statement.vInitialValue === node
  return declares && statement.vDeclarations.length === 1 ? statement.vDeclarations[0]!.name : null
}

/** In modular arithmetic: a sum that wrapped is less than its terms, and a product that wrapped is no multiple that divides back. */
function conditionAfter({ operator, a, b, literal }: Operation, result: string): string {
  if (operator === '+') return `${result} >= ${a}`
  return literal ? `${result} / ${b} == ${a}` : `${a} == 0 || ${result} / ${a} == ${b}`
}

function conditionBefore(operation: Operation): string {
  const { operator, a, b } = operation
  if (operator === '-') return `${b} <= ${a}`
  const result = `${a} ${operator} ${b}`
  return conditionAfter(operation, operator === '*' ? `(${result})` : result)
}
