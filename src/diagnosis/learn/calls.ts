import type { Frame, StorageAccess } from '../../chain/types.ts'
import { type Address, bytesOf, type Hex } from '../../core/hex.ts'
import type { FunctionRef } from '../../detectors/types.ts'
import { wordAt } from '../../evm/words.ts'
import {
  accessesOf,
  activationOf,
  type Evidence,
  entries,
  functionOf,
  isBelow,
  type ObservedExecution,
  observed,
} from '../evidence.ts'
import type { Invariant } from '../types.ts'

/** One call of a protected function from outside of its contract, that went through. */
export interface Call {
  readonly execution: ObservedExecution
  readonly entry: Frame
  /** The frames that run in the contract's context as part of the call. */
  readonly activation: ReadonlySet<number>
  readonly caller: Address
  readonly origin: Address
  /** Argument words behind the selector, the first few. */
  readonly words: readonly bigint[]
  readonly block: bigint
}

/** A protected function the attack called, with every call of it that is known. */
export interface CalledFunction {
  readonly ref: FunctionRef & { readonly code: Address }
  readonly hostile: readonly Call[]
  readonly benign: readonly Call[]
}

const WORDS = 8
/** Calls of one function that are looked at; an attack repeats itself. */
const CALLS = 64

/**
 * The functions the attack called and that changed something, most recently entered last.
 *
 * Failure mode: what is reached only through the fallback function has no selector and is left out.
 */
export function calledFunctions(evidence: Evidence): readonly CalledFunction[] {
  const hostile = group(evidence, evidence.attack)
  const benign = group(evidence, evidence.history)
  return [...hostile].flatMap(([key, calls]) => {
    const first = calls[0]!
    const ref = functionOf(first.execution, first.entry)
    if (ref.selector.length !== 10 || !calls.some(changesState)) return []
    return [{ ref, hostile: calls, benign: benign.get(key) ?? [] }]
  })
}

/** Every call of protected functions there is evidence of. */
export interface Calls {
  readonly hostile: readonly Call[]
  readonly benign: readonly Call[]
}

export function allCalls(evidence: Evidence): Calls {
  const flatten = (executions: Evidence['attack']) => [...group(evidence, executions).values()].flat()
  return { hostile: flatten(evidence.attack), benign: flatten(evidence.history) }
}

function group(evidence: Evidence, executions: Evidence['attack']): Map<string, Call[]> {
  const groups = new Map<string, Call[]>()
  for (const execution of observed(executions)) {
    for (const entry of entries(execution, evidence.protection)) {
      if (entry.status !== 'success' || entry.reverted || entry.type === 'STATICCALL') continue
      const key = entry.context + entry.selector
      const calls = groups.get(key) ?? []
      groups.set(key, calls)
      if (calls.length < CALLS) calls.push(toCall(execution, entry))
    }
  }
  return groups
}

function toCall(execution: ObservedExecution, entry: Frame): Call {
  return {
    execution,
    entry,
    activation: activationOf(execution, entry),
    caller: entry.caller,
    origin: execution.transaction.from,
    words: argumentWords(entry.input),
    block: execution.block.number,
  }
}

function argumentWords(input: Hex): bigint[] {
  const bytes = bytesOf(input)
  const words: bigint[] = []
  for (let at = 4; at + 32 <= bytes.length && words.length < WORDS; at += 32) words.push(wordAt(bytes, at))
  return words
}

function changesState({ execution, entry }: Call): boolean {
  const { accesses } = execution.observation
  return (
    accesses.some(
      ({ kind, frame, value, previous }) =>
        kind === 'write' && value !== previous && isBelow(execution, execution.frames[frame]!, entry),
    ) || execution.transfers.some(({ frame }) => isBelow(execution, execution.frames[frame]!, entry))
  )
}

const writes = new WeakMap<Call, readonly StorageAccess[]>()

/** What a call wrote to its contract's storage, each value that changed. */
export function writesOf(call: Call): readonly StorageAccess[] {
  let found = writes.get(call)
  if (!found) {
    found = accessesOf(call.execution, call.activation).filter(
      ({ kind, transient, value, previous }) => kind === 'write' && !transient && value !== previous,
    )
    writes.set(call, found)
  }
  return found
}

/** Words that can be addresses, and are more than any amount. Fails for addresses that begin with four bytes of zeros. */
export const isAddressLike = (word: bigint): boolean => word >= 1n << 128n && word < 1n << 160n

/** Words that can be amounts: more than an index or a flag, less than "everything" markers. */
export const isAmountLike = (word: bigint): boolean => word > 0n && word < 1n << 128n

/** An invariant and how many calls, of benign users or within the attack, kept it though they might have broken it. */
export interface Learned {
  readonly invariant: Invariant
  readonly support: number
}

/** An invariant that is about more than one function, and a function that broke it. */
export interface Finding extends Learned {
  readonly ref: CalledFunction['ref']
}

export const refOf = ({ execution, entry }: Call): CalledFunction['ref'] => functionOf(execution, entry)

/** Of all calls of a function those a condition holds for. */
export function countCalls({ hostile, benign }: CalledFunction, holds: (call: Call) => boolean): number {
  return [...hostile, ...benign].filter(holds).length
}
