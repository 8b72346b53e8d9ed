import { type Address, bytesOf, type Hex, toQuantity } from '../core/hex.ts'
import { wordAt } from '../evm/words.ts'
import { loadProgram } from './observe/program.ts'
import type { Frame } from './types.ts'

/** Blocks back that BLOCKHASH reaches. */
const REACH = 256
/** Takes the place of an account for the length of one call; nobody has it. */
export const ASKER: Address = '0x00000000000000000000000000000000b10c4a54'
/** for (i = 1; i < 257; i++) memory[32 * (i - 1)] = blockhash(block.number - i); return memory[0 .. 32 * 256] */
export const ASKING: Hex = '0x60015b8043034081600190036020025260010180610101116002576120006000f3'

/** Whether a watched frame's code asks for the hash of a block. */
export function asksForHashes(
  frames: readonly Frame[],
  watch: ReadonlySet<Address>,
  codeOf: (account: Address) => Hex | null,
): boolean {
  const codes = new Set(frames.filter(({ context }) => watch.has(context)).map(({ code }) => code))
  return [...codes].some((account) => {
    const code = codeOf(account)
    return code !== null && loadProgram(code).asksForHashes
  })
}

/** What `ASKING` answered, run in block `number`: hash by block number, zero where the node has none. */
export function readBlockHashes(answer: Hex, number: bigint): ReadonlyMap<bigint, bigint> {
  const bytes = bytesOf(answer)
  const hashes = new Map<bigint, bigint>()
  for (let back = 1; back <= REACH && bytes.length >= 32 * back; back++)
    hashes.set(number - BigInt(back), wordAt(bytes, 32 * (back - 1)))
  return hashes
}

/** The call that asks, for `debug_traceCall`. */
export const askingCall = { to: ASKER, data: '0x', gas: toQuantity(2_000_000n), gasPrice: '0x0' } as const
