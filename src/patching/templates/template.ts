import { SutureError } from '../../core/errors.ts'
import { OPCODES } from '../../evm/opcodes.ts'

/** The first fork that has every instruction of a template. */
export type TemplateFork = 'frontier' | 'constantinople' | 'cancun'

/**
 * Bytes of a template that each instance fills by itself, `offset` from its first byte.
 * `arg`: the low `width` bytes of argument `index`. `tail`: offset of the code that reverts. `rel`: offset of the instance plus `addend`.
 * `peek`: the DUP that copies word `depth` (argument `index`, 0 is the top) of the original's stack from under the guard's own words, of
 * which there are `height` where the instance starts: `0x80 + height + depth`, at most DUP16.
 */
export type Hole =
  | { readonly kind: 'arg'; readonly offset: number; readonly width: number; readonly index: number }
  | { readonly kind: 'tail'; readonly offset: number; readonly width: 2 }
  | { readonly kind: 'rel'; readonly offset: number; readonly width: 2; readonly addend: number }
  | { readonly kind: 'peek'; readonly offset: number; readonly width: 1; readonly index: number }

/** The opcode a `peek` hole counts from, and how far DUP reaches. */
export const DUP1 = 0x80
export const DEEPEST_PEEK = 15

/**
 * Code that may be put before an instruction. It falls through with the original's stack as it found it, or jumps to the tail, which
 * reverts. A whole template is a guard by itself. A piece takes words from the guard's own stack, which begins above the original's, and
 * leaves words on it; instances of pieces make a sentence, which ends with nothing left.
 */
export interface Template {
  /** Stands for this code for ever: a changed template gets a new number. */
  readonly name: string
  readonly code: Uint8Array
  /** Ascending by offset. */
  readonly holes: readonly Hole[]
  /** Names of the arguments, each a 32-byte word, in the order of `index`. */
  readonly params: readonly string[]
  readonly since: TemplateFork
  /** Words it consumes from the guard's own stack, the last operand on top; 0 for a whole template. */
  readonly takes: number
  /** Words it leaves there instead; 0 for a whole template. */
  readonly gives: number
  /** Stack items it needs above those it finds; the EVM allows 1024 in all. */
  readonly stack: number
  /**
   * What it refuses, for guardians. `<param>` stands for an argument. A piece has a phrase, in which `{0}`, `{1}` stand for its operands in
   * the order they were pushed.
   */
  readonly description: string
  /** Why it is a restriction: stack, memory, storage, calls, ways out. */
  readonly proof: string
}

export type TemplateSource = Omit<Template, 'code' | 'holes' | 'takes' | 'gives'> &
  Partial<Pick<Template, 'takes' | 'gives'>> & {
    /**
     * Assembly: opcode names, operands as `0x…`, `<tail>`, `<:label>` or `<param>` (also as the low bytes behind a `0x…` prefix),
     * `:label` for a JUMPDEST, and `PEEK <param>`, which must come first: its distance counts from the height at the start.
     */
    readonly program: string
  }

/** Whether it is part of a sentence rather than a guard by itself. */
export const isPiece = ({ takes, gives }: Template): boolean => takes + gives > 0

/** Assembles a template. The operand width comes from the PUSH. */
export function defineTemplate({ program, ...rest }: TemplateSource): Template {
  const bytes: number[] = []
  const holes: Hole[] = []
  const labels = new Map<string, number>()
  const references: { readonly label: string; readonly offset: number }[] = []
  const tokens = program.trim().split(/\s+/)
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!
    if (token.startsWith(':')) {
      labels.set(token.slice(1), bytes.length)
      bytes.push(opcodeOf('JUMPDEST'))
      continue
    }
    if (token === 'PEEK') {
      holes.push(peekHole(rest, tokens, i++))
      bytes.push(DUP1)
      continue
    }
    const opcode = opcodeOf(token)
    bytes.push(opcode)
    const width = OPCODES[opcode]!.immediate
    if (width === 0) continue
    const { constant, hole } = parseOperand(tokens[++i]!)
    const offset = bytes.length
    for (let at = 0; at < width; at++) bytes.push(constant[at - (hole ? 0 : width - constant.length)] ?? 0)
    if (hole === null) continue
    if (hole === 'tail') holes.push({ kind: 'tail', offset, width: 2 })
    else if (hole.startsWith(':')) references.push({ label: hole.slice(1), offset })
    else {
      const index = indexOf(rest, hole)
      holes.push({ kind: 'arg', offset: offset + constant.length, width: width - constant.length, index })
    }
  }
  for (const { label, offset } of references) {
    const addend = labels.get(label)
    if (addend === undefined) throw invalid(rest.name, `unknown label ${label}`)
    holes.push({ kind: 'rel', offset, width: 2, addend })
  }
  holes.sort((a, b) => a.offset - b.offset)
  return { takes: 0, gives: 0, ...rest, code: Uint8Array.from(bytes), holes }
}

function peekHole(source: Pick<Template, 'name' | 'params'>, tokens: readonly string[], at: number): Hole {
  if (at !== 0) throw invalid(source.name, 'PEEK must come first')
  return { kind: 'peek', offset: 0, width: 1, index: indexOf(source, parseOperand(tokens[1]!).hole) }
}

function indexOf({ name, params }: Pick<Template, 'name' | 'params'>, hole: string | null): number {
  const index = hole === null ? -1 : params.indexOf(hole)
  if (index < 0) throw invalid(name, `unknown parameter ${hole}`)
  return index
}

function parseOperand(token: string): { constant: number[]; hole: string | null } {
  const match = /^(?:0x((?:[0-9a-f]{2})*))?(?:<([^>]+)>)?$/.exec(token)
  if (!match) throw invalid(token, 'not an operand')
  return { constant: [...Buffer.from(match[1] ?? '', 'hex')], hole: match[2] ?? null }
}

const BY_NAME = new Map(OPCODES.flatMap((opcode, byte) => (opcode ? [[opcode.name, byte] as const] : [])))

function opcodeOf(name: string): number {
  const byte = BY_NAME.get(name)
  if (byte === undefined) throw invalid(name, 'not an opcode')
  return byte
}

const invalid = (name: string, reason: string): SutureError =>
  new SutureError('INTERNAL', 'A guard template does not assemble.', {
    meta: [`at: ${name}`, `reason: ${reason}`],
  })
