/** One token of TypeScript source. Comments are left out; a regular expression is `regex`, a template up to its end is one `string`. */
interface Token {
  readonly kind: 'word' | 'string' | 'regex' | 'sign'
  readonly text: string
}

export interface ModuleImport {
  readonly from: string
  /** Whether nothing of it is left at run time. */
  readonly typeOnly: boolean
}

export interface ModuleFacts {
  readonly imports: readonly ModuleImport[]
  readonly hasDefaultExport: boolean
  /** The source without comments, tokens apart by one space: for searching calls. */
  readonly words: string
  /** What stands between quotes. */
  readonly strings: readonly string[]
}

const TOKEN =
  /(?<comment>\/\/.*|\/\*[\s\S]*?\*\/)|(?<string>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`)|(?<regex>\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*)|(?<word>[\w$]+)|(?<sign>\S)/y
/** Behind these words a slash begins a regular expression, behind others it divides. */
const BEFORE_EXPRESSION = new Set(['return', 'typeof', 'case', 'in', 'of', 'await', 'yield', 'throw', 'else'])

/**
 * Reads what a module imports and says, by its tokens: text inside comments, strings and templates is never taken for code. A template
 * inside a template ends the outer one early; then a few words of text count as code, and no import is missed.
 */
export function readModule(source: string): ModuleFacts {
  const tokens = tokenize(source)
  return {
    imports: tokens.flatMap((_, at) => importAt(tokens, at) ?? []),
    hasDefaultExport: tokens.some(({ text }, at) => text === 'export' && tokens[at + 1]?.text === 'default'),
    words: tokens.map(({ kind, text }) => (kind === 'string' || kind === 'regex' ? '""' : text)).join(' '),
    strings: tokens.filter(({ kind }) => kind === 'string').map(({ text }) => text.slice(1, -1)),
  }
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < source.length; ) {
    if (/\s/.test(source[at]!)) {
      at += 1
      continue
    }
    TOKEN.lastIndex = at
    const { groups = {}, 0: text } = TOKEN.exec(source)!
    const [kind] = Object.keys(groups).filter((name) => groups[name] !== undefined)
    const divides = kind === 'regex' && endsValue(tokens.at(-1))
    at += divides ? 1 : text.length
    if (divides) tokens.push({ kind: 'sign', text: '/' })
    else if (kind !== 'comment') tokens.push({ kind: kind as Token['kind'], text })
  }
  return tokens
}

function endsValue(token: Token | undefined): boolean {
  if (!token) return false
  if (token.kind === 'word') return !BEFORE_EXPRESSION.has(token.text)
  return token.kind !== 'sign' || [')', ']', '}'].includes(token.text)
}

function importAt(tokens: readonly Token[], at: number): ModuleImport | null {
  const { kind, text } = tokens[at]!
  if (kind !== 'word' || (text !== 'import' && text !== 'export') || tokens[at - 1]?.text === '.') return null
  const next = tokens[at + 1]
  if (text === 'import' && next?.kind === 'string') return { from: unquote(next), typeOnly: false }
  if (text === 'import' && next?.text === '(') return calledImport(tokens, at)
  for (let i = at + 1; i < tokens.length; i++) {
    const token = tokens[i]!
    const source = tokens[i + 1]
    if (token.text === 'from' && source?.kind === 'string') {
      return { from: unquote(source), typeOnly: next?.text === 'type' }
    }
    if (token.kind === 'string' || !/^(?:[\w$]+|[{},*])$/.test(token.text)) return null
  }
  return null
}

/** `import('…')`, which is also how a type is named in place. A computed name cannot be followed. */
function calledImport(tokens: readonly Token[], at: number): ModuleImport | null {
  const name = tokens[at + 2]
  return name?.kind === 'string' ? { from: unquote(name), typeOnly: false } : null
}

const unquote = ({ text }: Token): string => text.slice(1, -1)
