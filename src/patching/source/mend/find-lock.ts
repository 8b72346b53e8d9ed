import {
  type ModifierDefinition,
  PlaceholderStatement,
  type Statement,
  type VariableDeclaration,
} from 'solc-typed-ast'
import { mentions, stateVariablesIn, writtenIn } from '../call-graph.ts'
import type { Edit } from '../edit.ts'
import { type Program, textOf } from '../program.ts'

/** A lock as statements of the source. */
export interface Lock {
  /** Name of the modifier. */
  readonly name: string
  /** Refuses while it is held. */
  readonly check: string
  readonly take: string
  readonly release: string
  /** What declares it; empty where it is there already. */
  readonly edits: readonly Edit[]
}

/**
 * A modifier of the contract that is a lock: before the function's body it asks for one variable and sets it, behind the body it sets it back, and
 * who calls does not matter. Null where it has none, or has one that keeps its state elsewhere (in assembly, in a library).
 */
export function findLock(program: Program): (Lock & { readonly modifier: ModifierDefinition }) | null {
  const modifiers = program.contract.vLinearizedBaseContracts.flatMap(({ vModifiers }) => vModifiers)
  for (const modifier of modifiers) {
    const parts = partsOf(modifier)
    if (!parts) continue
    const [check, take] = parts.before
    const [release] = parts.after
    const text = (statement: Statement) => `${textOf(program, statement).replace(/;$/, '')};`
    return {
      modifier,
      name: modifier.name,
      check: text(check!),
      take: text(take!),
      release: text(release!),
      edits: [],
    }
  }
  return null
}

function partsOf(
  modifier: ModifierDefinition,
): { before: readonly Statement[]; after: readonly Statement[] } | null {
  const statements = (modifier.vBody?.vStatements ?? []) as readonly Statement[]
  const middle = statements.findIndex((each) => each instanceof PlaceholderStatement)
  const [before, after] = [statements.slice(0, middle), statements.slice(middle + 1)]
  if (middle < 0 || before.length !== 2 || after.length !== 1) return null
  if (modifier.vParameters.vParameters.length > 0 || mentions(modifier, 'msg', 'sender')) return null
  const asked = only(stateVariablesIn(before[0]!))
  const same = asked !== null && only(writtenIn(before[1]!)) === asked && only(writtenIn(after[0]!)) === asked
  return same && writtenIn(before[0]!).size === 0 ? { before, after } : null
}

const only = (variables: ReadonlySet<VariableDeclaration>): VariableDeclaration | null =>
  variables.size === 1 ? [...variables][0]! : null
