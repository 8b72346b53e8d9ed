import { type ASTNode, InlineAssembly } from 'solc-typed-ast'
import { disassemble } from '../../evm/disassemble.ts'
import { type Program, rangeOf, type SourceRange } from './program.ts'
import { refuse } from './refuse.ts'

/**
 * The source an instruction was compiled from, by the compiler's source map; null where it belongs to no source of the input (code that
 * the compiler adds by itself).
 */
export function sourceOf(program: Program, pc: number): SourceRange | null {
  const index = disassemble(program.deployed).findIndex((instruction) => instruction.pc === pc)
  const map = program.reproduction.output.evm.deployedBytecode.sourceMap
  if (index < 0 || !map) return null
  // Entries are `start:length:file:jump:depth`; an empty field repeats the one before.
  const current = ['', '', '']
  for (const entry of map.split(';').slice(0, index + 1)) {
    for (const [field, value] of entry.split(':').slice(0, 3).entries()) {
      if (value !== '') current[field] = value
    }
  }
  const [start, length, file] = current.map(Number)
  const path = program.paths.get(file!)
  return path === undefined ? null : { path, start: start!, end: start! + length! }
}

/**
 * The innermost node of a kind that an instruction belongs to. Where the source map names more than one such node at once, as after
 * optimisation, the only one inside the range is taken.
 *
 * @throws PATCH_IMPOSSIBLE when there is none, or it is not clear which.
 */
export function nodeAt<Node extends ASTNode>(
  program: Program,
  pc: number,
  { what, isWanted }: { readonly what: string; readonly isWanted: (node: ASTNode) => node is Node },
): Node {
  const range = sourceOf(program, pc)
  if (!range) return refuse('The instruction belongs to no source.', `pc: ${pc}`, `looked for: ${what}`)
  const unit = program.units.find(({ sourceEntryKey }) => sourceEntryKey === range.path)!
  const all = unit.getChildrenBySelector<Node>(isWanted)
  const around = all.filter((node) => contains(rangeOf(program, node), range))
  const smallest = around.sort((a, b) => lengthOf(a) - lengthOf(b))[0]
  const inside = all.filter((node) => contains(range, rangeOf(program, node)))
  const exact = smallest && lengthOf(smallest) === range.end - range.start
  if (exact) return smallest
  if (inside.length === 1) return inside[0]!
  if (smallest && inside.length === 0) return smallest
  const line = lineOf(program, range)
  return refuse(
    'The source map does not say which expression the instruction belongs to.',
    `pc: ${pc}`,
    `source: ${range.path}, line ${line}`,
    `looked for: ${what}`,
  )
}

const contains = (outer: SourceRange, inner: SourceRange): boolean =>
  outer.path === inner.path && outer.start <= inner.start && inner.end <= outer.end

const lengthOf = (node: ASTNode): number => Number(node.src.split(':')[1])

/** Counted from 1. */
function lineOf({ source }: Program, { path, start }: SourceRange): number {
  return Buffer.from(source.input.sources[path]!.content).subarray(0, start).toString().split('\n').length
}

/** Whether an instruction was written in assembly. */
export function isAssembly(program: Program, pc: number): boolean {
  const range = sourceOf(program, pc)
  const unit = range && program.units.find(({ sourceEntryKey }) => sourceEntryKey === range.path)
  return unit
    ? unit.getChildrenByType(InlineAssembly).some((node) => contains(rangeOf(program, node), range))
    : false
}
