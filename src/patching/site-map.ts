import { encodeAbiParameters, keccak256 } from 'viem'
import { type Hex, hexOf } from '../core/hex.ts'
import type { Cfg } from '../evm/cfg.ts'
import type { Instruction } from '../evm/disassemble.ts'
import { OP, OPCODES } from '../evm/opcodes.ts'
import { buildMerkleTree, type MerkleTree, proveLeaf } from './merkle.ts'
import type { Run } from './types.ts'

/** A run with its instructions at hand. */
export interface SiteRun extends Run {
  readonly instructions: readonly Instruction[]
  /** Whether control never goes on behind the last instruction, so that nothing can be placed there. */
  readonly terminated: boolean
}

/** Where windows may be placed in one code. */
export interface SiteMap {
  /** keccak256 of the code. */
  readonly code: Hex
  readonly root: Hex
  /** Ascending by start. */
  readonly runs: readonly SiteRun[]
  readonly tree: MerkleTree
  /** Jumps whose targets the analysis does not know, and blocks they may lead to: those are left out of the map. */
  readonly unresolved: readonly number[]
  readonly possible: readonly number[]
}

/** Bytes of `PUSH2 T JUMP` and the JUMPDEST on the way back. */
export const MIN_WINDOW = 5

/**
 * Instructions that do something else when displaced: JUMPDEST, where others jump to; PC, which reads where it is; CODESIZE, which grows.
 * JUMP and JUMPI take their target from the stack and do the same anywhere; behind JUMPI control goes on by the way back. GAS may be
 * displaced: what a CALL is given is capped at 63/64 of what is left (EIP-150), so a guard between GAS and CALL changes only how much gas
 * arrives. EXTCODESIZE and EXTCODEHASH of the contract itself are an assumption, see `checkCertificate`.
 */
const EXCLUDED: ReadonlySet<number> = new Set([OP.JUMPDEST, OP.PC, OP.CODESIZE])
const LAST: ReadonlySet<number> = new Set([
  OP.STOP,
  OP.JUMP,
  OP.RETURN,
  OP.REVERT,
  OP.INVALID,
  OP.SELFDESTRUCT,
])

/**
 * The runs of all blocks known to be code, with the Merkle root that is registered on chain. Blocks that only might be code are left
 * out: a window over data would change what the contract reads. Runs too short for a window are left out as well.
 */
export function buildSiteMap(cfg: Cfg): SiteMap {
  const runs = straightLines(cfg).flatMap((instructions) => runsOf(instructions, cfg.code.length))
  const tree = buildMerkleTree(runs.map(hashRun))
  const { unresolved, possible } = cfg
  return {
    code: keccak256(cfg.code),
    root: tree.root,
    runs,
    tree,
    unresolved: [...unresolved].sort((a, b) => a - b),
    possible: [...possible].sort((a, b) => a - b),
  }
}

/** Leaf of the site map (hashed twice, so that no inner node can pass for one). */
export function hashRun({ start, end, boundaries }: Run): Hex {
  const encoded = encodeAbiParameters(
    [{ type: 'uint256' }, { type: 'uint256' }, { type: 'bytes' }],
    [BigInt(start), BigInt(end), boundaries],
  )
  return keccak256(keccak256(encoded))
}

export function proveRun(siteMap: SiteMap, run: Run): Hex[] {
  return proveLeaf(siteMap.tree, hashRun(run))
}

/** The run a guard at `pc` can be placed in: one that has an instruction there, or ends there with a way on. */
export function runAt(siteMap: SiteMap, pc: number): SiteRun | undefined {
  return (
    siteMap.runs.find((run) => run.instructions.some((instruction) => instruction.pc === pc)) ??
    siteMap.runs.find((run) => run.end === pc && !run.terminated)
  )
}

/** Reached instructions that follow one another, blocks that fall into the next joined. */
function straightLines(cfg: Cfg): Instruction[][] {
  const lines: Instruction[][] = []
  let end = -1
  for (const start of [...cfg.reached].sort((a, b) => a - b)) {
    const block = cfg.blocks.get(start)!
    if (start === end) lines.at(-1)!.push(...block.instructions)
    else lines.push([...block.instructions])
    end = block.end
  }
  return lines
}

function runsOf(instructions: readonly Instruction[], codeLength: number): SiteRun[] {
  const runs: SiteRun[] = []
  let current: Instruction[] = []
  const close = () => {
    const run = toRun(current)
    if (run && run.end - run.start >= MIN_WINDOW) runs.push(run)
    current = []
  }
  for (const instruction of instructions) {
    const { opcode, pc, size } = instruction
    // A PUSH cut off by the end of code cannot be copied as it is.
    const displaceable = !EXCLUDED.has(opcode) && OPCODES[opcode] !== undefined && pc + size <= codeLength
    if (displaceable) current.push(instruction)
    if (!displaceable || LAST.has(opcode)) close()
  }
  close()
  return runs
}

function toRun(instructions: readonly Instruction[]): SiteRun | null {
  const first = instructions[0]
  const last = instructions.at(-1)
  if (!first || !last) return null
  const start = first.pc
  const end = last.pc + last.size
  const bitmap = new Uint8Array(Math.ceil((end - start) / 8))
  for (const { pc } of instructions) bitmap[(pc - start) >> 3]! |= 0x80 >> ((pc - start) & 7)
  return { start, end, boundaries: hexOf(bitmap), instructions, terminated: LAST.has(last.opcode) }
}
