import { SutureError } from '../core/errors.ts'
import { blockAt, type Cfg } from '../evm/cfg.ts'
import { OP } from '../evm/opcodes.ts'
import { runAt, type SiteMap } from './site-map.ts'

const MAX_BLOCKS = 64

/**
 * Offsets where guards must stand so that no execution which enters the block at `entry` gets by: the first run of that block or, where
 * it has none long enough, of all blocks that follow. What ran before a guard in those few bytes is undone when it refuses.
 *
 * @throws PATCH_IMPOSSIBLE when a path has no room before it meets code that other functions share.
 */
export function sitesForEntry(cfg: Cfg, siteMap: SiteMap, entry: number): number[] {
  const sites = new Set<number>()
  const visited = new Set<number>()
  const open = [blockAt(cfg, entry).start]
  let elsewhere: ReadonlySet<number> | null = null
  for (let start = open.pop(); start !== undefined; start = open.pop()) {
    if (visited.has(start)) continue
    visited.add(start)
    const site = firstSite(cfg, siteMap, start)
    if (site !== null) {
      sites.add(site)
      continue
    }
    const next = [...(cfg.successors.get(start) ?? [])].filter((block) => !alwaysReverts(cfg, block))
    elsewhere ??= reachableWithout(cfg, entry)
    if (visited.size > MAX_BLOCKS || next.some((block) => elsewhere!.has(block))) throw noRoom(entry, start)
    open.push(...next)
  }
  return [...sites].sort((a, b) => a - b)
}

function firstSite(cfg: Cfg, siteMap: SiteMap, start: number): number | null {
  const { instructions } = cfg.blocks.get(start)!
  const found = instructions.find(({ pc }) => runAt(siteMap, pc)?.instructions.some((own) => own.pc === pc))
  return found?.pc ?? null
}

/** A path that reverts anyway needs no guard. Sees blocks that end in REVERT or INVALID themselves. */
function alwaysReverts(cfg: Cfg, start: number): boolean {
  const last = cfg.blocks.get(start)!.instructions.at(-1)!.opcode
  return last === OP.REVERT || last === OP.INVALID
}

/** Blocks that can be reached without the one at `entry`. Ignores which return belongs to which call, so it may name too many. */
function reachableWithout(cfg: Cfg, entry: number): ReadonlySet<number> {
  const reached = new Set<number>()
  const open = [0]
  for (let start = open.pop(); start !== undefined; start = open.pop()) {
    if (start === entry || reached.has(start)) continue
    reached.add(start)
    open.push(...(cfg.successors.get(start) ?? []))
  }
  return reached
}

function noRoom(entry: number, block: number): SutureError {
  return new SutureError('PATCH_IMPOSSIBLE', `No guard can be placed at the entry at offset ${entry}.`, {
    meta: [
      `reason: the block at ${block} is too short for a window and leads into code that other functions share`,
      'fix: guard the function in a shim',
    ],
  })
}
