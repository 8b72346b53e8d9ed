// Reads the syntax trees of contracts/src with npm's solc.
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { CONTRACTS, ROOT, readRemappings } from '../contracts-copy.mjs'

/** Every Solidity file below contracts/src, as a path from contracts/. */
function listSources() {
  return readdirSync(join(CONTRACTS, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.sol'))
    .map((entry) => relative(CONTRACTS, join(entry.parentPath, entry.name)))
    .sort()
}

function readImport(path) {
  try {
    return { contents: readFileSync(join(path.startsWith('src/') ? CONTRACTS : ROOT, path), 'utf8') }
  } catch (error) {
    return { error: error.message }
  }
}

/** @returns for each source its path, its text and its tree. */
export function readSyntaxTrees() {
  const solc = createRequire(import.meta.url)('solc')
  const texts = new Map(listSources().map((file) => [file, readFileSync(join(CONTRACTS, file), 'utf8')]))
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries([...texts].map(([file, content]) => [file, { content }])),
    settings: { remappings: readRemappings(), outputSelection: { '*': { '': ['ast'] } } },
  }
  const { sources, errors = [] } = JSON.parse(solc.compile(JSON.stringify(input), { import: readImport }))
  const first = errors.find((error) => error.severity === 'error')
  if (first) throw new Error(first.formattedMessage)
  return [...texts].map(([file, text]) => ({ file, text, tree: sources[file].ast }))
}

/** Whether a value in a tree is a node. */
const isNode = (value) => typeof value?.nodeType === 'string'

/** Calls `visit(node, ancestors)` for a node and all below it; `ancestors` begins with the nearest. */
export function walk(node, visit, ancestors = []) {
  visit(node, ancestors)
  for (const value of Object.values(node)) {
    for (const child of [value].flat()) if (isNode(child)) walk(child, visit, [node, ...ancestors])
  }
}
