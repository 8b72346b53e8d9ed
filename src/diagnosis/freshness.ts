import type { Origin, StorageAccess } from '../chain/types.ts'
import { accessesOf, distinct, type Evidence, observed, ofFrames } from './evidence.ts'
import { and, blockNumber, constant, equal, not, origin, recall, selectorIs, stack } from './expressions.ts'
import { functionsRunning } from './functions-running.ts'
import { type Call, type CalledFunction, writesOf } from './learn/calls.ts'
import { visitOrigin } from './origins.ts'
import { variableKey } from './slots.ts'
import type { Expression, Invariant, Rule } from './types.ts'

/** A call that used a value in the block in which another call had written it. */
export interface FreshUse {
  readonly first: CalledFunction
  readonly writer: Call
  readonly write: StorageAccess
  readonly second: CalledFunction
  readonly user: Call
  readonly read: StorageAccess
}

export type Side = 'hostile' | 'benign'

const SLOT = stack(0)
/** Marks for the block of a write and for its sender. */
const WRITTEN_IN = 0
const WRITTEN_BY = 1
/** Places at which one variable is written that are watched at most. */
const WRITERS = 8

/** Each value a call read that an earlier call of the same block had written to the same contract. */
export function freshUses(evidence: Evidence, functions: readonly CalledFunction[], side: Side): FreshUse[] {
  return functions.flatMap((second) =>
    second[side].flatMap((user) => {
      const reads = readsOf(user)
      return functions
        .filter(({ ref }) => ref.target === second.ref.target)
        .flatMap((first) =>
          first[side]
            .filter((writer) => isEarlier(evidence, writer, user))
            .flatMap((writer) =>
              writesOf(writer).flatMap((write): FreshUse[] => {
                const read = reads.get(`${write.address}:${write.slot}`)
                return read?.value === write.value ? [{ first, writer, write, second, user, read }] : []
              }),
            ),
        )
    }),
  )
}

/** Whether a call came before another in the same block. */
export function isEarlier({ history, attack }: Evidence, writer: Call, user: Call): boolean {
  if (writer.block !== user.block) return false
  if (writer.execution === user.execution) return writer.entry.index < user.entry.index
  const executions = attack.includes(user.execution) ? attack : history
  return executions.indexOf(writer.execution) < executions.indexOf(user.execution)
}

/** The first reading of each slot in a call, before the call itself wrote there. */
function readsOf({ execution, activation }: Call): Map<string, StorageAccess> {
  const first = new Map<string, StorageAccess>()
  for (const access of accessesOf(execution, activation)) {
    const key = `${access.address}:${access.slot}`
    if (!access.transient && !first.has(key)) first.set(key, access)
  }
  return new Map([...first].filter(([, { kind }]) => kind === 'read'))
}

/** Storage nodes of everything a call stored, paid, handed on or, if asked for, decided by. */
export function valuesUsed(
  { execution, activation }: Call,
  options: { readonly decisions: boolean },
): Set<string> {
  const seen = new Set<Origin>()
  const used = (value: Origin | undefined) => value && visitOrigin(value, seen, () => undefined)
  for (const { kind, valueOrigin } of accessesOf(execution, activation))
    if (kind === 'write') used(valueOrigin)
  for (const { targetOrigin, valueOrigin, inputOrigins } of ofFrames(
    execution.observation.calls,
    activation,
  )) {
    used(targetOrigin)
    used(valueOrigin)
    for (const input of inputOrigins?.slice(1) ?? []) used(input)
  }
  if (options.decisions)
    for (const { condition } of ofFrames(execution.observation.branches, activation)) used(condition)
  return new Set([...seen].flatMap((node) => (node.op === 'storage' ? [`${node.address}:${node.slot}`] : [])))
}

interface SettledOptions {
  /** Only what another sender wrote counts. */
  readonly byAnother: boolean
}

/**
 * What is used must have been written in an earlier block: every write of the variable notes the block, and a use in the same block is refused,
 * where the variable is read or, for a variable of its own, where the functions are entered.
 */
export function settledBeforeUse(
  evidence: Evidence,
  use: FreshUse,
  { byAnother }: SettledOptions,
): Invariant[] {
  const { read, user, second } = use
  const { code } = user.execution.frames[read.frame]!
  const users = functionsRunning(evidence, { execution: user.execution, frame: read.frame, pc: read.pc })
  const notes = [
    `${second.ref.selector} is refused in the block in which ${byAnother ? 'another sender' : 'somebody'} changed what it uses`,
  ]
  const writers = writerRules(evidence, use, byAnother)
  const refused = (key: Expression) => {
    const now = equal(recall(key, WRITTEN_IN), blockNumber)
    return byAnother ? and(now, not(equal(recall(key, WRITTEN_BY), origin))) : now
  }
  const only = users.length > 0 ? users : [second.ref.selector]
  const atRead: Invariant = {
    name: 'settled-before-use',
    rules: [
      {
        place: { at: 'instruction', code, pc: read.pc },
        refuse: and(
          only.map(selectorIs).reduce((a, b) => ({ op: 'or', a, b })),
          refused(SLOT),
        ),
      },
      ...writers,
    ],
    notes,
  }
  if (read.slotOrigin?.op !== 'constant') return [atRead]
  const atEntry: Invariant = {
    name: 'settled-before-entry',
    rules: [{ place: { at: 'entry', ...second.ref }, refuse: refused(constant(read.slot)) }, ...writers],
    notes,
  }
  return [atRead, atEntry]
}

/** Every place that was seen to write the variable or, in a mapping, any entry of it; but not where the using function does so. */
function writerRules(evidence: Evidence, { write, user, writer }: FreshUse, byAnother: boolean): Rule[] {
  const variable = variableKey(write)
  const own = new Set(accessesOf(user.execution, user.activation).map(({ pc }) => pc))
  const sites = observed([...evidence.attack, ...evidence.history]).flatMap(({ observation, frames }) =>
    observation.accesses
      .filter((access) => access.kind === 'write' && variableKey(access) === variable && !own.has(access.pc))
      .map(({ frame, pc }) => ({ at: 'instruction' as const, code: frames[frame]!.code, pc })),
  )
  const first = { at: 'instruction' as const, code: writer.execution.frames[write.frame]!.code, pc: write.pc }
  return distinct([first, ...sites], ({ code, pc }) => `${code}:${pc}`)
    .slice(0, WRITERS)
    .flatMap((place): Rule[] => [
      { place, note: { value: blockNumber, key: SLOT, mark: WRITTEN_IN } },
      ...(byAnother ? [{ place, note: { value: origin, key: SLOT, mark: WRITTEN_BY } }] : []),
    ])
}
