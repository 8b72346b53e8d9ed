import type { Hex } from '../../core/hex.ts'
import type { Analysis, Field, FunctionAnalysis, StorageWrite } from '../../evm/analysis/types.ts'

/** A variable in a fixed slot that a function sets to one of its arguments. */
export interface Parameter {
  readonly slot: bigint
  /** The bits of the slot's word that hold it. */
  readonly field: Field
  /** Position of the argument, in words from the first on. */
  readonly argument: number
}

/** A function by which whoever is trusted sets parameters. */
export interface Setter {
  readonly selector: Hex
  readonly parameters: readonly Parameter[]
}

const SELECTOR = 4
const WORD = 32
/** Arguments further behind belong to no setter of plain variables. */
const MOST_ARGUMENTS = 8
/** An address. What an account is for is not a matter of more or less. */
const ADDRESS_BITS = 160

/**
 * The functions that set a variable in one of the `slots` to an argument and to which authority alone comes: every way to each of their
 * writes of variables passes a check of the caller.
 *
 * Left out: mappings and arrays (which entry is meant is not known), values computed from several arguments, and fields of 160 bits.
 * A function that was not followed to its end counts as open. A number of exactly 160 bits is taken for an address.
 */
export function findSetters(
  { functions }: Pick<Analysis, 'functions'>,
  slots: ReadonlySet<bigint>,
): Setter[] {
  return functions.flatMap(({ selector, writes }) => {
    if (!isSelector(selector)) return []
    const parameters = writes.flatMap(parametersOf)
    const distinct = parameters.filter(
      (one, at) => parameters.findIndex((other) => isSame(one, other)) === at,
    )
    return distinct.some(({ slot }) => slots.has(slot)) ? [{ selector, parameters: distinct }] : []
  })
}

/** How many functions read a slot: whom another value concerns. */
export function countReaders({ functions }: Pick<Analysis, 'functions'>, slot: bigint): number {
  return functions.filter(({ reads }) =>
    reads.some(({ place }) => place !== null && BigInt(place.slot) === slot && place.path.length === 0),
  ).length
}

/** Functions that have code behind a check of the caller: who used them may be trusted. */
export function protectedSelectors({ functions }: Pick<Analysis, 'functions'>): Hex[] {
  return functions.flatMap(({ selector, blocks }) =>
    isSelector(selector) && [...blocks.values()].includes('authority') ? [selector] : [],
  )
}

/** The value a parameter has in a word of storage. */
export function valueIn(word: bigint, { offset, bits }: Field): bigint {
  return (word >> BigInt(offset)) & highestOf({ bits })
}

/** The largest value a parameter can hold. */
export function highestOf({ bits }: Pick<Field, 'bits'>): bigint {
  return (1n << BigInt(bits)) - 1n
}

function parametersOf({ place, arguments: parts, guard }: StorageWrite): Parameter[] {
  if (guard.protection !== 'authority' || place === null || place.path.length > 0) return []
  return parts.flatMap(({ offset, field }) => {
    const behind = offset - SELECTOR
    if (field.bits === 0 || field.bits === ADDRESS_BITS) return []
    if (behind < 0 || behind % WORD !== 0 || behind / WORD >= MOST_ARGUMENTS) return []
    return { slot: BigInt(place.slot), field, argument: behind / WORD }
  })
}

const isSelector = (selector: FunctionAnalysis['selector']): selector is Hex => selector.startsWith('0x')

const isSame = (a: Parameter, b: Parameter): boolean => a.slot === b.slot && a.field.offset === b.field.offset
