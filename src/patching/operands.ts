import { SutureError } from '../core/errors.ts'
import { blockAt, type Cfg } from '../evm/cfg.ts'
import type { BasicBlock } from '../evm/cfg-block.ts'
import { isPush, OP } from '../evm/opcodes.ts'
import { runAt, type SiteMap } from './site-map.ts'

const MAX_PLACES = 32

/**
 * Offsets where a guard finds the stack just as the instruction at `pc` will: `pc` itself, or, where the block is too short for a window
 * (`JUMPDEST ADD SWAP1 JUMP`), the end of every block that leads there, in front of the PUSH of its jump. Those blocks do nothing
 * in between, so the guard refuses exactly what it would have refused at `pc`.
 *
 * @throws PATCH_IMPOSSIBLE when some way there has no such place: it comes by a return, a conditional jump or a jump that was not resolved.
 */
export function sitesForInstruction(cfg: Cfg, siteMap: SiteMap, pc: number): number[] {
  const places = new Set<number>()
  const visited = new Set<number>()
  const open = [pc]
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (runAt(siteMap, place)) places.add(place)
    else {
      const block = blockAt(cfg, place)
      if (!startsWith(block, place) || cfg.unresolved.size > 0) throw noPlace(pc, block.start)
      if (visited.has(block.start)) continue
      visited.add(block.start)
      open.push(...predecessors(cfg, block.start).map((from) => exitPlace(pc, from)))
    }
    if (places.size + visited.size > MAX_PLACES) throw noPlace(pc, place)
  }
  return [...places].sort((a, b) => a - b)
}

/** Whether nothing but the JUMPDEST runs in the block before `place`. */
function startsWith({ instructions }: BasicBlock, place: number): boolean {
  const [first, second] = instructions
  return first!.pc === place || (first!.opcode === OP.JUMPDEST && second?.pc === place)
}

function predecessors(cfg: Cfg, start: number): BasicBlock[] {
  return [...cfg.successors].filter(([, next]) => next.has(start)).map(([from]) => cfg.blocks.get(from)!)
}

/** Where the stack of a block's end is as its successor finds it. */
function exitPlace(pc: number, block: BasicBlock): number {
  if (block.exit === 'fall') return block.end
  const push = block.instructions.at(-2)
  if (block.exit !== 'jump' || !push || !isPush(push.opcode)) throw noPlace(pc, block.start)
  return push.pc
}

function noPlace(pc: number, block: number): SutureError {
  return new SutureError('PATCH_IMPOSSIBLE', `No guard can be placed for the instruction at offset ${pc}.`, {
    meta: [
      'reason: its block is too short for a window, and so is a way there',
      `block: ${block}`,
      'fix: guard the function or its callers instead, or use a shim',
    ],
  })
}
