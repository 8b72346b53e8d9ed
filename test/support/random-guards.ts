import { type Hex, toWord } from '../../src/core/hex.ts'
import { disassemble, type Instruction } from '../../src/evm/disassemble.ts'
import { OPCODES } from '../../src/evm/opcodes.ts'
import type { SiteMap } from '../../src/patching/site-map.ts'
import { TEMPLATES } from '../../src/patching/templates/table.ts'
import { DEEPEST_PEEK, isPiece, type Template } from '../../src/patching/templates/template.ts'
import type { GuardInstance, PlacedGuard } from '../../src/patching/types.ts'
import type { Random } from './random.ts'

/** Where a guard may stand, and what is known of the stack there. */
export interface Place {
  readonly pc: number
  /** Words the original's stack has at least when control is here and the next instruction is not to fail. */
  readonly depth: number
  /** The next instruction; null behind the last of a run. */
  readonly next: number | null
}

/** What arguments are drawn from: storage slots, addresses and other words of the contract's world. */
export interface Words {
  readonly words: readonly bigint[]
}

/** Every place of a site map, with the words that must be on the stack there. */
export function placesOf(siteMap: SiteMap): Place[] {
  return siteMap.runs.flatMap(({ instructions, end, terminated }) => {
    const places: Place[] = []
    let depth = 0
    for (const { pc, opcode } of instructions) {
      const { pops, pushes } = OPCODES[opcode]!
      depth = Math.max(depth, pops)
      places.push({ pc, depth, next: opcode })
      depth += pushes - pops
    }
    return terminated ? places : [...places, { pc: end, depth, next: null }]
  })
}

/** Whole templates that are fit for a place: they find the words there which they read. */
export function templatesFor({ depth }: Place): Template[] {
  return WHOLE.filter(({ reads }) => reads <= depth).map(({ template }) => template)
}

/** A whole template with random arguments, at a place it is fit for. */
export function randomWhole(random: Random, place: Place, pool: Words): PlacedGuard[] {
  const template = pick(random, templatesFor(place))
  return [{ ...instantiate(random, template, pool, Math.max(place.depth - 1, 0)), pc: place.pc }]
}

/** A random sentence: balanced, as deep as `levels`, and ended by a piece that leaves nothing. */
export function randomSentence(random: Random, place: Place, pool: Words, levels = 3): PlacedGuard[] {
  const instances: GuardInstance[] = []
  let height = 0
  const say = (template: Template, left: number): void => {
    for (let i = 0; i < template.takes; i++) say(pickWord(random, left, place, height), left - 1)
    const deepest = Math.min(place.depth - 1, DEEPEST_PEEK - height)
    instances.push(instantiate(random, template, pool, deepest))
    height += template.gives - template.takes
  }
  say(pick(random, LAST), levels)
  return instances.map((instance) => ({ ...instance, pc: place.pc }))
}

/** Names of the templates that guards use. */
export const templatesOf = (guards: readonly PlacedGuard[]): string[] => [
  ...new Set(guards.map(({ template }) => template)),
]

const pieces = TEMPLATES.filter(isPiece)
const LAST = pieces.filter(({ gives }) => gives === 0)
const LEAVES = pieces.filter(({ takes, gives }) => takes === 0 && gives === 1)
const INNER = pieces.filter(({ takes, gives }) => takes > 0 && gives === 1)

const WHOLE = TEMPLATES.filter((template) => !isPiece(template)).map((template) => ({
  name: template.name,
  template,
  reads: readsBelow(disassemble(template.code)),
}))

/** How far a whole template looks below the stack it finds; ways that jump ahead are ends of others. */
function readsBelow(instructions: readonly Instruction[]): number {
  let height = 0
  let deepest = 0
  for (const { opcode } of instructions) {
    const { pops, pushes } = OPCODES[opcode]!
    deepest = Math.max(deepest, pops - height)
    height += pushes - pops
  }
  return deepest
}

function pickWord(random: Random, left: number, place: Place, height: number): Template {
  const mayPeek = place.depth > 0 && height <= DEEPEST_PEEK
  const leaves = LEAVES.filter(({ holes }) => mayPeek || holes.every(({ kind }) => kind !== 'peek'))
  return pick(random, left > 0 && random.chance(0.7) ? INNER : leaves)
}

function instantiate(
  random: Random,
  { name, params, holes }: Template,
  pool: Words,
  deepest: number,
): GuardInstance {
  const args: Record<string, Hex> = {}
  for (const hole of holes) {
    if (hole.kind !== 'arg' && hole.kind !== 'peek') continue
    const value =
      hole.kind === 'peek'
        ? BigInt(random.between(0, Math.max(deepest, 0)))
        : randomWord(random, pool) % 256n ** BigInt(hole.width)
    args[params[hole.index]!] = toWord(value)
  }
  return { template: name, args }
}

/** Small ones as often as those of the contract's world, and now and then anything. */
function randomWord(random: Random, { words }: Words): bigint {
  const kind = random.next()
  if (kind < 0.4 || words.length === 0) return BigInt(random.between(0, 68))
  if (kind < 0.85) return pick(random, words)
  return BigInt(
    `0x${Array.from({ length: 32 }, () => random.between(0, 255).toString(16).padStart(2, '0')).join('')}`,
  )
}

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.between(0, items.length - 1)]!
}
