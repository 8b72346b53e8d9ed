import type { Describer } from './describe.ts'
import { fieldOf } from './protection.ts'
import type { Field, FunctionAnalysis, KeyType, Place, Variable } from './types.ts'
import type { Value, Values } from './values.ts'

type Selector = FunctionAnalysis['selector']

/** What is known of one word: all places of the same declared slot and shape. */
interface Group {
  readonly place: Place
  readonly keys: Set<KeyType>[]
  readonly fields: Map<string, Field>
  readonly readers: Set<Selector>
  readonly writes: { readonly selector: Selector; readonly field: Field }[]
}

const WHOLE: Field = { offset: 0, bits: 256 }

/**
 * Variables by how they are reached and which bits of a word are used: a field is what is read by shift and mask, or written beside
 * bits that stay. A word without such is one variable.
 */
export function inferVariables(
  functions: readonly FunctionAnalysis[],
  values: Values,
  describer: Describer,
): Variable[] {
  const groups = new Map<string, Group>()
  for (const { selector, reads, writes } of functions) {
    for (const { place } of reads) if (place) groupOf(groups, place).readers.add(selector)
    for (const { place, field } of writes) {
      if (!place) continue
      const group = groupOf(groups, place)
      group.writes.push({ selector, field })
      if (field.bits > 0 && field.bits < 256) addField(group, field)
    }
  }
  for (const { slot, field } of fieldsRead(values)) {
    const place = describer.place(slot)
    if (place) addField(groupOf(groups, place), field)
  }
  return [...groups.values()].flatMap(toVariables).sort(byPlace)
}

function groupOf(groups: Map<string, Group>, place: Place): Group {
  const key = `${place.slot}${shapeOf(place)}`
  const group = groups.get(key) ?? { place, keys: [], fields: new Map(), readers: new Set(), writes: [] }
  groups.set(key, group)
  const keys = place.path.flatMap((step) => (step.kind === 'key' ? [step.type] : []))
  for (const [i, type] of keys.entries()) {
    group.keys[i] ??= new Set()
    group.keys[i].add(type)
  }
  return group
}

function addField({ fields }: Group, field: Field): void {
  fields.set(`${field.offset},${field.bits}`, field)
}

function shapeOf({ path }: Place): string {
  return path
    .map((step) => (step.kind === 'member' ? `.${step.offset}` : step.kind === 'key' ? '[key]' : '[]'))
    .join('')
}

/** Fields taken out of storage words, the outermost of a chain of masks and shifts. */
function fieldsRead(values: Values): { readonly slot: Value; readonly field: Field }[] {
  const inner = new Set<Value>()
  const found = new Map<Value, { slot: Value; field: Field }>()
  for (let value = 0; value < values.count; value++) {
    const term = values.term(value)
    if (term.kind !== 'operation') continue
    const { word, shift, bits } = fieldOf(values, value)
    const source = values.term(word)
    if (word === value || source.kind !== 'storage') continue
    for (const arg of term.args) inner.add(arg)
    if (bits < 256) found.set(value, { slot: source.slot, field: { offset: shift, bits } })
  }
  return [...found].filter(([value]) => !inner.has(value)).map(([, field]) => field)
}

function toVariables(group: Group): Variable[] {
  const fields = group.fields.size > 0 ? [...group.fields.values()] : [WHOLE]
  const { place, keys, readers, writes } = group
  return fields
    .sort((a, b) => a.offset - b.offset || a.bits - b.bits)
    .map((field) => ({
      slot: place.slot,
      kind: kindOf(place),
      shape: shapeOf(place),
      keys: keys.map((types) => [...types].sort()),
      field,
      readers: [...readers].sort(),
      writers: [
        ...new Set(writes.filter((write) => overlap(write.field, field)).map(({ selector }) => selector)),
      ].sort(),
    }))
}

function kindOf({ path }: Place): Variable['kind'] {
  const kinds = new Set(path.map(({ kind }) => kind))
  if (kinds.size === 0) return 'value'
  if (kinds.size > 1 || kinds.has('member')) return 'compound'
  return kinds.has('key') ? 'mapping' : 'array'
}

const overlap = (a: Field, b: Field): boolean => a.offset < b.offset + b.bits && b.offset < a.offset + a.bits

function byPlace(a: Variable, b: Variable): number {
  const [x, y] = [BigInt(a.slot), BigInt(b.slot)]
  if (x !== y) return x < y ? -1 : 1
  return a.shape === b.shape ? a.field.offset - b.field.offset : a.shape < b.shape ? -1 : 1
}
