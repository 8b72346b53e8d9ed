import { hexToBytes } from 'viem'
import { OP } from '../../evm/opcodes.ts'
import { findTemplate } from '../templates/table.ts'
import type { Certificate } from '../types.ts'
import { type Rejection, reject } from './rejection.ts'
import { type Survey, surveyOriginal } from './survey.ts'

/** 33 x INVALID, then the tail: JUMPDEST, revert with `SutureRestricted()`. Stands behind the original in every patched code. */
export const TRAILER = hexToBytes(`0x${'fe'.repeat(33)}5b63a2d4ac156000526004601cfd`)

/**
 * Guards write where no code of the original reads. An original that is patched code itself, as it is after ratification, has guards that do
 * read there: another one could give back their lock or overwrite their mark, and what they refuse would go through. So such code takes
 * guards that only read.
 */
export function checkWrites({ code }: Survey, { sites }: Certificate): Rejection | null {
  if (!Buffer.from(code).includes(Buffer.from(TRAILER))) return null
  const writing = sites.flatMap(({ guards }) => guards).find(({ template }) => writes(template))
  return writing ? reject('original-guarded', `${writing.template} at ${writing.pc}`) : null
}

function writes(name: string): boolean {
  const { instructions } = surveyOriginal(findTemplate(name)!.code)
  return [...instructions.values()].some(({ opcode }) => opcode === OP.SSTORE || opcode === OP.TSTORE)
}
