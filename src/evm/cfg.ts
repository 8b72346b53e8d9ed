import { SutureError } from '../core/errors.ts'
import { type BasicBlock, splitBlocks } from './cfg-block.ts'
import { type Exploration, explore, type Root } from './cfg-explore.ts'
import { jumpDestinations } from './disassemble.ts'

/** Limit of EIP-170. */
export const MAX_CODE_SIZE = 24_576

const DEFAULT_MAX_STEPS = 400_000

/** The control-flow graph of runtime bytecode. */
export interface Cfg extends Exploration {
  readonly code: Uint8Array
  /** Every block of the linear sweep, by its first offset; only those in `reached` are known to be code. */
  readonly blocks: ReadonlyMap<number, BasicBlock>
  readonly destinations: Uint8Array
  /**
   * Blocks an unresolved jump may lead to: they start with a JUMPDEST and were not reached. Empty when every jump is resolved.
   * They may be data (a JUMPDEST byte in a table), so nothing may be patched there.
   */
  readonly possible: ReadonlySet<number>
}

export interface CfgOptions {
  /**
   * Offsets known to be executed, from traces: their blocks count as reached even where no jump to them was resolved.
   * An offset that is no instruction boundary is refused.
   */
  readonly executed?: Iterable<number>
  /** Bound on abstract steps; a graph cut short is `complete: false`. */
  readonly maxSteps?: number
}

/**
 * Control-flow graph by abstract interpretation of the stack (see `explore`). Never runs longer than `maxSteps`.
 *
 * @throws BYTECODE_INVALID when the code is empty, longer than 24,576 bytes, or starts with 0xEF (EIP-3541: EOF, delegations).
 * @example
 * const cfg = buildCfg(bytesOf(await rpc.request('eth_getCode', [address, 'latest'])))
 */
export function buildCfg(code: Uint8Array, options: CfgOptions = {}): Cfg {
  assertRuntimeCode(code)
  const blocks = splitBlocks(code)
  const destinations = jumpDestinations(code)
  const roots: Root[] = [{ pc: 0, stack: 'empty' }]
  for (const pc of options.executed ?? []) roots.push({ pc: startOfBlock(blocks, pc), stack: 'unknown' })
  const maxSteps = options.maxSteps ?? DEFAULT_MAX_STEPS
  const fromEntry = explore(blocks, destinations, { roots, maxSteps })
  const possible = new Set<number>()
  if (fromEntry.unresolved.size > 0 || !fromEntry.complete) {
    for (const start of blocks.keys()) {
      if (destinations[start] === 1 && !fromEntry.reached.has(start)) possible.add(start)
    }
  }
  return { ...fromEntry, code, blocks, destinations, possible }
}

/** Starts of the blocks a frame may still run when it stands at the start of the block at `pc`, returns of that frame included. */
export function reachableFrom(cfg: Cfg, pc: number, maxSteps = DEFAULT_MAX_STEPS): ReadonlySet<number> {
  const roots: Root[] = [{ pc: startOfBlock(cfg.blocks, pc), stack: 'unknown' }]
  return explore(cfg.blocks, cfg.destinations, { roots, maxSteps }).reached
}

/** The block that contains the instruction at `pc`. */
export function blockAt(cfg: Cfg, pc: number): BasicBlock {
  return cfg.blocks.get(startOfBlock(cfg.blocks, pc))!
}

function startOfBlock(blocks: ReadonlyMap<number, BasicBlock>, pc: number): number {
  if (blocks.has(pc)) return pc
  for (const block of blocks.values()) {
    if (
      pc > block.start &&
      pc < block.end &&
      block.instructions.some((instruction) => instruction.pc === pc)
    ) {
      return block.start
    }
  }
  throw new SutureError('BYTECODE_INVALID', `No instruction starts at offset ${pc}.`, {
    meta: [`pc: ${pc}`, 'fix: check that the offset was taken from an execution of exactly this code'],
  })
}

/** @throws BYTECODE_INVALID when `code` cannot be runtime code of a deployed contract. */
export function assertRuntimeCode(code: Uint8Array): void {
  if (code.length > 0 && code.length <= MAX_CODE_SIZE && code[0] !== 0xef) return
  const sentence =
    code.length === 0
      ? 'The account has no code.'
      : code[0] === 0xef
        ? 'The code starts with 0xEF, so it is no legacy EVM bytecode (EOF container or EIP-7702 delegation).'
        : `The code has ${code.length} bytes, more than EIP-170 allows.`
  throw new SutureError('BYTECODE_INVALID', sentence, {
    meta: [
      `bytes: ${code.length}`,
      `limit: ${MAX_CODE_SIZE}`,
      'fix: pass the runtime bytecode as eth_getCode returns it',
    ],
  })
}
