import type { Address } from '../../core/hex.ts'
import { type Evidence, observed } from '../evidence.ts'
import { constant } from '../expressions.ts'
import type { CalledFunction, Learned } from './calls.ts'

/** Calls from which it can be said which ways through a function are usual. */
const ENOUGH = 5
const PATHS = 3

/**
 * Ways through a function that only the attack took, refused where they begin.
 *
 * Failure mode: a rare but legitimate way (a liquidation, a first deposit) looks the same when history does not have it.
 */
export function unusualPaths(evidence: Evidence, fn: CalledFunction): Learned[] {
  if (fn.benign.length < ENOUGH) return []
  const usual = usualBlocks(evidence)
  const found = new Map<string, Learned>()
  for (const { execution, activation } of fn.hostile) {
    for (const frame of activation) {
      const { code } = execution.frames[frame]!
      const known = usual.get(code)
      const first = execution.observation.blocks.get(frame)?.find((start) => !known?.has(start))
      if (first === undefined || !known) continue
      found.set(`${code}:${first}`, {
        invariant: {
          name: 'unusual-path',
          rules: [{ place: { at: 'instruction', code, pc: first }, refuse: constant(1n) }],
          notes: ['a way through the function that nobody has taken before is closed'],
        },
        support: fn.benign.length,
      })
    }
  }
  return [...found.values()].slice(0, PATHS)
}

function usualBlocks({ history, probes }: Evidence): Map<Address, Set<number>> {
  const usual = new Map<Address, Set<number>>()
  for (const { frames, observation } of observed([...history, ...probes])) {
    for (const [frame, starts] of observation.blocks) {
      const { code } = frames[frame]!
      const known = usual.get(code) ?? new Set()
      for (const start of starts) known.add(start)
      usual.set(code, known)
    }
  }
  return usual
}
