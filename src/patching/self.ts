import { type Address, bytesOf } from '../core/hex.ts'
import { disassemble } from '../evm/disassemble.ts'
import { OP } from '../evm/opcodes.ts'

const ADDRESS_SIZE = 20

/**
 * Offsets of the 20 bytes of `address` where the code pushes it: the low end of the operand of PUSH20 to PUSH32, which is how immutables
 * such as the `__self` of UUPS implementations are laid down. Misses an address that is computed or stored in pieces.
 */
export function findSelfReferences(code: Uint8Array, address: Address): number[] {
  const wanted = Buffer.from(bytesOf(address))
  return disassemble(code)
    .filter(({ opcode }) => opcode >= OP.PUSH20 && opcode <= OP.PUSH32)
    .map(({ pc, size }) => pc + size - ADDRESS_SIZE)
    .filter((offset) => wanted.equals(code.subarray(offset, offset + ADDRESS_SIZE)))
}
