import {
  type ASTNode,
  ContractDefinition,
  ContractKind,
  FunctionCall,
  FunctionDefinition,
  Identifier,
  MemberAccess,
  Statement,
  TupleExpression,
} from 'solc-typed-ast'
import { isRepeatable, reachableFrom, routineAround } from '../call-graph.ts'
import { entryFunctions, functionOf, type Program, textOf } from '../program.ts'
import { refuse } from '../refuse.ts'
import { requireThat } from '../style.ts'
import { isAtLeast } from '../version.ts'
import { surround } from '../write.ts'
import { callAt } from './calls.ts'
import { joinMendings, type Mending, type Wound } from './mending.ts'

/** ERC-20 and ERC-721, and what libraries around them are called. */
const PULLING: ReadonlySet<string> = new Set(['transferFrom', 'safeTransferFrom'])
const SELECTOR = '0x23b872dd'
const COMMENT = '// An allowance is for its owner to spend.'
/** From here on bytes of any length convert to bytes4. */
const CONVERTS_BYTES = '0.8.5'

/**
 * Whoever's tokens are taken must be the caller, or the contract itself. Where a library makes the call, its user is asked; where the caller
 * chooses the whole call, it must not be one that takes tokens.
 */
export function mendArbitraryCalls({ program, diagnosis, mechanism }: Wound<'arbitrary-call'>): Mending {
  const own = mechanism.calls.filter(({ code }) => code === diagnosis.code)
  const entry = functionOf(program, diagnosis.selector)
  return joinMendings(
    own.flatMap(({ pc }) => {
      const call = callAt(program, pc)
      const pulls = isInLibrary(call) ? usesOf(program, call, entry) : [call]
      return pulls.map((pull) => guardPull(program, pull))
    }),
  )
}

const isInLibrary = (node: ASTNode): boolean =>
  (node.getClosestParentByType(ContractDefinition)?.kind ?? ContractKind.Library) === ContractKind.Library

/** The calls of the contract itself that end in a call of a library. */
function usesOf(program: Program, call: FunctionCall, entry: FunctionDefinition | null): FunctionCall[] {
  const inner = routineAround(call)
  const starts = entry ? [entry] : entryFunctions(program)
  const routines = new Set(starts.flatMap((start) => [...reachableFrom(program, start)]))
  const uses = [...routines]
    .filter((routine) => !isInLibrary(routine))
    .flatMap((routine) => routine.getChildrenByType(FunctionCall))
    .filter(({ vReferencedDeclaration: target }) => {
      const inLibrary = target instanceof FunctionDefinition && isInLibrary(target)
      return inLibrary && inner !== null && reachableFrom(program, target).has(inner)
    })
  return uses.length > 0
    ? uses
    : refuse('Which part of the contract uses the library cannot be told.', `call: ${textOf(program, call)}`)
}

function guardPull(program: Program, call: FunctionCall): Mending {
  const statement = call.getClosestParentByType(Statement)
  const condition = conditionFor(program, call)
  if (!statement || !condition)
    return refuse('Whose tokens are taken cannot be told from the call.', `call: ${textOf(program, call)}`)
  const check = requireThat(program, condition, 'not the payer')
  return { edits: surround(program, statement, { before: [COMMENT, check] }), notes: [] }
}

function conditionFor(program: Program, call: FunctionCall): string | null {
  const from = payerOf(call)
  if (from && isRepeatable(from)) {
    const payer = textOf(program, from)
    return `${payer} == msg.sender || ${payer} == address(this)`
  }
  const data = call.vArguments.find(
    (each) => each instanceof Identifier && /^bytes (?:memory|calldata)/.test(each.typeString),
  )
  return data && isAtLeast(program.source.compiler, CONVERTS_BYTES)
    ? `bytes4(${textOf(program, data)}) != ${SELECTOR}`
    : null
}

function payerOf(call: FunctionCall): ASTNode | null {
  const { vArguments: given } = call
  if (call.vExpression instanceof MemberAccess && PULLING.has(call.vExpression.memberName))
    return given[given.length === 4 ? 1 : 0] ?? null
  const [encoded] = given
  if (!(encoded instanceof FunctionCall)) return null
  const [, second] = encoded.vArguments
  if (encoded.vFunctionName === 'encodeCall' && second instanceof TupleExpression)
    return second.vOriginalComponents[0] ?? null
  return ['encodeWithSelector', 'encodeWithSignature'].includes(encoded.vFunctionName)
    ? (second ?? null)
    : null
}
