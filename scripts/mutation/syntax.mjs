// Reads the syntax trees of the sources of a copy of contracts/ with npm's solc.
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { readRemappings } from '../contracts-copy.mjs'

/** Every Solidity file below a folder of the copy, as a path from the copy. */
export function listFiles(copy, folder) {
  return readdirSync(join(copy, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.sol'))
    .map((entry) => relative(copy, join(entry.parentPath, entry.name)))
    .sort()
}

/** @returns for each source its path, its text and its tree. */
export function readSyntaxTrees(copy) {
  const solc = createRequire(import.meta.url)('solc')
  const read = (path) => readFileSync(join(copy, path), 'utf8')
  const readImport = (path) => {
    try {
      return { contents: read(path) }
    } catch (error) {
      return { error: error.message }
    }
  }
  const texts = new Map(listFiles(copy, 'src').map((file) => [file, read(file)]))
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries([...texts].map(([file, content]) => [file, { content }])),
    settings: { remappings: readRemappings(copy), outputSelection: { '*': { '': ['ast'] } } },
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
