import {
  Block,
  type ContractDefinition,
  type FunctionDefinition,
  type Statement,
  UncheckedBlock,
} from 'solc-typed-ast'
import type { Edit } from './edit.ts'
import { bytesOfSource, type Program, rangeOf } from './program.ts'
import { refuse } from './refuse.ts'

const UNIT = '    '

/** The whitespace a line begins with, of the line an offset stands in; `alone` when nothing else precedes the offset. */
function indentAt(bytes: Buffer, offset: number): { readonly indent: string; readonly alone: boolean } {
  const line = bytes.subarray(bytes.lastIndexOf('\n', offset - 1) + 1, offset).toString()
  const indent = /^[ \t]*/.exec(line)![0]
  return { indent, alone: indent.length === line.length }
}

/** One level of the indentation a source uses. */
function unitOf(bytes: Buffer): string {
  return /\n(\t| {2,8})\S/.exec(bytes.toString())?.[1] ?? UNIT
}

const newlineOf = (bytes: Buffer): string => (bytes.includes('\r\n') ? '\r\n' : '\n')

/** Statements before and after another one, in the style around it. Where it is the only body of an `if` or a loop, braces are put around. */
export function surround(
  program: Program,
  statement: Statement,
  { before = [], after = [] }: { readonly before?: readonly string[]; readonly after?: readonly string[] },
): Edit[] {
  const { path, start } = rangeOf(program, statement)
  const bytes = bytesOfSource(program, path)
  const end = endOf(program, statement)
  const { indent, alone } = indentAt(bytes, start)
  const newline = newlineOf(bytes)
  const { parent } = statement
  if (parent instanceof Block || parent instanceof UncheckedBlock) {
    const separator = alone ? `${newline}${indent}` : ' '
    const lead = alone ? before : before.filter((line) => !line.startsWith('//'))
    return [
      { path, start, end: start, text: lead.map((line) => line + separator).join('') },
      ...(after.length > 0
        ? [insertion(path, lineEnd(bytes, end), after.map((line) => separator + line).join(''))]
        : []),
    ].filter(({ text }) => text !== '')
  }
  // `if (…) statement;`, on the same line or the next one: the braces go where such a body begins.
  const from = Buffer.from(bytes.subarray(0, start).toString().trimEnd()).length
  const outer = indentAt(bytes, from).indent
  const inner = `${newline}${outer}${unitOf(bytes)}`
  return [
    { path, start: from, end: start, text: ` {${before.map((line) => inner + line).join('')}${inner}` },
    { path, start: end, end, text: `${after.map((line) => inner + line).join('')}${newline}${outer}}` },
  ]
}

/** Behind the semicolon, which compilers do not count as part of a statement. */
function endOf(program: Program, statement: Statement): number {
  const { path, end } = rangeOf(program, statement)
  const bytes = bytesOfSource(program, path)
  return afterSemicolon(bytes, end)
}

function afterSemicolon(bytes: Buffer, end: number): number {
  if (bytes[end - 1] === 0x3b || bytes[end - 1] === 0x7d) return end
  return bytes.indexOf(';', end) + 1
}

/** Behind the comment that follows on the same line, if there is one and nothing else. */
function lineEnd(bytes: Buffer, offset: number): number {
  const rest = /^[ \t]*\/\/[^\r\n]*/.exec(bytes.subarray(offset).toString('latin1'))
  return offset + (rest?.[0].length ?? 0)
}

const insertion = (path: string, at: number, text: string): Edit => ({ path, start: at, end: at, text })

/** Statements at the beginning of a function. */
export function atStart(program: Program, target: FunctionDefinition, lines: readonly string[]): Edit[] {
  const body = target.vBody
  if (!body) return refuse('The function has no body.', `function: ${target.name}`)
  const [first] = body.vStatements
  if (first) {
    return surround(program, first as Statement, { before: lines })
  }
  const { path, start, end } = rangeOf(program, body)
  const bytes = bytesOfSource(program, path)
  const { indent } = indentAt(bytes, start)
  const newline = newlineOf(bytes)
  const text = lines.map((line) => `${newline}${indent}${unitOf(bytes)}${line}`).join('')
  return [{ path, start: start + 1, end: end - 1, text: `${text}${newline}${indent}` }]
}

/** A modifier in the header of a function, behind all that is there; on a line of its own where the others are. */
export function addModifier(program: Program, target: FunctionDefinition, name: string): Edit[] {
  if (!target.vBody) return refuse('The function has no body.', `function: ${target.name}`)
  const { path, start: bodyStart } = rangeOf(program, target.vBody)
  const { end: from } = rangeOf(program, target.vParameters)
  const bytes = bytesOfSource(program, path)
  const header = bytes.subarray(from, bodyStart).toString('latin1')
  const returns = /\breturns\b/.exec(blankComments(header))?.index ?? header.length
  const at = from + header.slice(0, returns).trimEnd().length
  const broken = /\n([ \t]*)\S/.exec(header.slice(0, returns))
  const text = broken ? `${newlineOf(bytes)}${broken[1]}${name}` : ` ${name}`
  return [insertion(path, at, text)]
}

/** A modifier that runs before all others of a function. */
export function addFirstModifier(program: Program, target: FunctionDefinition, name: string): Edit[] {
  const [first] = target.vModifiers
  if (!first) return addModifier(program, target, name)
  const { path, start } = rangeOf(program, first)
  const bytes = bytesOfSource(program, path)
  const { indent, alone } = indentAt(bytes, start)
  return [insertion(path, start, alone ? `${name}${newlineOf(bytes)}${indent}` : `${name} `)]
}

/** As long as it was: offsets stay. */
const blankComments = (text: string): string =>
  text.replaceAll(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (comment) => ' '.repeat(comment.length))

/** A comment line above a function, below its documentation. */
export function commentAbove(program: Program, target: FunctionDefinition, comment: string): Edit[] {
  const { path, start } = rangeOf(program, target)
  const bytes = bytesOfSource(program, path)
  const { indent, alone } = indentAt(bytes, start)
  return alone ? [insertion(path, start, `${comment}${newlineOf(bytes)}${indent}`)] : []
}

/** Lines of a contract's body behind one of its members, or at its beginning; `blank` puts an empty line before them. */
export function addMember(
  program: Program,
  contract: ContractDefinition,
  {
    lines,
    behind,
    blank = false,
  }: {
    readonly lines: readonly string[]
    readonly behind?: ContractDefinition['children'][number] | undefined
    readonly blank?: boolean
  },
): Edit[] {
  const { path, start, end } = rangeOf(program, contract)
  const bytes = bytesOfSource(program, path)
  const newline = newlineOf(bytes)
  const indent = indentAt(bytes, start).indent + unitOf(bytes)
  const text = lines.map(
    (line) => newline + (line === '' ? '' : indent + line.replaceAll('\t', unitOf(bytes))),
  )
  const at = behind
    ? lineEnd(bytes, afterSemicolon(bytes, rangeOf(program, behind).end))
    : bodyStart(program, contract, end)
  return [insertion(path, at, `${blank ? newline : ''}${text.join('')}`)]
}

/** Behind the brace a contract's body begins with. */
function bodyStart(program: Program, contract: ContractDefinition, end: number): number {
  const { path, start } = rangeOf(program, contract)
  const header = bytesOfSource(program, path).subarray(start, end).toString('latin1')
  return start + blankComments(header).indexOf('{') + 1
}
