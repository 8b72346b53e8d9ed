import { BINARY, TERNARY, UNARY } from './arithmetic.ts'
import type { Cfg } from './cfg.ts'
import { DispatchMemory } from './cfg-memory.ts'
import type { Instruction } from './disassemble.ts'
import { isPush, isTerminator, OP, OPCODES } from './opcodes.ts'

/** What the call that is dispatched carries. Value is 0, as for a function that is not payable. */
export interface DispatchInput {
  /** The first four bytes of calldata. */
  readonly selector: number
  readonly calldataSize: number
}

export interface DispatchResult {
  /** First offset of the block control reaches by the test that found the selector equal to itself; several when earlier tests on state decide. */
  readonly matched: readonly number[]
  /** First offset of the block behind the last test on selector or calldata size, on paths without such a match. */
  readonly otherwise: readonly number[]
}

interface Value {
  readonly word: bigint | null
  readonly selector: boolean
  readonly size: boolean
  /** Outcome of a test for equality of the whole selector: whether it is true iff equal, or false iff equal. */
  readonly test: 'equal' | 'unequal' | null
}

interface Path {
  pc: number
  readonly stack: Value[]
  readonly memory: DispatchMemory
  /** Entry of the last block chosen by selector or size. */
  lastChoice: number
}

const UNKNOWN: Value = { word: null, selector: false, size: false, test: null }
const MAX_STEPS = 4_000
const MAX_PATHS = 32

/**
 * Runs the dispatcher on one selector: everything that depends on selector, calldata size and code is computed, the rest is unknown,
 * and a branch on the unknown is followed both ways. Independent of how the dispatcher looks (chain of EQ, binary search, XOR or SUB,
 * hash table in code or data).
 *
 * Fails where dispatch depends on storage (a diamond has one fallback as far as this can see), and takes a later test of calldata
 * size in a fallback function for part of the dispatch.
 */
export function runDispatcher(cfg: Cfg, input: DispatchInput): DispatchResult {
  const matched = new Set<number>()
  const otherwise = new Set<number>()
  const paths: Path[] = [{ pc: 0, stack: [], memory: new DispatchMemory(), lastChoice: 0 }]
  const visited = new Set<string>()
  let steps = 0
  for (let path = paths.pop(), taken = 0; path && taken < MAX_PATHS; path = paths.pop(), taken++) {
    while (steps++ < MAX_STEPS) {
      const outcome = runBlock(cfg, path, input)
      if (outcome.kind === 'matched') matched.add(outcome.pc)
      if (outcome.kind === 'fork') {
        const key = `${outcome.pc}/${path.stack.length}`
        if (!visited.has(key)) {
          visited.add(key)
          paths.push({
            ...path,
            pc: outcome.pc,
            stack: [...path.stack],
            memory: new DispatchMemory(path.memory),
          })
        }
      }
      if (outcome.kind === 'end') otherwise.add(path.lastChoice)
      if (outcome.kind === 'matched' || outcome.kind === 'end') break
    }
  }
  return { matched: [...matched], otherwise: [...otherwise] }
}

type Outcome =
  | { kind: 'next' }
  | { kind: 'end' }
  | { kind: 'matched'; pc: number }
  | { kind: 'fork'; pc: number }

function runBlock(cfg: Cfg, path: Path, input: DispatchInput): Outcome {
  const block = cfg.blocks.get(path.pc)
  if (!block || path.stack.length < block.reads) return { kind: 'end' }
  const last = block.instructions.at(-1)!
  // Bytes that are no instruction end a block as well, and have no effect on the stack to look up.
  if (isTerminator(last.opcode)) return { kind: 'end' }
  for (const instruction of block.instructions) {
    if (instruction.opcode === OP.JUMP || instruction.opcode === OP.JUMPI) break
    execute(cfg, path, instruction, input)
  }
  if (last.opcode === OP.JUMP) return jump(cfg, path, path.stack.pop()!.word)
  if (last.opcode === OP.JUMPI) return branch(cfg, path, block.end)
  path.pc = block.end
  return { kind: 'next' }
}

function jump(cfg: Cfg, path: Path, target: bigint | null): Outcome {
  if (target === null || target >= BigInt(cfg.code.length) || cfg.destinations[Number(target)] !== 1) {
    return { kind: 'end' }
  }
  path.pc = Number(target)
  return { kind: 'next' }
}

function branch(cfg: Cfg, path: Path, fallThrough: number): Outcome {
  const target = path.stack.pop()!.word
  const condition = path.stack.pop()!
  if (condition.word === null) {
    const taken = jump(cfg, path, target)
    if (taken.kind === 'end') path.pc = fallThrough
    return taken.kind === 'end' ? { kind: 'next' } : { kind: 'fork', pc: fallThrough }
  }
  const truth = condition.word !== 0n
  if (truth && jump(cfg, path, target).kind === 'end') return { kind: 'end' }
  if (!truth) path.pc = fallThrough
  if (condition.selector || condition.size) path.lastChoice = path.pc
  const equal = condition.test === 'equal' ? truth : condition.test === 'unequal' && !truth
  return equal ? { kind: 'matched', pc: path.pc } : { kind: 'next' }
}

function execute(cfg: Cfg, path: Path, { opcode, operand }: Instruction, input: DispatchInput): void {
  const { stack, memory } = path
  if (isPush(opcode)) stack.push(known(operand!))
  else if (opcode >= OP.DUP1 && opcode <= OP.DUP16) stack.push(stack.at(-(opcode - OP.DUP1 + 1))!)
  else if (opcode >= OP.SWAP1 && opcode <= OP.SWAP16) swap(stack, opcode - OP.SWAP1 + 1)
  else {
    const { pops, pushes } = OPCODES[opcode]!
    const args: Value[] = []
    for (let i = 0; i < pops; i++) args.push(stack.pop()!)
    touchMemory(cfg, memory, opcode, args, input)
    if (pushes === 1) stack.push(compute(cfg, memory, opcode, args, input))
  }
}

function swap(stack: Value[], depth: number): void {
  const top = stack.length - 1
  const kept = stack[top]!
  stack[top] = stack[top - depth]!
  stack[top - depth] = kept
}

const known = (word: bigint): Value => ({ ...UNKNOWN, word })

function touchMemory(
  cfg: Cfg,
  memory: DispatchMemory,
  opcode: number,
  args: readonly Value[],
  input: DispatchInput,
): void {
  const words = args.map((arg) => arg.word)
  if (opcode === OP.MSTORE) memory.writeWord(words[0]!, args[1]!)
  else if (opcode === OP.MSTORE8)
    memory.write(words[0]!, [words[1] === null ? null : Number(words[1]! & 0xffn)], args[1]!.selector)
  else if (opcode === OP.CODECOPY) copy(memory, words, (at) => cfg.code[at] ?? 0, false)
  else if (opcode === OP.CALLDATACOPY) copy(memory, words, (at) => calldataByte(at, input), true)
  else if (opcode === OP.RETURNDATACOPY || opcode === OP.MCOPY) memory.forget(words[0]!, words[2]!)
  else if (opcode === OP.EXTCODECOPY) memory.forget(words[1]!, words[3]!)
  else if (opcode === OP.CALL || opcode === OP.CALLCODE) memory.forget(words[5]!, words[6]!)
  else if (opcode === OP.DELEGATECALL || opcode === OP.STATICCALL) memory.forget(words[4]!, words[5]!)
}

function copy(
  memory: DispatchMemory,
  [to, from, length]: readonly (bigint | null)[],
  byteAt: (offset: number) => number | null,
  selector: boolean,
): void {
  if (from == null || length == null || from > 0xffffffn || length > 0x1000n) memory.forget(to!, length!)
  else {
    const bytes = Array.from({ length: Number(length) }, (_, i) => byteAt(Number(from) + i))
    memory.write(to!, bytes, selector)
  }
}

/** Arguments are unknown, and the bytes of the selector behind the end of short calldata are zero. */
function calldataByte(at: number, { selector, calldataSize }: DispatchInput): number | null {
  if (at >= calldataSize) return 0
  return at < 4 ? (selector >>> (24 - at * 8)) & 0xff : null
}

function compute(
  cfg: Cfg,
  memory: DispatchMemory,
  opcode: number,
  args: readonly Value[],
  input: DispatchInput,
): Value {
  if (opcode === OP.CALLDATASIZE) return { ...known(BigInt(input.calldataSize)), size: true }
  if (opcode === OP.CALLVALUE) return known(0n)
  if (opcode === OP.CODESIZE) return known(BigInt(cfg.code.length))
  if (opcode === OP.MLOAD) return { ...UNKNOWN, ...memory.read(args[0]!.word) }
  if (opcode === OP.CALLDATALOAD) {
    // Arguments of zero: only bits of the selector can decide, which is what is asked.
    const selector = args[0]!.word === 0n
    return selector ? { ...known(BigInt(input.selector) << 224n), selector } : UNKNOWN
  }
  const words = args.map((arg) => arg.word)
  return {
    word: evaluate(opcode, words),
    selector: args.some((arg) => arg.selector),
    size: args.some((arg) => arg.size),
    test: testOf(opcode, args, BigInt(input.selector)),
  }
}

function evaluate(opcode: number, words: readonly (bigint | null)[]): bigint | null {
  const [a, b, c] = words
  // Zero decides a product or conjunction whatever the other side is.
  if ((opcode === OP.AND || opcode === OP.MUL) && (a === 0n || b === 0n)) return 0n
  if (a == null) return null
  if (words.length === 1) return UNARY[opcode]?.(a) ?? null
  if (b == null) return null
  if (words.length === 2) return BINARY[opcode]?.(a, b) ?? null
  return c == null ? null : (TERNARY[opcode]?.(a, b, c) ?? null)
}

function testOf(opcode: number, args: readonly Value[], selector: bigint): Value['test'] {
  const [a, b] = args
  if (opcode === OP.ISZERO) {
    if (a!.test !== null) return a!.test === 'equal' ? 'unequal' : 'equal'
    // A selector of zero is tested by ISZERO alone.
    return a!.selector && a!.word === 0n && selector === 0n ? 'equal' : null
  }
  if (opcode === OP.AND || opcode === OP.OR) return a!.test ?? b!.test
  if (opcode !== OP.EQ && opcode !== OP.XOR && opcode !== OP.SUB) return null
  const whole = a!.word === b!.word && (a!.word === selector || a!.word === selector << 224n)
  if (!whole || a!.selector === b!.selector) return null
  return opcode === OP.EQ ? 'equal' : 'unequal'
}
