import type { Execution } from '../chain/types.ts'
import { canonicalJson, type Json } from '../core/json.ts'
import { effectOf, isReserved, wasRestricted } from './effects.ts'
import type { ReservedSlots } from './types.ts'

/** The first field in which two executions differ. */
export interface Difference {
  /** e.g. `status`, `logs.2.data`, `accounts.0x….storage.0x….after`. */
  readonly field: string
  readonly original: string
  readonly patched: string
}

const ORDER = ['status', 'output', 'logs', 'transfers', 'created', 'accounts'] as const
const SHOWN = 90

/**
 * Compares what two executions did, field by field. Gas is not compared. A transaction that fails on both sides is alike as well when
 * on the patched side a guard refused it: nothing that used to work is lost.
 */
export function compareExecutions(
  original: Execution,
  patched: Execution,
  reserved: readonly ReservedSlots[],
): Difference | null {
  const left = findLocked(patched, reserved)
  if (left) return left
  const a = effectOf(original, reserved) as Record<string, Json>
  const b = effectOf(patched, reserved) as Record<string, Json>
  if (original.status !== 'success' && patched.status !== 'success' && wasRestricted(patched)) return null
  for (const field of ORDER) {
    const difference = firstDifference(a[field], b[field], field)
    if (difference) return difference
  }
  return null
}

export function describeDifference({ field, original, patched }: Difference): string {
  return `${field}: ${original} on the original, ${patched} on the patched`
}

/** A lock that outlives the transaction that took it would refuse everybody from then on. */
function findLocked({ diff }: Execution, reserved: readonly ReservedSlots[]): Difference | null {
  for (const [address, { storage }] of Object.entries(diff)) {
    for (const [slot, { after }] of Object.entries(storage)) {
      if (!isReserved(slot, reserved)) continue
      const { free } = reserved.find(({ prefix }) => slot.startsWith(prefix))!
      if (free !== null && !free.includes(after))
        return {
          field: `accounts.${address}.storage.${slot}.after`,
          original: 'free',
          patched: `locked (${after})`,
        }
    }
  }
  return null
}

function firstDifference(a: Json | undefined, b: Json | undefined, path: string): Difference | null {
  if (a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b)) return null
  if (!isContainer(a) || !isContainer(b)) {
    if (a === undefined && b === undefined) return null
    return { field: path, original: show(a), patched: show(b) }
  }
  const left = a as Readonly<Record<string, Json>>
  const right = b as Readonly<Record<string, Json>>
  for (const key of [...new Set([...Object.keys(left), ...Object.keys(right)])].sort(byPosition)) {
    const difference = firstDifference(left[key], right[key], `${path}.${key}`)
    if (difference) return difference
  }
  return null
}

/** Array positions by number, names by code unit. */
function byPosition(a: string, b: string): number {
  const difference = Number(a) - Number(b)
  if (Number.isInteger(difference) && !a.startsWith('0x')) return difference
  return a < b ? -1 : 1
}

const isContainer = (value: Json | undefined): boolean => typeof value === 'object' && value !== null

function show(value: Json | undefined): string {
  if (value === undefined) return 'absent'
  const text = typeof value === 'string' ? value : canonicalJson(value)
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
}
