import { toWord } from '../core/hex.ts'
import type { Expression, Rule } from '../diagnosis/types.ts'
import type { GuardInstance, PlacedGuard } from './types.ts'

const piece = (template: string, args: Readonly<Record<string, bigint>> = {}): GuardInstance => ({
  template: `${template}@1`,
  args: Object.fromEntries(Object.entries(args).map(([name, value]) => [name, toWord(value)])),
})

/** Literals and slots below this take one byte. */
const SHORT = 256n

/** The pieces that leave an expression's value on the guard's own stack, operands before their operator. */
export function compileExpression(expression: Expression): readonly GuardInstance[] {
  switch (expression.op) {
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
      return [...compileExpression(a), piece('field', { shift: BigInt(shift), bits: BigInt(bits) })]
    }
    case 'recall':
      return [...compileExpression(expression.key), piece('recall', { mark: BigInt(expression.mark) })]
    default: {
      const operands = [
        ...('a' in expression ? compileExpression(expression.a) : []),
        ...('b' in expression ? compileExpression(expression.b) : []),
      ]
      return [...operands, piece(expression.op)]
    }
  }
}

/** A rule as guards in front of the instruction at `pc`. */
export function compileRule({ refuse, note }: Pick<Rule, 'refuse' | 'note'>, pc: number): PlacedGuard[] {
  const instances = [
    ...(refuse ? compileRefusal(refuse) : []),
    ...(note
      ? [
          ...compileExpression(note.value),
          ...compileExpression(note.key),
          piece('remember', { mark: BigInt(note.mark) }),
        ]
      : []),
  ]
  return instances.map((instance) => ({ ...instance, pc }))
}

/** What is always refused needs no condition. */
function compileRefusal(condition: Expression): readonly GuardInstance[] {
  if (condition.op === 'constant') return condition.value === 0n ? [] : [piece('not-callable')]
  return [...compileExpression(condition), piece('refuse-if')]
}
