// The same for inline assembly, where every operation is a function.
const OTHERS = {
  add: ['sub'],
  sub: ['add'],
  mul: ['div'],
  div: ['mul'],
  and: ['or'],
  or: ['and'],
  xor: ['and'],
  shl: ['shr'],
  shr: ['shl'],
  lt: ['gt'],
  gt: ['lt'],
  slt: ['sgt'],
  sgt: ['slt'],
  eq: ['xor'],
  delegatecall: ['staticcall'],
  caller: ['origin'],
}

export const YUL_OPERATORS = {
  'assembly-operation': {
    nodes: ['YulFunctionCall'],
    mutate: (node) => {
      const name = node.functionName.name
      return (OTHERS[name] ?? []).map((replacement) => ({ node: node.functionName, replacement }))
    },
  },
  'assembly-negation': {
    nodes: ['YulFunctionCall'],
    mutate: (node, { text }) =>
      node.functionName.name === 'iszero' ? [{ node, replacement: text(node.arguments[0]) }] : [],
  },
  'assembly-literal': {
    nodes: ['YulLiteral'],
    mutate: (node, { text }) =>
      node.kind === 'number' && BigInt(text(node)) < 2n ** 128n
        ? [BigInt(text(node)) + 1n, BigInt(text(node)) - 1n]
            .filter((value) => value >= 0n)
            .map((value) => ({ node, replacement: `${value}` }))
        : [],
  },
  'assembly-deletion': {
    nodes: ['YulExpressionStatement', 'YulAssignment', 'YulIf'],
    mutate: (node) => [{ node, replacement: '{}' }],
  },
}
