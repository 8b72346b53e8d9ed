import { Memory } from './memory.ts'
import type { Value, Values } from './values.ts'

/** How well a place is protected, weakest first; see `protectionOf`. */
export const PROTECTIONS = ['none', 'origin', 'record', 'authority'] as const
export type Protection = (typeof PROTECTIONS)[number]

/** A condition that held: `value` was not zero (`truth`), or was zero. */
export interface Condition {
  readonly value: Value
  readonly truth: boolean
}

/** What holds on every way to the start of a block in one calling context. */
export interface Frame {
  readonly id: number
  readonly pc: number
  readonly stack: Value[]
  readonly memory: Memory
  /** Conditions on every way here, by `factId`. */
  facts: ReadonlySet<number>
  /** Index in `PROTECTIONS` of what every way here has passed at least. */
  protection: number
  /** Conditions that protected some way here. */
  guards: ReadonlySet<number>
  queued: boolean
}

export type FrameContent = Pick<Frame, 'pc' | 'stack' | 'memory' | 'facts' | 'protection' | 'guards'>

export const factId = ({ value, truth }: Condition): number => value * 2 + (truth ? 1 : 0)
export const conditionOf = (fact: number): Condition => ({ value: fact >> 1, truth: (fact & 1) === 1 })

/** How finely ways are told apart. */
export interface Precision {
  /** Truth values a branch has decided that are kept apart, counted from the top of the stack. More of them multiply the contexts. */
  readonly decided: number
  /** Times one return address may lie on the stack. */
  readonly recursion: number
}

interface Context {
  readonly key: string
  /** Whether a return address lies on the stack so often that an internal function must be calling itself. */
  readonly recursive: boolean
}

/**
 * Frames are merged when `key` is equal: the block, the height of the stack, the values on it that are jump destinations (so that
 * every call of an internal function returns to its own caller), and truth values a branch has decided (so that `a && b` and `a || b`,
 * which compilers compute with jumps, keep their meaning). In a loop neither goes on changing.
 */
export function contextOf(
  values: Values,
  destinations: Uint8Array,
  { pc, stack }: { readonly pc: number; readonly stack: Value[] },
  precision: Precision,
): Context {
  let key = `${pc}/${stack.length}`
  let decided = 0
  let repeats = 0
  const seen = new Map<bigint, number>()
  for (let i = stack.length - 1; i >= 0; i--) {
    const value = stack[i]!
    const word = values.word(value)
    if (word === null) continue
    if (values.isDecided(value)) {
      if (decided < precision.decided) key += `;${i}=${word}`
      else stack[i] = values.constant(word)
      decided++
    } else if (word < BigInt(destinations.length) && destinations[Number(word)] === 1) {
      key += `;${i}:${word}`
      const times = (seen.get(word) ?? 0) + 1
      seen.set(word, times)
      repeats = Math.max(repeats, times)
    }
  }
  return { key, recursive: repeats > precision.recursion }
}

export function newFrame(id: number, content: FrameContent): Frame {
  return { ...content, id, stack: [...content.stack], memory: new Memory(content.memory), queued: false }
}

/** Keeps in `frame` what holds on another way as well. Gives whether anything changed. */
export function mergeInto(values: Values, frame: Frame, other: FrameContent): boolean {
  let changed = frame.memory.merge(values, other.memory, `${frame.id}`)
  for (let i = 0; i < frame.stack.length; i++) {
    const [mine, theirs] = [frame.stack[i]!, other.stack[i]!]
    if (mine === theirs) continue
    const merged = values.merge(mine, theirs, `${frame.id}s${i}`)
    changed ||= merged !== mine
    frame.stack[i] = merged
  }
  const facts = [...frame.facts].filter((fact) => other.facts.has(fact))
  if (facts.length < frame.facts.size) {
    frame.facts = new Set(facts)
    changed = true
  }
  if ([...other.guards].some((guard) => !frame.guards.has(guard))) {
    frame.guards = new Set([...frame.guards, ...other.guards])
    changed = true
  }
  if (other.protection < frame.protection) {
    frame.protection = other.protection
    changed = true
  }
  return changed
}
