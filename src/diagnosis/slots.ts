import type { Origin, StorageAccess } from '../chain/types.ts'
import { OP } from '../evm/opcodes.ts'

/**
 * What a slot belongs to: the variable's own slot, or for an entry of a mapping or dynamic array the slot the variable is declared
 * at. Solidity derives entries by keccak256(key ‖ base) and keccak256(base) + index; Vyper hashes (base ‖ key).
 *
 * Failure mode: without provenance, or where the base was itself computed, the slot stands for itself.
 */
export function slotFamily({ slot, slotOrigin }: StorageAccess): bigint {
  return (slotOrigin && baseOf(slotOrigin)) ?? slot
}

/** Declared slots fit here: a constant beyond it is a hash of its own (ERC-1967, ERC-7201) and just as good a name. */
function baseOf(origin: Origin): bigint | null {
  if (origin.op === 'constant') return origin.value
  if (origin.op !== 'compute') return null
  if (origin.opcode === OP.KECCAK256) return baseOfHash(origin.inputs)
  // A struct member or an element: hash plus offset.
  if (origin.opcode === OP.ADD) return hashedBase(origin.inputs)
  return null
}

function baseOfHash(inputs: readonly Origin[]): bigint | null {
  const nested = inputs
    .map((input) => (input.op === 'compute' ? baseOf(input) : null))
    .find((base) => base !== null)
  if (nested !== undefined && nested !== null) return nested
  const constants = inputs.filter((input) => input.op === 'constant')
  // Solidity puts the base last, Vyper first; with one constant there is nothing to choose.
  return constants.at(-1)?.value ?? null
}

function hashedBase(inputs: readonly Origin[]): bigint | null {
  for (const input of inputs) {
    if (input.op === 'compute' && (input.opcode === OP.KECCAK256 || input.opcode === OP.ADD))
      return baseOf(input)
  }
  // keccak256(base) of a fixed base is a constant by itself; the first element's slot names the array.
  return inputs.find((input) => input.op === 'constant')?.value ?? null
}

/** Key of a slot family within an account. */
export const familyKey = (access: StorageAccess): string =>
  `${access.address}:${slotFamily(access).toString(16)}`

const SHAPE_DEPTH = 8

/**
 * Name of a variable within an account, whatever the keys: how its slot is computed, with everything that is no constant left open. Tells the
 * members of a struct in a mapping apart, and a list's length from its entries.
 */
export function variableKey({ address, slot, slotOrigin }: StorageAccess): string {
  return `${address}:${slotOrigin ? shapeOf(slotOrigin, SHAPE_DEPTH) : slot.toString(16)}`
}

function shapeOf(origin: Origin, depth: number): string {
  if (origin.op === 'constant') return origin.value.toString(16)
  if (origin.op !== 'compute' || depth === 0) return '*'
  return `${origin.opcode}(${origin.inputs.map((input) => shapeOf(input, depth - 1)).join()})`
}
