import type { CallSite } from '../chain/types.ts'
import { bytesOf } from '../core/hex.ts'
import { OP } from '../evm/opcodes.ts'
import { wordAt } from '../evm/words.ts'
import {
  accessesOf,
  activationOf,
  codeSite,
  type Diagnoser,
  distinct,
  entryOf,
  functionOf,
  type ObservedExecution,
  observed,
} from './evidence.ts'
import type { CodeSite, Diagnosis } from './types.ts'

/** transfer and transferFrom: the calls whose `false` means that nothing moved. */
const TRANSFERS: ReadonlySet<string> = new Set(['0xa9059cbb', '0x23b872dd'])

interface Ignored {
  readonly execution: ObservedExecution
  readonly site: CallSite
  readonly how: 'failed' | 'returned-false'
}

/**
 * Unchecked calls: a call of a protected function failed (or a token transfer answered `false`), no jump of that function asked, and
 * the function went on to write state as if it had worked.
 *
 * Failure mode: a payment that may fail by design (pull-payment fall-backs, best-effort notifications) has the same shape; history in
 * which the same site failed and was ignored shows it as intended.
 */
export const diagnoseUncheckedCall: Diagnoser = ({ attack, history }) => {
  const usual = new Set(findIgnored(observed(history)).map(siteKey))
  const ignored = findIgnored(observed(attack)).filter((item) => !usual.has(siteKey(item)))
  const first = ignored[0]
  if (!first) return []
  const calls: (CodeSite & { how: Ignored['how'] })[] = distinct(
    ignored.map(({ execution, site, how }) => ({ ...codeSite(execution, site), how })),
    ({ code, pc }) => `${code}:${pc}`,
  )
  const { target, selector } = functionOf(first.execution, first.execution.frames[first.site.frame]!)
  const diagnosis: Diagnosis = {
    class: 'unchecked-call',
    target,
    code: calls[0]!.code,
    selector,
    pc: first.site.pc,
    slots: [],
    confidence: 0.9,
    mechanism: { class: 'unchecked-call', calls },
    summary: `${selector} of ${target} went on after the call at pc ${first.site.pc} ${first.how === 'failed' ? 'had failed' : 'had answered false'}`,
    evidence: { sites: calls.map(({ pc, how }) => ({ pc, how })) },
  }
  return [diagnosis]
}

const siteKey = ({ execution, site }: Ignored): string => {
  const { code, pc } = codeSite(execution, site)
  return `${code}:${pc}`
}

function findIgnored(executions: readonly ObservedExecution[]): Ignored[] {
  return executions.flatMap((execution) =>
    execution.observation.calls.flatMap((site): Ignored[] => {
      const how = howIgnored(execution, site)
      return how && wroteAfter(execution, site) ? [{ execution, site, how }] : []
    }),
  )
}

function howIgnored(execution: ObservedExecution, site: CallSite): Ignored['how'] | null {
  if (
    execution.frames[site.frame]!.reverted ||
    site.opcode === OP.STATICCALL ||
    site.opcode === OP.DELEGATECALL
  )
    return null
  if (!site.succeeded) return site.successChecked ? null : 'failed'
  if (site.child === null) return null
  const { selector, output } = execution.frames[site.child]!
  const answeredFalse = TRANSFERS.has(selector) && output.length === 66 && wordAt(bytesOf(output), 0) === 0n
  return answeredFalse ? 'returned-false' : null
}

/** Whether the function that made the call wrote storage before or after it: an ignored failure with no state at stake harms nobody. */
function wroteAfter(execution: ObservedExecution, site: CallSite): boolean {
  const entry = entryOf(execution, execution.frames[site.frame]!)
  return accessesOf(execution, activationOf(execution, entry)).some(
    ({ kind, transient }) => kind === 'write' && !transient,
  )
}
