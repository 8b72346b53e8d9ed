import {
  type ASTNode,
  Assignment,
  ExpressionStatement,
  FunctionCall,
  FunctionCallKind,
  Identifier,
  Statement,
  TupleExpression,
  VariableDeclarationStatement,
} from 'solc-typed-ast'
import { nodeAt } from '../locate.ts'
import { type Program, rangeOf, textOf } from '../program.ts'
import { refuse } from '../refuse.ts'
import { freshName, requireThat } from '../style.ts'
import { surround } from '../write.ts'
import { joinMendings, type Mending, type Wound } from './mending.ts'

const CALL = {
  what: 'a call of another contract',
  isWanted: (node: ASTNode): node is FunctionCall =>
    node instanceof FunctionCall && node.kind === FunctionCallKind.FunctionCall,
}

/** The call expression an instruction CALL was compiled from. */
export const callAt = (program: Program, pc: number): FunctionCall => nodeAt(program, pc, CALL)

/** The answer of every call that was not asked about is asked for: whether it succeeded, or whether the token said so. */
export function mendUncheckedCalls({ program, diagnosis, mechanism }: Wound<'unchecked-call'>): Mending {
  const own = mechanism.calls.filter(({ code }) => code === diagnosis.code)
  return joinMendings(own.map(({ pc, how }) => checkAnswer(program, callAt(program, pc), how)))
}

type How = 'failed' | 'returned-false'

const COMMENT = '// A call that failed must not pass for one that succeeded.'
const REASON = { failed: 'call failed', 'returned-false': 'transfer failed' }

function checkAnswer(program: Program, call: FunctionCall, how: How): Mending {
  const statement = call.getClosestParentByType(Statement)
  if (!statement) return refuse('The call stands in no statement.', `call: ${textOf(program, call)}`)
  const lowLevel = call.typeString.startsWith('tuple(bool,bytes')
  if (lowLevel && how === 'returned-false') return decodeAnswer(program, call, statement)
  if (statement instanceof ExpressionStatement && statement.vExpression === call)
    return lowLevel ? nameSuccess(program, call, statement) : wrap(program, call, statement, how)
  const answer = nameOfAnswer(statement, call)
  if (!answer)
    return refuse(
      'The answer of the call is used in a way that cannot be mended here.',
      `call: ${textOf(program, call)}`,
    )
  const check = requireThat(program, answer, REASON[how])
  return { edits: surround(program, statement, { after: [COMMENT, check] }), notes: [] }
}

/** `token.transfer(…);` becomes `require(token.transfer(…));` */
function wrap(program: Program, call: FunctionCall, statement: Statement, how: How): Mending {
  if (call.typeString !== 'bool')
    return refuse(
      'The call is declared to answer nothing, so there is nothing to ask for.',
      `call: ${textOf(program, call)}`,
    )
  const { path, start, end } = rangeOf(program, call)
  const text = requireThat(program, textOf(program, call), REASON[how]).replace(/;$/, '')
  const [before] = surround(program, statement, { before: [COMMENT] })
  const single = before && !before.text.startsWith(' {') ? [before] : []
  return { edits: [...single, { path, start, end, text }], notes: [] }
}

/** `x.call(…);` becomes `(bool success, ) = x.call(…); require(success);` */
function nameSuccess(program: Program, call: FunctionCall, statement: Statement): Mending {
  const name = freshName(program, 'success', 'succeeded')
  const { path, start } = rangeOf(program, call)
  const around = surround(program, statement, {
    before: [COMMENT],
    after: [requireThat(program, name, REASON.failed)],
  })
  return { edits: [...around, { path, start, end: start, text: `(bool ${name}, ) = ` }], notes: [] }
}

/** The variable that holds whether the call succeeded; null where none does. */
function nameOfAnswer(statement: Statement, call: FunctionCall): string | null {
  if (statement instanceof VariableDeclarationStatement && statement.vInitialValue === call) {
    const [first] = statement.assignments
    return statement.vDeclarations.find(({ id }) => id === first)?.name ?? null
  }
  if (statement instanceof ExpressionStatement && statement.vExpression instanceof Assignment) {
    const { vLeftHandSide: left, vRightHandSide: right } = statement.vExpression
    if (right !== call) return null
    const target = left instanceof TupleExpression ? left.vOriginalComponents[0] : left
    return target instanceof Identifier ? target.name : null
  }
  return null
}

/** A low-level call of a token: it must succeed, and what it answers, if anything, must not be false. */
function decodeAnswer(program: Program, call: FunctionCall, statement: Statement): Mending {
  if (!(statement instanceof ExpressionStatement) || statement.vExpression !== call)
    return refuse('The answer of the low-level call is used elsewhere.', `call: ${textOf(program, call)}`)
  const [success, answer] = [
    freshName(program, 'success', 'succeeded'),
    freshName(program, 'answer', 'returned'),
  ]
  const { path, start } = rangeOf(program, call)
  const condition = `${success} && (${answer}.length == 0 || abi.decode(${answer}, (bool)))`
  const around = surround(program, statement, {
    before: [COMMENT],
    after: [requireThat(program, condition, REASON['returned-false'])],
  })
  return {
    edits: [...around, { path, start, end: start, text: `(bool ${success}, bytes memory ${answer}) = ` }],
    notes: [],
  }
}
