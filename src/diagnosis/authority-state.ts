import type { Execution } from '../chain/types.ts'
import { type Address, toWord } from '../core/hex.ts'
import { type Evidence, observed } from './evidence.ts'

interface Change {
  readonly at: number
  readonly before: bigint
  readonly after: bigint
}

interface Timeline {
  readonly position: ReadonlyMap<Execution, number>
  readonly changes: ReadonlyMap<string, readonly Change[]>
  readonly seen: ReadonlyMap<string, bigint>
}

const timelines = new WeakMap<Evidence, Timeline>()
const keyOf = (address: Address, slot: bigint): string => `${address}:${toWord(slot)}`

/**
 * What a slot held when an execution of history or of the attack began, pieced together from what all of them changed and read; null where
 * none of them touched it.
 *
 * Failure mode: transactions between those that are known are not seen, so a slot others wrote meanwhile is told as it was before.
 */
export function wordBefore(
  evidence: Evidence,
  execution: Execution,
  { address, slot }: { readonly address: Address; readonly slot: bigint },
): bigint | null {
  const { position, changes, seen } = timelineOf(evidence)
  const key = keyOf(address, slot)
  const now = position.get(execution) ?? 0
  const all = changes.get(key)
  const earlier = all?.findLast(({ at }) => at < now)
  const later = all?.find(({ at }) => at >= now)
  return earlier?.after ?? later?.before ?? seen.get(key) ?? null
}

function timelineOf(evidence: Evidence): Timeline {
  const known = timelines.get(evidence)
  if (known) return known
  const sequence = [...evidence.history, ...evidence.attack]
  const timeline = {
    position: new Map(sequence.map((execution, index) => [execution, index])),
    changes: changesOf(sequence),
    seen: firstSeen([...sequence, ...evidence.probes]),
  }
  timelines.set(evidence, timeline)
  return timeline
}

function changesOf(sequence: readonly Execution[]): Map<string, Change[]> {
  const changes = new Map<string, Change[]>()
  for (const [at, { diff }] of sequence.entries()) {
    for (const [address, { storage }] of Object.entries(diff)) {
      for (const [slot, { before, after }] of Object.entries(storage)) {
        const key = keyOf(address as Address, BigInt(slot))
        const change = { at, before: BigInt(before), after: BigInt(after) }
        changes.set(key, [...(changes.get(key) ?? []), change])
      }
    }
  }
  return changes
}

/** The first value anything found in a slot: what nothing has changed. */
function firstSeen(executions: readonly Execution[]): Map<string, bigint> {
  const seen = new Map<string, bigint>()
  for (const { observation } of observed(executions)) {
    for (const { address, slot, previous, transient } of observation.accesses) {
      const key = keyOf(address, slot)
      if (!transient && !seen.has(key)) seen.set(key, previous)
    }
  }
  return seen
}
