import { bytesOf, type Hex } from '../../core/hex.ts'
import { disassemble, type Instruction, jumpDestinations } from '../../evm/disassemble.ts'
import { OP } from '../../evm/opcodes.ts'

/** Code made ready to run: instruction by offset, jump destinations. */
export interface Program {
  readonly code: Uint8Array
  readonly instructionAt: readonly (Instruction | undefined)[]
  readonly destinations: Uint8Array
  /** Whether BLOCKHASH is among its instructions. */
  readonly asksForHashes: boolean
}

const KEPT = 256
const programs = new Map<Hex, Program>()

/** Prepares code, remembering the last few hundred: the same contracts run again and again. */
export function loadProgram(code: Hex): Program {
  let program = programs.get(code)
  if (!program) {
    const bytes = bytesOf(code)
    const instructionAt: (Instruction | undefined)[] = new Array(bytes.length).fill(undefined)
    let asksForHashes = false
    for (const instruction of disassemble(bytes)) {
      instructionAt[instruction.pc] = instruction
      if (instruction.opcode === OP.BLOCKHASH) asksForHashes = true
    }
    program = { code: bytes, instructionAt, destinations: jumpDestinations(bytes), asksForHashes }
    if (programs.size >= KEPT) programs.delete(programs.keys().next().value!)
    programs.set(code, program)
  }
  return program
}
