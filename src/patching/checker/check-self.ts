import { OP } from '../../evm/opcodes.ts'
import type { Certificate } from '../types.ts'
import { type Rejection, reject } from './rejection.ts'
import type { Survey } from './survey.ts'

const ADDRESS_SIZE = 20

/** An own address may be replaced only where a PUSH20 to PUSH32 ends in it, outside every window, offsets ascending. */
export function checkSelf(survey: Survey, { self, sites }: Certificate): Rejection | null {
  if (!self) return null
  const ends = new Set<number>()
  for (const { pc, opcode, size } of survey.instructions.values()) {
    if (opcode >= OP.PUSH20 && opcode <= OP.PUSH32) ends.add(pc + size)
  }
  let free = 0
  for (const offset of self.offsets) {
    const end = offset + ADDRESS_SIZE
    const found = `0x${Buffer.from(survey.code.subarray(offset, end)).toString('hex')}`
    const inWindow = sites.some(({ pc, length }) => pc < end && offset < pc + length)
    if (offset < free || inWindow || !ends.has(end) || found !== self.from) {
      return reject('self-offset', `offset ${offset}`)
    }
    free = end
  }
  return null
}
