// Finds every mutant of contracts/src, and picks some of them.
import { createHash } from 'node:crypto'
import { OPERATORS } from './operators.mjs'
import { walk } from './syntax.mjs'

const hash = (...parts) => createHash('sha256').update(parts.join('\0')).digest('hex')

/** The function, modifier or constant a node belongs to. */
function placeOf(ancestors) {
  const names = ancestors
    .filter((node) => /^(Contract|Function|Modifier)Definition$|^VariableDeclaration$/.test(node.nodeType))
    .filter((node) => node.nodeType !== 'VariableDeclaration' || node.stateVariable)
    .map((node) => node.name || node.kind)
  return names.reverse().join('.')
}

/** The line of the file that holds a byte offset, from 1. */
const lineOf = (bytes, offset) => bytes.subarray(0, offset).toString('utf8').split('\n').length

/** All mutants of one source, in its order. Identifiers depend on what is mutated and how, not on where the line stands today. */
function findMutantsOf({ file, text, tree }) {
  const bytes = Buffer.from(text)
  const range = (node) => {
    const [start, length] = node.src.split(':').map(Number)
    return [start, start + length]
  }
  const textOf = (node) => bytes.subarray(...range(node)).toString('utf8')
  const found = new Map()
  const seen = new Map()
  walk(tree, (node, ancestors) => {
    for (const [operator, { nodes, mutate }] of Object.entries(OPERATORS)) {
      if (!nodes.includes(node.nodeType)) continue
      for (const edit of mutate(node, { text: textOf, ancestors })) {
        const [start, nodeEnd] = range(edit.node)
        const end = edit.semicolon && bytes[nodeEnd] === 0x3b ? nodeEnd + 1 : nodeEnd
        const original = bytes.subarray(start, end).toString('utf8')
        const key = `${start}:${end}:${edit.replacement}`
        if (found.has(key) || original === edit.replacement) continue
        const place = placeOf(ancestors)
        const identity = [file, place, operator, original, edit.replacement].join('\0')
        const ordinal = seen.get(identity) ?? 0
        seen.set(identity, ordinal + 1)
        found.set(key, {
          id: hash(identity, ordinal).slice(0, 12),
          file,
          place,
          line: lineOf(bytes, start),
          operator,
          original,
          replacement: edit.replacement,
          start,
          end,
        })
      }
    }
  })
  return [...found.values()]
}

/** Every mutant of the given sources. */
export function findMutants(sources) {
  return sources.flatMap(findMutantsOf)
}

/** The source with the mutant's change. */
export function applyMutant(text, { start, end, replacement }) {
  const bytes = Buffer.from(text)
  return Buffer.concat([bytes.subarray(0, start), Buffer.from(replacement), bytes.subarray(end)]).toString(
    'utf8',
  )
}

/** About `limit` mutants, of each file its share. A mutant's place in the order depends on it and the seed alone. */
export function sampleMutants(mutants, limit, seed) {
  const share = Math.min(1, limit / mutants.length)
  return [...new Set(mutants.map((mutant) => mutant.file))].flatMap((file) => {
    const ofFile = mutants.filter((mutant) => mutant.file === file)
    const ranked = ofFile
      .map((mutant) => [hash(seed, mutant.id), mutant])
      .sort(([a], [b]) => (a < b ? -1 : 1))
    const picked = new Set(ranked.slice(0, Math.ceil(ofFile.length * share)).map(([, mutant]) => mutant))
    return ofFile.filter((mutant) => picked.has(mutant))
  })
}
