import { type ASTNode, FunctionCall, FunctionCallKind } from 'solc-typed-ast'
import type { Program } from './program.ts'
import { isAtLeast } from './version.ts'

const KNOWS_REASONS = '0.4.22'

/** `require(condition, "reason");`, the reason left out where the contract gives none, or its compiler knows none. */
export function requireThat(program: Program, condition: string, reason: string): string {
  return givesReasons(program) ? `require(${condition}, "${reason}");` : `require(${condition});`
}

function givesReasons(program: Program): boolean {
  if (!isAtLeast(program.source.compiler, KNOWS_REASONS)) return false
  const checks = program.contract
    .getChildrenByType(FunctionCall)
    .filter((call) => call.kind === FunctionCallKind.FunctionCall && call.vFunctionName === 'require')
  return checks.length === 0 || checks.some(({ vArguments }) => vArguments.length > 1)
}

/** The first of some names, or of these with a number, that occurs nowhere in the sources. */
export function freshName(program: Program, ...wanted: readonly string[]): string {
  const used = new Set(
    Object.values(program.source.input.sources).flatMap(
      ({ content }) => content.match(/[A-Za-z_$][\w$]*/g) ?? [],
    ),
  )
  const numbered = Array.from({ length: 100 }, (_, index) => `${wanted[0]}${index + 2}`)
  return [...wanted, ...numbered].find((name) => !used.has(name))!
}

/** Text of an expression that is put beside an operator. */
export function asOperand(node: ASTNode, text: string): string {
  const atomic = ['Identifier', 'Literal', 'MemberAccess', 'IndexAccess', 'FunctionCall', 'TupleExpression']
  return atomic.includes(node.type) ? text : `(${text})`
}
