import {
  type ASTNode,
  Assignment,
  BinaryOperation,
  FunctionCall,
  FunctionCallKind,
  FunctionDefinition,
  UnaryOperation,
} from 'solc-typed-ast'
import { OP } from '../../../evm/opcodes.ts'
import { isRepeatable, routineAround } from '../call-graph.ts'
import { nodeAt } from '../locate.ts'
import { callAt } from '../mend/calls.ts'
import { entryFunctions, type Program, textOf } from '../program.ts'
import { refuse } from '../refuse.ts'
import { asOperand } from '../style.ts'

/** An expression of the source. `type` is Solidity's name of it; `literal` for a constant, which fits whatever it is compared with. */
export interface Term {
  readonly text: string
  readonly type: string
  readonly literal?: bigint
  /** Whether it can stand beside an operator without parentheses. */
  readonly atomic: boolean
}

/** Where a condition is put, and what can be named there. */
export interface Scope {
  readonly program: Program
  /** The function around. */
  readonly within: FunctionDefinition
  /** The node the condition is put before; null at the start of the function. */
  readonly before: ASTNode | null
  /** What lies on the stack at a depth, at the instruction the condition is put before. */
  readonly stack: (depth: number) => Term | null
  /** What is kept in the slot that the instruction is about to write. */
  readonly previous: Term | null
}

export function scopeOfEntry(program: Program, within: FunctionDefinition): Scope {
  return { program, within, before: null, stack: () => null, previous: null }
}

/** The scope right before an instruction: its operands are parts of the expression it was compiled from. */
export function scopeOfInstruction(program: Program, pc: number): Scope {
  const opcode = program.deployed[pc]!
  const operands = operandsOf(program, pc, opcode)
  const within = routineAround(operands.node)
  if (!(within instanceof FunctionDefinition))
    return refuse('The instruction stands in no function.', `pc: ${pc}`)
  return {
    program,
    within,
    before: operands.node,
    stack: (depth) => operands.terms[depth] ?? null,
    previous: operands.previous ?? null,
  }
}

interface Operands {
  readonly node: ASTNode
  readonly terms: readonly (Term | null)[]
  readonly previous?: Term | null
}

const OPERATORS: Readonly<Record<number, string>> = {
  [OP.ADD]: '+',
  [OP.SUB]: '-',
  [OP.MUL]: '*',
  [OP.DIV]: '/',
  [OP.MOD]: '%',
}

function operandsOf(program: Program, pc: number, opcode: number): Operands {
  const operator = OPERATORS[opcode]
  if (operator) return operandsOfOperation(program, pc, operator)
  if (opcode === OP.SSTORE) return operandsOfWrite(program, pc)
  if (opcode === OP.AND) return operandsOfCast(program, pc)
  if (opcode === OP.CALL) {
    const node = callAt(program, pc)
    return { node, terms: [] }
  }
  return refuse('What the instruction works on has no name in the source.', `pc: ${pc}`, `opcode: ${opcode}`)
}

function operandsOfOperation(program: Program, pc: number, operator: string): Operands {
  const node = nodeAt(program, pc, {
    what: `an operation ${operator}`,
    isWanted: (each): each is BinaryOperation | Assignment =>
      (each instanceof BinaryOperation && each.operator === operator) ||
      (each instanceof Assignment && each.operator === `${operator}=`),
  })
  const [left, right] =
    node instanceof Assignment
      ? [node.vLeftHandSide, node.vRightHandSide]
      : [node.vLeftExpression, node.vRightExpression]
  return { node, terms: [termOf(program, left), termOf(program, right)] }
}

/** A cast to a narrower type is a mask: whichever operand is no constant is what is cast. */
function operandsOfCast(program: Program, pc: number): Operands {
  const node = nodeAt(program, pc, {
    what: 'a cast to a narrower type',
    isWanted: (each): each is FunctionCall =>
      each instanceof FunctionCall &&
      each.kind === FunctionCallKind.TypeConversion &&
      /^uint(?!256)\d+$/.test(each.typeString),
  })
  const cast = termOf(program, node.vArguments[0]!)
  return { node, terms: [cast, cast] }
}

/** SSTORE takes the slot and the new word; the slot has no name, but what it holds has. */
function operandsOfWrite(program: Program, pc: number): Operands {
  const node = nodeAt(program, pc, {
    what: 'an assignment',
    isWanted: (each): each is Assignment | UnaryOperation =>
      each instanceof Assignment ||
      (each instanceof UnaryOperation && ['++', '--', 'delete'].includes(each.operator)),
  })
  if (node instanceof UnaryOperation)
    return { node, terms: [], previous: termOf(program, node.vSubExpression) }
  const previous = termOf(program, node.vLeftHandSide)
  const given = termOf(program, node.vRightHandSide)
  const operator = node.operator.slice(0, -1)
  const computed =
    previous && given
      ? { text: `${wrap(previous)} ${operator} ${wrap(given)}`, type: previous.type, atomic: false }
      : null
  return { node, terms: [null, operator === '' ? given : computed], previous }
}

/** Null for what must not be evaluated twice. */
function termOf(program: Program, node: ASTNode & { readonly typeString: string }): Term | null {
  if (!isRepeatable(node)) return null
  const text = textOf(program, node)
  return { text, type: node.typeString, atomic: asOperand(node, text) === text }
}

export const wrap = ({ text, atomic }: Term): string => (atomic ? text : `(${text})`)

/** Whether nothing but calls from outside runs a function: then its parameters are the arguments. */
export function isEntryOnly({ program, within }: Scope): boolean {
  return entryFunctions(program).includes(within)
}
