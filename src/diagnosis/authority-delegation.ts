import { type CallSite, Taint } from '../chain/types.ts'
import { type Address, ZERO_ADDRESS } from '../core/hex.ts'
import { OP } from '../evm/opcodes.ts'
import { wordBefore } from './authority-state.ts'
import {
  codeSite,
  type Diagnoser,
  distinct,
  type Evidence,
  entryOf,
  functionOf,
  type ObservedExecution,
  observed,
} from './evidence.ts'
import { addressOf, and, codeSize, constant, equal, load, not, or, stack } from './expressions.ts'
import { entryFor, type MappingEntry, mappingEntry, slotFor } from './learn/entries.ts'
import type { CodeSite, Diagnosis, Expression, Invariant } from './types.ts'

/** Code of the caller's choice that ran on a contract's storage. */
interface Delegation extends CodeSite {
  readonly execution: ObservedExecution
  readonly call: CallSite
  readonly context: Address
  readonly runs: Address
}

/** DELEGATECALL finds gas on top of the stack and the target below. */
const TARGET = addressOf(stack(1))
/** Targets that are told one by one. */
const MOST = 6
/** Mappings tried as lists of what may be run. */
const LISTS = 4

/**
 * A contract ran code its caller had named on its own storage, code that no benign call ever named. Where the contract keeps a list that holds what
 * benign calls named (whoever may write it), only what is on it may run; else only what was named before.
 *
 * An account without code may be named as before: running it does nothing.
 *
 * Failure modes: another mapping that happens to hold the known targets is taken for the list (history shows when it misses one); by the
 * fixed list nothing new can be added without another patch.
 */
export const diagnoseDelegation: Diagnoser = (evidence) => {
  const benign = delegations(evidence.history, evidence)
  const usual = new Set(benign.map(({ runs }) => runs))
  const strange = delegations(evidence.attack, evidence).filter(({ runs }) => !usual.has(runs))
  return distinct(strange, ({ code, pc }) => `${code}:${pc}`).flatMap((delegation) => {
    const own = benign.filter(({ context }) => context === delegation.context)
    const runs = [...new Set(own.map((one) => one.runs))]
    return runs.length > 0 ? [toDiagnosis(evidence, delegation, own)] : []
  })
}

function delegations(executions: Evidence['history'], { protection }: Evidence): Delegation[] {
  return observed(executions).flatMap((execution) =>
    execution.observation.calls.flatMap((call) => {
      const { context, reverted } = execution.frames[call.frame]!
      const isDelegation = call.opcode === OP.DELEGATECALL || call.opcode === OP.CALLCODE
      const chosen = (call.targetOrigin?.taint ?? 0) & Taint.calldata
      if (!isDelegation || !chosen || reverted || call.child === null || !protection.contracts.has(context))
        return []
      return [
        { ...codeSite(execution, call), execution, call, context, runs: execution.frames[call.child]!.code },
      ]
    }),
  )
}

function toDiagnosis(evidence: Evidence, delegation: Delegation, benign: readonly Delegation[]): Diagnosis {
  const { execution, call, pc, runs } = delegation
  const fn = functionOf(execution, entryOf(execution, execution.frames[call.frame]!))
  const sites = distinct(
    [delegation, ...benign].map((one): CodeSite => ({ code: one.code, pc: one.pc })),
    (site) => `${site.code}:${site.pc}`,
  )
  const refuse = (name: string, allowed: Expression, note: string): Invariant => ({
    name,
    rules: sites.map((site) => ({
      place: { at: 'instruction', ...site },
      refuse: and(not(not(codeSize(TARGET))), not(allowed)),
    })),
    notes: [note],
  })
  const lists = listsOf(evidence, delegation, benign).map((list) =>
    refuse(
      'runs-listed-code',
      load(entryFor(TARGET, list)),
      `only code with an entry in the mapping at slot 0x${list.base.toString(16)} can be run`,
    ),
  )
  const known = [...new Set(benign.map((one) => one.runs))].slice(0, MOST)
  const fixed = refuse(
    'runs-known-code',
    known.map((account) => equal(TARGET, constant(BigInt(account)))).reduce(or),
    `only ${known.join(', ')} can be run`,
  )
  return {
    class: 'access-control',
    target: fn.target,
    code: fn.code,
    selector: fn.selector,
    pc,
    slots: [],
    confidence: 0.9,
    mechanism: { class: 'logic', invariants: [...lists, fixed] },
    summary: `${fn.selector} of ${fn.target} ran ${runs} on its own storage because its caller named it`,
    evidence: { ran: runs, known },
  }
}

/** Mappings by account that hold something for targets of benign calls, and nothing that is known for what the attack ran. */
function listsOf(
  evidence: Evidence,
  { context, runs, execution }: Delegation,
  benign: readonly Delegation[],
): MappingEntry[] {
  const entries = observed([...evidence.history, ...evidence.probes]).flatMap(({ observation }) =>
    observation.accesses
      .filter((access) => access.address === context && !access.transient)
      .flatMap(({ slotOrigin }) => mappingEntry(slotOrigin) ?? []),
  )
  const holds = (list: MappingEntry, account: Address, at: ObservedExecution) => {
    const word = wordBefore(evidence, at, { address: context, slot: slotFor(BigInt(account), list) })
    return word === null ? null : word !== 0n
  }
  return distinct(entries, ({ base, order }) => `${base}:${order}`)
    .filter((list) => {
      const known = benign
        .filter((one) => one.runs !== ZERO_ADDRESS)
        .map((one) => holds(list, one.runs, one.execution))
      return known.includes(true) && !known.includes(false) && holds(list, runs, execution) !== true
    })
    .slice(0, LISTS)
}
