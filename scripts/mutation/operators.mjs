// What a mutant may change. An operator takes a node and gives the edits it would make; an edit replaces a node's text.
// `text(node)` is the source of a node; `ancestors` are the nodes around it, the nearest first.
import { YUL_OPERATORS } from './yul-operators.mjs'

const RELATIONS = {
  '<': ['<=', '!='],
  '<=': ['<', '=='],
  '>': ['>=', '!='],
  '>=': ['>', '=='],
  '==': ['!='],
  '!=': ['=='],
}
const ARITHMETIC = { '+': ['-'], '-': ['+'], '*': ['/'], '/': ['*'], '%': ['*'], '**': ['*'] }
const BITS = { '&': ['|'], '|': ['&'], '^': ['&'], '<<': ['>>'], '>>': ['<<'] }
const LOGIC = { '&&': ['||'], '||': ['&&'] }

/** Replaces the operator of `a op b`. */
function replaceBinary(table) {
  return {
    nodes: ['BinaryOperation'],
    mutate: (node, { text, ancestors }) =>
      (table[node.operator] ?? []).flatMap((operator) => {
        // A counter that goes up by one meets its bound: there `<` and `!=` are the same.
        if (operator === '!=' && ancestors[0].nodeType === 'ForStatement') return []
        const changed = `${text(node.leftExpression)} ${operator} ${text(node.rightExpression)}`
        return [{ node, replacement: /Operation$/.test(ancestors[0].nodeType) ? `(${changed})` : changed }]
      }),
  }
}

const typeOf = (node) => node?.typeDescriptions?.typeString ?? ''
const isGuard = (node) =>
  !node.falseBody &&
  (node.trueBody.nodeType === 'RevertStatement' ||
    (node.trueBody.statements?.length === 1 && node.trueBody.statements[0].nodeType === 'RevertStatement'))
const isEmitted = (ancestors) => ancestors[0].nodeType === 'EmitStatement'
const within = (ancestors, nodeType) => ancestors.find((node) => node.nodeType === nodeType)

/** The zero of a value type, or nothing for other types. */
function zeroOf(type) {
  if (/^u?int\d*$/.test(type)) return '0'
  if (type === 'bool') return 'false'
  if (type === 'address') return 'address(0)'
  if (/^bytes\d+$/.test(type)) return `${type}(0)`
  if (/^enum /.test(type)) return `${type.slice(5)}(0)`
  if (/^contract /.test(type)) return `${type.slice(9)}(address(0))`
  return undefined
}

function zeroed(node, type, text) {
  const zero = zeroOf(type)
  return zero === undefined || [zero, '0'].includes(text(node)) ? [] : [{ node, replacement: zero }]
}

/** A number one more and one less, written as it was. */
function neighbours(written) {
  const [, digits, rest] = /^(0x[0-9a-fA-F]+|\d[\d_]*)(.*)$/.exec(written) ?? []
  if (!digits || digits.length === 42) return []
  const value = BigInt(digits.replaceAll('_', ''))
  const write = (n) =>
    digits.startsWith('0x') ? `0x${n.toString(16).padStart(digits.length - 2, '0')}` : `${n}`
  return [value + 1n, value - 1n].filter((n) => n >= 0n).map((n) => write(n) + rest)
}

/** Pairs of arguments of one type that stand side by side and differ, exchanged. */
function swapArguments(node, { text }) {
  if (node.kind === 'typeConversion' || node.names?.length) return []
  return node.arguments.slice(1).flatMap((second, i) => {
    const first = node.arguments[i]
    if (typeOf(first) !== typeOf(second) || text(first) === text(second)) return []
    const whole = text(node)
    const offset = (inner) => Number(inner.src.split(':')[0]) - Number(node.src.split(':')[0])
    const replacement =
      whole.slice(0, offset(first)) +
      text(second) +
      whole.slice(offset(first) + text(first).length, offset(second)) +
      text(first) +
      whole.slice(offset(second) + text(second).length)
    return [{ node, replacement }]
  })
}

/** A statement is deleted together with its semicolon. */
const deleted = (node) => [{ node, replacement: '{}', semicolon: true }]

export const OPERATORS = {
  relation: replaceBinary(RELATIONS),
  arithmetic: replaceBinary(ARITHMETIC),
  bits: replaceBinary(BITS),
  logic: replaceBinary(LOGIC),
  'operand-drop': {
    nodes: ['BinaryOperation'],
    mutate: (node, { text }) =>
      node.operator in LOGIC
        ? [node.leftExpression, node.rightExpression].map((kept) => ({ node, replacement: text(kept) }))
        : [],
  },
  'address-comparison': {
    nodes: ['BinaryOperation'],
    mutate: (node) =>
      ['==', '!='].includes(node.operator) && /^(address|contract)/.test(typeOf(node.leftExpression))
        ? ['true', 'false'].map((replacement) => ({ node, replacement }))
        : [],
  },
  'condition-negation': {
    nodes: ['IfStatement', 'Conditional'],
    mutate: (node, { text }) => [{ node: node.condition, replacement: `!(${text(node.condition)})` }],
  },
  'condition-constant': {
    nodes: ['IfStatement'],
    mutate: (node) =>
      isGuard(node) ? [] : ['true', 'false'].map((replacement) => ({ node: node.condition, replacement })),
  },
  'guard-deletion': {
    nodes: ['IfStatement'],
    mutate: (node) => (isGuard(node) ? deleted(node) : []),
  },
  'loop-skip': {
    nodes: ['ForStatement', 'WhileStatement'],
    mutate: (node) => (node.condition ? [{ node: node.condition, replacement: 'false' }] : []),
  },
  'conditional-branch': {
    nodes: ['Conditional'],
    mutate: (node, { text }) =>
      [node.trueExpression, node.falseExpression].map((kept) => ({ node, replacement: text(kept) })),
  },
  'unary-operator': {
    nodes: ['UnaryOperation'],
    mutate: (node, { text }) => {
      const written = text(node)
      if (['++', '--'].includes(node.operator)) {
        const other = node.operator === '++' ? '--' : '++'
        return [{ node, replacement: written.replace(node.operator, other) }]
      }
      return ['!', '~', '-'].includes(node.operator) ? [{ node, replacement: text(node.subExpression) }] : []
    },
  },
  'compound-assignment': {
    nodes: ['Assignment'],
    mutate: (node, { text }) => {
      const other = { '+=': '-=', '-=': '+=', '*=': '/=', '/=': '*=', '|=': '&=', '&=': '|=' }[node.operator]
      const sides = (operator) => `${text(node.leftHandSide)} ${operator} ${text(node.rightHandSide)}`
      return other ? [other, '='].map((operator) => ({ node, replacement: sides(operator) })) : []
    },
  },
  'boolean-literal': {
    nodes: ['Literal'],
    mutate: (node) =>
      node.kind === 'bool' ? [{ node, replacement: node.value === 'true' ? 'false' : 'true' }] : [],
  },
  'integer-literal': {
    nodes: ['Literal'],
    mutate: (node, { text }) =>
      node.kind === 'number' ? neighbours(text(node)).map((replacement) => ({ node, replacement })) : [],
  },
  'text-literal': {
    nodes: ['Literal'],
    mutate: (node, { text }) => {
      if (!['string', 'hexString'].includes(node.kind) || text(node).length < 4) return []
      const last = text(node).at(-2)
      const other = last === '0' ? '1' : '0'
      return [{ node, replacement: `${text(node).slice(0, -2)}${other}${text(node).at(-1)}` }]
    },
  },
  'statement-deletion': {
    nodes: ['ExpressionStatement'],
    mutate: deleted,
  },
  'event-deletion': {
    nodes: ['EmitStatement'],
    mutate: deleted,
  },
  'modifier-removal': {
    nodes: ['ModifierInvocation'],
    mutate: (node) => (node.kind === 'modifierInvocation' ? [{ node, replacement: '' }] : []),
  },
  'zero-value': {
    nodes: ['Assignment', 'VariableDeclarationStatement'],
    mutate: (node, { text }) => {
      if (node.nodeType === 'Assignment') {
        return node.operator === '=' ? zeroed(node.rightHandSide, typeOf(node.leftHandSide), text) : []
      }
      const [declaration] = node.declarations
      if (!node.initialValue || node.declarations.length !== 1) return []
      return zeroed(node.initialValue, typeOf(declaration), text)
    },
  },
  'return-value': {
    nodes: ['Return'],
    mutate: (node, { text, ancestors }) => {
      const returned = within(ancestors, 'FunctionDefinition')?.returnParameters.parameters ?? []
      if (!node.expression || returned.length !== 1) return []
      const type = typeOf(returned[0])
      const constants = type === 'bool' ? ['true', 'false'] : [zeroOf(type)]
      return constants
        .filter((constant) => constant !== undefined && constant !== text(node.expression))
        .map((replacement) => ({ node: node.expression, replacement }))
    },
  },
  'argument-swap': {
    nodes: ['FunctionCall'],
    mutate: (node, context) => (isEmitted(context.ancestors) ? [] : swapArguments(node, context)),
  },
  'event-argument-swap': {
    nodes: ['FunctionCall'],
    mutate: (node, context) => (isEmitted(context.ancestors) ? swapArguments(node, context) : []),
  },
  'sender-origin': {
    nodes: ['MemberAccess'],
    mutate: (node, { text }) => (text(node) === 'msg.sender' ? [{ node, replacement: 'tx.origin' }] : []),
  },
  'loop-exit': {
    nodes: ['Continue', 'Break'],
    mutate: (node) => [{ node, replacement: node.nodeType === 'Break' ? 'continue' : 'break' }],
  },
  ...YUL_OPERATORS,
}
