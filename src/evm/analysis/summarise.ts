import type { Hex } from '../../core/hex.ts'
import { MAX_WORD } from '../arithmetic.ts'
import { OP } from '../opcodes.ts'
import type { Describer } from './describe.ts'
import type { Site } from './execute.ts'
import { conditionOf, PROTECTIONS, type Protection } from './frame.ts'
import { keptBits, zeroBits } from './places.ts'
import { protectionOf } from './protection.ts'
import type { FunctionRun } from './run-function.ts'
import type {
  ArgumentPart,
  CallSite,
  Field,
  FunctionAnalysis,
  Gap,
  Guard,
  StorageRead,
  StorageWrite,
} from './types.ts'
import { taintNames, type Value, type Values } from './values.ts'

/** How a condition on a word of unknown origin reads. */
const UNKNOWN = /^!?\(?\?/

const KINDS: Readonly<Record<number, CallSite['kind']>> = {
  [OP.CALL]: 'call',
  [OP.CALLCODE]: 'callcode',
  [OP.DELEGATECALL]: 'delegatecall',
  [OP.STATICCALL]: 'staticcall',
  [OP.CREATE]: 'create',
  [OP.CREATE2]: 'create2',
  [OP.SELFDESTRUCT]: 'selfdestruct',
}

/** What a run found, site by site: what several contexts agree on once, each with the guard of all of them. */
export function summariseRun(
  run: FunctionRun,
  selector: FunctionAnalysis['selector'],
  entries: readonly number[],
  values: Values,
  describer: Describer,
): FunctionAnalysis {
  return new Summary(run, values, describer).of(selector, entries)
}

class Summary {
  private readonly run: FunctionRun
  private readonly values: Values
  private readonly describer: Describer
  /** The least that ways which were not followed have passed: they may come to any site. */
  private readonly floor: number

  constructor(run: FunctionRun, values: Values, describer: Describer) {
    this.run = run
    this.values = values
    this.describer = describer
    this.floor = Math.min(PROTECTIONS.length - 1, ...run.unresolved.map(({ protection }) => protection))
  }

  of(selector: FunctionAnalysis['selector'], entries: readonly number[]): FunctionAnalysis {
    const { run } = this
    return {
      selector,
      entries,
      payable: run.ends.some(({ facts }) => !this.excludesValue(facts)),
      reads: this.collect([OP.SLOAD], (site) => this.read(site)),
      writes: this.collect([OP.SSTORE], (site) => this.write(site)),
      calls: this.collect(Object.keys(KINDS).map(Number), (site) => this.call(site)),
      gaps: this.gaps(),
      blocks: this.blocks(),
      beyondGaps: run.complete && run.unresolved.length === 0 ? null : this.protection(this.floor),
    }
  }

  private blocks(): Map<number, Protection | 'unknown'> {
    const least = new Map<number, number>()
    for (const { pc, protection } of this.run.frames) {
      least.set(pc, Math.min(least.get(pc) ?? this.floor, protection))
    }
    return new Map([...least].map(([pc, protection]) => [pc, this.protection(protection)]))
  }

  /** Without a fixed point a way without checks may still come. */
  private protection(least: number): Protection | 'unknown' {
    return this.run.complete ? PROTECTIONS[least]! : 'unknown'
  }

  private excludesValue(facts: ReadonlySet<number>): boolean {
    return [...facts].some((fact) => {
      const { value, truth } = conditionOf(fact)
      const term = this.values.term(value)
      return !truth && term.kind === 'input' && term.opcode === OP.CALLVALUE
    })
  }

  private gaps(): Gap[] {
    const gaps = new Map<string, Gap>()
    for (const { reason, pc, taint } of this.run.unresolved) {
      gaps.set(`${reason}${pc}${taint}`, { reason, pc, from: taintNames(taint) })
    }
    const known = [...gaps.values()].sort((a, b) => a.pc! - b.pc!)
    return this.run.complete ? known : [...known, { reason: 'budget', pc: null, from: [] }]
  }

  /** One result for the sites of a kind that look alike, with the guard of all of them, by offset. */
  private collect<T extends StorageRead | CallSite>(
    opcodes: readonly number[],
    describe: (site: Site) => Omit<T, 'guard'>,
  ): T[] {
    const groups = new Map<string, { found: Omit<T, 'guard'>; sites: Site[] }>()
    for (const site of this.run.sites) {
      if (!opcodes.includes(site.opcode)) continue
      const found = describe(site)
      const key = JSON.stringify(found)
      const group = groups.get(key)
      if (group) group.sites.push(site)
      else groups.set(key, { found, sites: [site] })
    }
    return [...groups.values()]
      .map(({ found, sites }) => ({ ...found, guard: this.guard(sites) }) as T)
      .sort((a, b) => a.pc - b.pc)
  }

  private guard(sites: readonly Site[]): Guard {
    const frames = sites.map(({ frame }) => this.run.frames[frame]!)
    const least = Math.min(this.floor, ...frames.map(({ protection }) => protection))
    const by = new Set<string>()
    for (const { guards } of frames) {
      for (const guard of guards) {
        if (protectionOf(this.values, conditionOf(guard)) >= Math.max(1, least)) by.add(this.textOf(guard))
      }
    }
    const [first, ...others] = frames.map(({ facts }) => new Set([...facts].map((fact) => this.textOf(fact))))
    const conditions = [...first!].filter(
      (text) => !UNKNOWN.test(text) && others.every((texts) => texts.has(text)),
    )
    return { protection: this.protection(least), by: [...by].sort(), conditions: conditions.sort() }
  }

  private textOf(fact: number): string {
    return this.describer.condition(conditionOf(fact))
  }

  private read({ pc, args }: Site): Omit<StorageRead, 'guard'> {
    return { pc, place: this.describer.place(args[0]!), slot: this.describer.word(args[0]!) }
  }

  private write(site: Site): Omit<StorageWrite, 'guard'> {
    const [slot, value] = site.args as [Value, Value]
    const field = fieldWritten(keptBits(this.values, slot, value))
    const parts = argumentsIn(this.values, value)
    return { ...this.read(site), field, value: this.describer.word(value), arguments: parts }
  }

  private call({ pc, opcode, args, selector, inputTaint }: Site): Omit<CallSite, 'guard'> {
    const creates = opcode === OP.CREATE || opcode === OP.CREATE2
    const target = creates ? null : args[opcode === OP.SELFDESTRUCT ? 0 : 1]!
    const value = creates ? args[0]! : opcode === OP.CALL || opcode === OP.CALLCODE ? args[2]! : null
    return {
      pc,
      kind: KINDS[opcode]!,
      target: target === null ? null : this.describer.word(target),
      value: value === null ? null : this.describer.word(value),
      selector: selector === null ? null : (`0x${selector.toString(16).padStart(8, '0')}` as Hex),
      input: taintNames(inputTaint),
    }
  }
}

/** The parts of a word put together by OR, each that is made of exactly one argument, in the bits that masks around it leave. */
function argumentsIn(values: Values, value: Value, mask = MAX_WORD): ArgumentPart[] {
  const term = values.term(value)
  if (term.kind === 'operation' && term.opcode === OP.OR) {
    return term.args
      .flatMap((arg) => argumentsIn(values, arg, mask))
      .sort((a, b) => a.field.offset - b.field.offset)
  }
  const around = term.kind === 'operation' && term.opcode === OP.AND ? values.word(term.args[1]!) : null
  if (term.kind === 'operation' && around !== null) return argumentsIn(values, term.args[0]!, mask & around)
  const offsets = offsetsIn(values, value)
  const field = fieldWritten(zeroBits(values, value) | (MAX_WORD ^ mask))
  return offsets.size === 1 ? [...offsets].map((offset) => ({ offset, field })) : []
}

/** Where the words of calldata in a value stand, as far as the places are constant. */
function offsetsIn(values: Values, value: Value, offsets = new Set<number>()): ReadonlySet<number> {
  const term = values.term(value)
  const offset = term.kind === 'calldata' ? values.word(term.offset) : null
  if (offset !== null) offsets.add(Number(offset))
  if (term.kind === 'operation') for (const arg of term.args) offsetsIn(values, arg, offsets)
  return offsets
}

/** From the lowest bit that may change to the highest. */
function fieldWritten(kept: bigint): Field {
  const changed = ((1n << 256n) - 1n) ^ kept
  if (changed === 0n) return { offset: 0, bits: 0 }
  let offset = 0
  while (((changed >> BigInt(offset)) & 1n) === 0n) offset++
  return { offset, bits: changed.toString(2).length - offset }
}
