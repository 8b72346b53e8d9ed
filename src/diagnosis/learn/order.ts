import { blockNumber, equal, origin, recall } from '../expressions.ts'
import type { Call, CalledFunction, Learned } from './calls.ts'

/** Pairs of functions tried; the attack's last steps first. */
const PAIRS = 8

const momentOf = ({ origin: from, block }: Call): string => `${from}/${block}`

/** Nobody but the attacker used the function more than once in a block. */
export function oncePerBlock(fn: CalledFunction, mark: number): Learned[] {
  if (!repeats(fn.hostile) || repeats(fn.benign)) return []
  const rule = {
    place: { at: 'entry' as const, ...fn.ref },
    refuse: equal(recall(origin, mark), blockNumber),
    note: { value: blockNumber, key: origin, mark },
  }
  const invariant = {
    name: 'once-per-block',
    rules: [rule],
    notes: ['the sender of a transaction can use the function once in a block only'],
  }
  return [{ invariant, support: fn.benign.length }]
}

function repeats(calls: readonly Call[]): boolean {
  const moments = calls.map(momentOf)
  return new Set(moments).size < moments.length
}

/** Nobody but the attacker used one function after the other in the same block, as flash loans need to. */
export function notInOneBlock(all: readonly CalledFunction[]): Learned[] {
  const pairs = all.flatMap((first, mark) =>
    all
      .filter((second) => second !== first && second.ref.target === first.ref.target)
      .filter((second) => meet(first.hostile, second.hostile) && !meet(first.benign, second.benign))
      .map((second) => ({ first, second, mark: 128 + (mark % 128) })),
  )
  return pairs
    .reverse()
    .slice(0, PAIRS)
    .map(({ first, second, mark }) => ({
      invariant: {
        name: 'not-in-one-block',
        rules: [
          {
            place: { at: 'entry', ...first.ref },
            note: { value: blockNumber, key: origin, mark },
          },
          { place: { at: 'entry', ...second.ref }, refuse: equal(recall(origin, mark), blockNumber) },
        ],
        notes: [
          `the sender of a transaction cannot use ${second.ref.selector} in the block in which it used ${first.ref.selector}`,
        ],
      },
      support: Math.min(first.benign.length, second.benign.length),
    }))
}

function meet(first: readonly Call[], second: readonly Call[]): boolean {
  const moments = new Set(first.map(momentOf))
  return second.some((call) => moments.has(momentOf(call)))
}
