import { BINARY, UNARY } from './arithmetic.ts'
import { disassemble, type Instruction } from './disassemble.ts'
import { isPush, isTerminator, OP, OPCODES } from './opcodes.ts'

/**
 * A value at the end of a block in terms of the stack at its start: item `index` from the top, a constant, an operation on
 * those, or `null` where it depends on anything else.
 */
export type Symbolic =
  | null
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'constant'; readonly value: bigint }
  | { readonly kind: 'operation'; readonly opcode: number; readonly args: readonly NonNullable<Symbolic>[] }

/**
 * Instructions with one entry and one exit. `end` is the offset behind the last one.
 * `jump`: JUMP; `branch`: JUMPI; `fall`: runs into a JUMPDEST; `stop`: ends the frame, by a terminator or the end of code.
 */
export interface BasicBlock {
  readonly start: number
  readonly end: number
  readonly instructions: readonly Instruction[]
  readonly exit: 'jump' | 'branch' | 'fall' | 'stop'
  /** Stack items of the caller of this block that it looks at. */
  readonly reads: number
  /** What stands in place of those items afterwards, top last. */
  readonly leaves: readonly Symbolic[]
  /** Target of JUMP or JUMPI. */
  readonly target: Symbolic
  /** Condition of JUMPI. */
  readonly condition: Symbolic
}

const MAX_DEPTH = 6

/** Cuts the linear sweep at JUMPDEST and behind JUMP, JUMPI and terminators. Whether a block is code is not decided here. */
export function splitBlocks(code: Uint8Array): Map<number, BasicBlock> {
  const blocks = new Map<number, BasicBlock>()
  let current: Instruction[] = []
  const close = () => {
    if (current.length > 0) blocks.set(current[0]!.pc, summarise(current, code.length))
    current = []
  }
  for (const instruction of disassemble(code)) {
    if (instruction.opcode === OP.JUMPDEST) close()
    current.push(instruction)
    if (endsBlock(instruction.opcode)) close()
  }
  close()
  return blocks
}

const endsBlock = (opcode: number): boolean =>
  opcode === OP.JUMP || opcode === OP.JUMPI || isTerminator(opcode)

function exitOf(last: Instruction, codeLength: number): BasicBlock['exit'] {
  if (last.opcode === OP.JUMP) return 'jump'
  if (last.opcode === OP.JUMPI) return 'branch'
  return isTerminator(last.opcode) || last.pc + last.size >= codeLength ? 'stop' : 'fall'
}

function summarise(instructions: readonly Instruction[], codeLength: number): BasicBlock {
  const stack = new SymbolicStack()
  let target: Symbolic = null
  let condition: Symbolic = null
  for (const instruction of instructions) {
    if (instruction.opcode === OP.JUMP) target = stack.pop()
    else if (instruction.opcode === OP.JUMPI) {
      target = stack.pop()
      condition = stack.pop()
    } else stack.apply(instruction)
  }
  const last = instructions.at(-1)!
  return {
    start: instructions[0]!.pc,
    end: last.pc + last.size,
    instructions,
    exit: exitOf(last, codeLength),
    reads: stack.reads,
    leaves: stack.items,
    target,
    condition,
  }
}

/** A stack whose unknown lower part is named on demand. */
class SymbolicStack {
  items: Symbolic[] = []
  reads = 0

  private need(depth: number): void {
    while (this.items.length < depth) this.items.unshift({ kind: 'input', index: this.reads++ })
  }

  pop(): Symbolic {
    this.need(1)
    return this.items.pop()!
  }

  apply({ opcode, operand }: Instruction): void {
    if (isPush(opcode)) this.items.push({ kind: 'constant', value: operand! })
    else if (opcode >= OP.DUP1 && opcode <= OP.DUP16) this.duplicate(opcode - OP.DUP1 + 1)
    else if (opcode >= OP.SWAP1 && opcode <= OP.SWAP16) this.swap(opcode - OP.SWAP1 + 1)
    else this.compute(opcode)
  }

  private duplicate(depth: number): void {
    this.need(depth)
    this.items.push(this.items.at(-depth)!)
  }

  private swap(depth: number): void {
    this.need(depth + 1)
    const top = this.items.length - 1
    const other = top - depth
    const kept = this.items[top]!
    this.items[top] = this.items[other]!
    this.items[other] = kept
  }

  private compute(opcode: number): void {
    const { pops, pushes } = OPCODES[opcode] ?? { pops: 0, pushes: 0 }
    const args: Symbolic[] = []
    for (let i = 0; i < pops; i++) args.push(this.pop())
    for (let i = 0; i < pushes; i++) this.items.push(operation(opcode, args))
  }
}

function operation(opcode: number, args: readonly Symbolic[]): Symbolic {
  if (!(BINARY[opcode] ?? UNARY[opcode]) || args.some((arg) => arg === null)) return null
  const known = args as readonly NonNullable<Symbolic>[]
  const folded = fold(
    opcode,
    known.map((arg) => (arg.kind === 'constant' ? arg.value : null)),
  )
  if (folded !== null) return { kind: 'constant', value: folded }
  // Deep expressions are never jump targets; keeping them would let hostile code grow the tree without bound.
  return Math.max(...known.map(depthOf)) < MAX_DEPTH ? { kind: 'operation', opcode, args: known } : null
}

const depthOf = (value: NonNullable<Symbolic>): number =>
  value.kind === 'operation' ? 1 + Math.max(...value.args.map(depthOf)) : 0

/** The result of a one- or two-operand instruction on constants, or null when an operand is unknown. */
export function fold(opcode: number, args: readonly (bigint | null)[]): bigint | null {
  const [a, b] = args
  if (a === undefined || a === null) return null
  if (args.length === 1) return UNARY[opcode]?.(a) ?? null
  return b === undefined || b === null ? null : (BINARY[opcode]?.(a, b) ?? null)
}
