import { disassemble, type Instruction } from '../../evm/disassemble.ts'
import { OP, OPCODES } from '../../evm/opcodes.ts'

/** The original with the places where its instructions start, by the same sweep the EVM makes for jump destinations. */
export interface Survey {
  readonly code: Uint8Array
  readonly instructions: ReadonlyMap<number, Instruction>
}

export function surveyOriginal(code: Uint8Array): Survey {
  return {
    code,
    instructions: new Map(disassemble(code).map((instruction) => [instruction.pc, instruction])),
  }
}

const ENDS: readonly number[] = [OP.STOP, OP.JUMP, OP.RETURN, OP.REVERT, OP.INVALID, OP.SELFDESTRUCT]
const STAYS: readonly number[] = [OP.JUMPDEST, OP.PC, OP.CODESIZE]

/** Whether control never goes on right behind the instruction. */
export const neverGoesOn = ({ opcode }: Instruction): boolean => ENDS.includes(opcode)

/** Whether the instruction does the same wherever it stands. */
export const mayMove = ({ opcode }: Instruction): boolean =>
  OPCODES[opcode] !== undefined && !STAYS.includes(opcode)

/** The instructions of `[start, end)`, or null when an instruction does not end exactly at `end`. */
export function instructionsBetween(survey: Survey, start: number, end: number): Instruction[] | null {
  const found: Instruction[] = []
  let pc = start
  while (pc < end) {
    const instruction = survey.instructions.get(pc)
    if (!instruction) return null
    found.push(instruction)
    pc += instruction.size
  }
  return pc === end && end <= survey.code.length ? found : null
}
