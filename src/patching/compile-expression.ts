import { toWord } from '../core/hex.ts'
import type { Expression, Rule } from '../diagnosis/types.ts'
import type { GuardInstance, PlacedGuard } from './types.ts'

const piece = (template: string, args: Readonly<Record<string, bigint>> = {}): GuardInstance => ({
  template: `${template}@1`,
  args: Object.fromEntries(Object.entries(args).map(([name, value]) => [name, toWord(value)])),
})

/** Literals and slots below this take one byte. */
const SHORT = 256n

/** Whether there is transient storage to note in what is needed until a transaction ends only. */
interface Fork {
  readonly transient?: boolean
}

/** The pieces that leave an expression's value on the guard's own stack, operands before their operator. */
export function compileExpression(expression: Expression, fork: Fork = {}): readonly GuardInstance[] {
  const compile = (inner: Expression) => compileExpression(inner, fork)
  switch (expression.op) {
    case 'self':
      return [piece('this')]
    case 'argument':
      return [piece('calldata', { offset: BigInt(expression.offset) })]
    case 'constant':
      return [piece(expression.value < SHORT ? 'byte' : 'word', { word: expression.value })]
    case 'stack':
      return [piece('peek', { depth: BigInt(expression.depth) })]
    case 'storage':
      return [piece(expression.slot < SHORT ? 'short-storage' : 'storage', { slot: expression.slot })]
    case 'field': {
      const { a, shift, bits } = expression
      return [...compile(a), piece('field', { shift: BigInt(shift), bits: BigInt(bits) })]
    }
    case 'recall':
      return [
        ...compile(expression.key),
        piece(expression.now && fork.transient ? 'recall-now' : 'recall', { mark: BigInt(expression.mark) }),
      ]
    case 'returned':
      return [piece('returned', { offset: BigInt(expression.offset) })]
    default: {
      const operands = [
        ...('a' in expression ? compile(expression.a) : []),
        ...('b' in expression ? compile(expression.b) : []),
      ]
      return [...operands, piece(expression.op)]
    }
  }
}

/** A rule as guards in front of the instruction at `pc`. */
export function compileRule(
  { refuse, note }: Pick<Rule, 'refuse' | 'note'>,
  pc: number,
  fork: Fork = {},
): PlacedGuard[] {
  const instances = [
    ...(refuse ? compileRefusal(refuse, fork) : []),
    ...(note
      ? [
          ...compileExpression(note.value, fork),
          ...compileExpression(note.key, fork),
          piece(note.now && fork.transient ? 'remember-now' : 'remember', { mark: BigInt(note.mark) }),
        ]
      : []),
  ]
  return instances.map((instance) => ({ ...instance, pc }))
}

/** What is always refused needs no condition. */
function compileRefusal(condition: Expression, fork: Fork): readonly GuardInstance[] {
  if (condition.op === 'constant') return condition.value === 0n ? [] : [piece('not-callable')]
  return [...compileExpression(condition, fork), piece('refuse-if')]
}
