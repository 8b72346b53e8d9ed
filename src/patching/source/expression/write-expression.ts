import { getAddress, toHex } from 'viem'
import { addressOfWord } from '../../../core/hex.ts'
import type { Expression } from '../../../diagnosis/types.ts'
import { reachableFrom } from '../call-graph.ts'
import { entryFunctions, selectorOf } from '../program.ts'
import { refuse } from '../refuse.ts'
import { isAtLeast } from '../version.ts'
import { nameArgument, nameEntry, nameVariable } from './names.ts'
import { type Scope, type Term, wrap } from './scope.ts'

const UINT = 'uint256'
const ADDRESS_BITS = 160
const SELECTOR = { shift: 224, bits: 32 }

const PLAIN: Readonly<Record<string, Term>> = {
  caller: { text: 'msg.sender', type: 'address', atomic: true },
  origin: { text: 'tx.origin', type: 'address', atomic: true },
  self: { text: 'address(this)', type: 'address', atomic: true },
  value: { text: 'msg.value', type: UINT, atomic: true },
  timestamp: { text: 'block.timestamp', type: UINT, atomic: true },
  'block-number': { text: 'block.number', type: UINT, atomic: true },
  'calldata-size': { text: 'msg.data.length', type: UINT, atomic: true },
}
const ARITHMETIC: Readonly<Record<string, string>> = {
  add: '+',
  subtract: '-',
  multiply: '*',
  divide: '/',
  modulo: '%',
}
const COMPARISON: Readonly<Record<string, readonly [operator: string, opposite: string]>> = {
  equal: ['==', '!='],
  xor: ['!=', '=='],
  less: ['<', '>='],
  greater: ['>', '<='],
}

/**
 * What must hold so that an expression is zero, as a condition of the source.
 *
 * @throws PATCH_IMPOSSIBLE when a part of it has no name there: marks, memory, words of the stack that are no operands.
 */
export function writeRefusal(scope: Scope, refused: Expression): string {
  return writeCondition(scope, refused, false)
}

function writeCondition(scope: Scope, expression: Expression, holds: boolean): string {
  const selector = asSelector(expression)
  if (selector !== null) return `msg.sig ${holds ? '==' : '!='} bytes4(${selector})`
  const comparison = COMPARISON[expression.op]
  if (comparison && 'b' in expression) return compare(scope, expression, comparison[holds ? 0 : 1])
  if (expression.op === 'is-zero') return writeCondition(scope, expression.a, !holds)
  const rest = expression.op === 'and' ? withoutSelectors(scope, expression) : null
  if (rest) return writeCondition(scope, rest, holds)
  if (
    (expression.op === 'and' || expression.op === 'or') &&
    isCondition(expression.a) &&
    isCondition(expression.b)
  ) {
    const both = (expression.op === 'and') === holds
    const sides = [expression.a, expression.b].map((side) => writeCondition(scope, side, holds))
    return sides
      .map((side) => (both && side.includes('||') ? `(${side})` : side))
      .join(both ? ' && ' : ' || ')
  }
  const term = write(scope, expression)
  if (term.type === 'bool') return holds ? term.text : `!${wrap(term)}`
  return `${wrap(term)} ${holds ? '!=' : '=='} ${constantAs(0n, term.type)}`
}

const CONDITIONS = new Set(['equal', 'xor', 'less', 'greater', 'is-zero', 'and', 'or'])
const isCondition = ({ op }: Expression): boolean => CONDITIONS.has(op)

/** The other side of a conjunction, where one side asks for nothing but the functions that come here anyway. */
function withoutSelectors(
  { program, within }: Scope,
  { a, b }: { readonly a: Expression; readonly b: Expression },
): Expression | null {
  const coming = entryFunctions(program).filter((each) => reachableFrom(program, each).has(within))
  const isAsked = (asked: readonly string[] | null) =>
    asked !== null && coming.every((each) => asked.includes(selectorOf(program, each) ?? ''))
  if (isAsked(selectorsIn(a))) return b
  return isAsked(selectorsIn(b)) ? a : null
}

/** The selectors of which an expression asks for one; null where it asks for anything else. */
function selectorsIn(expression: Expression): string[] | null {
  const selector = asSelector(expression)
  if (selector !== null) return [selector]
  if (expression.op !== 'or') return null
  const [a, b] = [selectorsIn(expression.a), selectorsIn(expression.b)]
  return a && b ? [...a, ...b] : null
}

/** Which selector an expression asks the calldata for; null where it asks for none. */
function asSelector(expression: Expression): string | null {
  if (expression.op !== 'equal' || expression.b.op !== 'constant') return null
  const { a, b } = expression
  const first = a.op === 'field' && a.a.op === 'argument' && a.a.offset === 0
  return first && a.shift === SELECTOR.shift && a.bits === SELECTOR.bits ? toHex(b.value, { size: 4 }) : null
}

function compare(
  scope: Scope,
  { a, b }: { readonly a: Expression; readonly b: Expression },
  operator: string,
): string {
  const [left, right] = alike(scope, write(scope, a), write(scope, b))
  return `${left} ${operator} ${right}`
}

/** Two terms as texts of one type. */
function alike({ program }: Scope, a: Term, b: Term): [string, string] {
  const knowsLimits = isAtLeast(program.source.compiler, KNOWS_LIMITS)
  const constant = (value: bigint, type: string) =>
    (knowsLimits && nameLimit(value, type)) || constantAs(value, type)
  if (a.literal !== undefined && b.literal === undefined) return [constant(a.literal, b.type), textAs(b)]
  if (b.literal !== undefined) return [textAs(a), constant(b.literal, a.type)]
  if (kindOf(a.type) === kindOf(b.type)) return [textAs(a), textAs(b)]
  return refuse(
    'Values of different types are compared.',
    `left: ${a.text}, ${a.type}`,
    `right: ${b.text}, ${b.type}`,
  )
}

/** From here on types tell their largest number. */
const KNOWS_LIMITS = '0.6.8'
/** Below this a number says more than the name of a type. */
const SMALL_TYPE = 16

/** The largest number of a type by the type's name; null for any other number. */
function nameLimit(value: bigint, type: string): string | null {
  const bits = value.toString(2).length
  const isLimit = value + 1n === 1n << BigInt(bits) && bits % 8 === 0 && bits >= SMALL_TYPE
  return isLimit && kindOf(type) === UINT ? `type(uint${bits}).max` : null
}

/** Contracts are compared as addresses. */
const textAs = (term: Term): string =>
  term.type.startsWith('contract ') ? `address(${term.text})` : term.text

function kindOf(type: string): string {
  if (type.startsWith('contract ') || type.startsWith('address')) return 'address'
  return /^uint\d*$/.test(type) ? UINT : type
}

function constantAs(value: bigint, type: string): string {
  const kind = kindOf(type)
  if (kind === 'address') return value === 0n ? 'address(0)' : getAddress(addressOfWord(value))
  if (kind === 'bool') return value === 0n ? 'false' : 'true'
  const bytes = /^bytes(\d+)$/.exec(type)?.[1]
  if (bytes !== undefined)
    return value === 0n ? `bytes${bytes}(0)` : refuse('A constant is no number.', `type: ${type}`)
  return kind === UINT || /^(?:u?int|literal)/.test(kind)
    ? String(value)
    : refuse('A constant is no number.', `type: ${type}`)
}

function write(scope: Scope, expression: Expression): Term {
  const plain = PLAIN[expression.op]
  if (plain) return plain
  switch (expression.op) {
    case 'argument':
      return nameArgument(scope, expression.offset)
    case 'constant':
      return { text: String(expression.value), type: UINT, literal: expression.value, atomic: true }
    case 'storage':
      return nameVariable(scope, expression.slot)
    case 'field':
      return writeField(scope, expression)
    case 'load':
      return writeLoad(scope, expression.a)
    case 'stack':
      return scope.stack(expression.depth) ?? refuse('A word of the stack has no name in the source.')
    case 'balance':
      return { text: `${wrap(write(scope, expression.a))}.balance`, type: UINT, atomic: true }
    case 'code-size':
      return writeCodeSize(scope, expression.a)
    default:
      return writeArithmetic(scope, expression)
  }
}

function writeField(scope: Scope, { a, shift, bits }: Extract<Expression, { op: 'field' }>): Term {
  if (a.op === 'storage') return nameVariable(scope, a.slot, { shift, bits })
  const term = write(scope, a)
  const whole = shift === 0 && bits === ADDRESS_BITS && kindOf(term.type) === 'address'
  return whole ? term : refuse('Bits of a value have no name in the source.', `source: ${term.text}`)
}

function writeLoad(scope: Scope, slot: Expression): Term {
  if (slot.op === 'stack') return scope.previous ?? refuse('What is overwritten has no name in the source.')
  return nameEntry(scope, slot)
}

const KNOWS_CODE = '0.8.1'

function writeCodeSize(scope: Scope, a: Expression): Term {
  if (!isAtLeast(scope.program.source.compiler, KNOWS_CODE))
    return refuse('The compiler cannot name the size of code outside assembly.')
  return { text: `${wrap(write(scope, a))}.code.length`, type: UINT, atomic: true }
}

function writeArithmetic(scope: Scope, expression: Expression): Term {
  const operator = ARITHMETIC[expression.op]
  if (!operator || !('b' in expression))
    return refuse('A part of the condition cannot be written in the source.', `part: ${expression.op}`)
  const [a, b] = [write(scope, expression.a), write(scope, expression.b)]
  const number = [a, b].every(({ type }) => kindOf(type) === UINT)
  return number
    ? { text: `${wrap(a)} ${operator} ${wrap(b)}`, type: UINT, atomic: false }
    : refuse('What is computed with is no unsigned number.', `source: ${a.text} ${operator} ${b.text}`)
}
