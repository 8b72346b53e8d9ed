import { Block, type UncheckedBlock, VariableDeclarationStatement } from 'solc-typed-ast'
import { bytesOfSource, type Program, rangeOf } from '../program.ts'
import type { Mending } from './mending.ts'

/** Gives a block back to the compiler's checks. Braces stay where the block declares variables, for their names must end with it. */
export function unwrapUnchecked(program: Program, block: UncheckedBlock): Mending {
  const { path, start, end } = rangeOf(program, block)
  const bytes = bytesOfSource(program, path)
  const text = bytes.subarray(start, end).toString()
  const open = text.indexOf('{')
  const indent = /[ \t]*$/.exec(bytes.subarray(0, start).toString())![0]
  const comment = `// Not unchecked: what wraps here is paid out or owed.\n${indent}`
  const declares = block.vStatements.some((each) => each instanceof VariableDeclarationStatement)
  if (declares || !(block.parent instanceof Block)) {
    return { edits: [{ path, start, end: start + open, text: comment }], notes: [] }
  }
  const inner = text.slice(open + 1, -1)
  const deeper = /\n([ \t]*)\S/.exec(inner)?.[1] ?? indent
  const lines = inner
    .trim()
    .split('\n')
    .map((line) => (line.startsWith(deeper) ? indent + line.slice(deeper.length) : line))
  return { edits: [{ path, start, end, text: comment + lines.join('\n') }], notes: [] }
}
