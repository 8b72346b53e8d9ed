import { OP, OPCODES } from './opcodes.ts'

/** An instruction at its offset. `operand` is the value of a PUSH; a PUSH cut off by the end of code is zero-padded, as the EVM reads it. */
export interface Instruction {
  readonly pc: number
  readonly opcode: number
  /** Bytes it takes in code, operand included (may reach past the end for a cut-off PUSH). */
  readonly size: number
  readonly operand: bigint | null
}

/**
 * Linear sweep from offset 0, as the EVM itself scans code for jump destinations (Yellow Paper, 9.4.3). It does not tell code from
 * data: what stands behind a terminator may be metadata or a table.
 */
export function disassemble(code: Uint8Array): Instruction[] {
  const instructions: Instruction[] = []
  for (let pc = 0; pc < code.length; ) {
    const opcode = code[pc]!
    const immediate = OPCODES[opcode]?.immediate ?? 0
    const operand = opcode >= OP.PUSH0 && opcode <= OP.PUSH32 ? readOperand(code, pc + 1, immediate) : null
    instructions.push({ pc, opcode, size: 1 + immediate, operand })
    pc += 1 + immediate
  }
  return instructions
}

/** `PUSH2 0x0040`-style text of one instruction. */
export function formatInstruction({ opcode, operand, size }: Instruction): string {
  const name = OPCODES[opcode]?.name ?? `0x${opcode.toString(16).padStart(2, '0')}`
  return size === 1 ? name : `${name} 0x${operand!.toString(16).padStart((size - 1) * 2, '0')}`
}

/** A bit per offset: whether a jump may land there. */
export function jumpDestinations(code: Uint8Array): Uint8Array {
  const valid = new Uint8Array(code.length)
  for (let pc = 0; pc < code.length; pc++) {
    const opcode = code[pc]!
    if (opcode === OP.JUMPDEST) valid[pc] = 1
    else if (opcode >= OP.PUSH1 && opcode <= OP.PUSH32) pc += opcode - OP.PUSH0
  }
  return valid
}

function readOperand(code: Uint8Array, start: number, length: number): bigint {
  let value = 0n
  for (let i = 0; i < length; i++) value = (value << 8n) | BigInt(code[start + i] ?? 0)
  return value
}
