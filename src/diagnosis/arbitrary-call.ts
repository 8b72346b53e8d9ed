import { type CallSite, type Frame, Taint } from '../chain/types.ts'
import { type Address, addressOfWord, bytesOf } from '../core/hex.ts'
import { wordAt } from '../evm/words.ts'
import {
  codeSite,
  type Diagnoser,
  distinct,
  type Evidence,
  functionOf,
  type ObservedExecution,
  observed,
} from './evidence.ts'
import { diagnoseComposedCalls } from './target-calls.ts'
import type { CodeSite, Diagnosis } from './types.ts'

/** transferFrom(address,address,uint256) of ERC-20 and ERC-721; the guard knows the same one. */
const TRANSFER_FROM = '0x23b872dd'

interface Pull {
  readonly execution: ObservedExecution
  readonly site: CallSite
  readonly frame: Frame
  readonly victim: Address
}

/**
 * A protected contract spends an allowance that somebody else gave it, because the caller chose whose: `transferFrom(victim, …)`
 * where the victim is not the caller, not the transaction's sender, not the contract itself, and comes from calldata. Aggregators,
 * zappers, bridges and unverified swap callbacks are lost this way.
 *
 * Failure mode: a legitimate relayed payment (permit, meta-transaction) has the same shape; history shows it as benign by the same
 * call site having pulled from third parties before.
 */
export const diagnoseArbitraryCall: Diagnoser = (evidence) => [
  ...diagnosePulls(evidence),
  ...diagnoseComposedCalls(evidence),
]

function diagnosePulls({ attack, history }: Evidence): Diagnosis[] {
  const usual = new Set(findPulls(observed(history)).map(siteKey))
  const pulls = findPulls(observed(attack)).filter((pull) => !usual.has(siteKey(pull)))
  const first = pulls[0]
  if (!first) return []
  const calls: CodeSite[] = distinct(
    pulls.map(({ execution, site }) => codeSite(execution, site)),
    ({ code, pc }) => `${code}:${pc}`,
  )
  const { target, selector } = functionOf(first.execution, first.frame)
  const victims = new Set(pulls.map(({ victim }) => victim))
  const diagnosis: Diagnosis = {
    class: 'arbitrary-call',
    target,
    code: calls[0]!.code,
    selector,
    pc: calls[0]!.pc,
    slots: [],
    confidence: 0.9,
    mechanism: { class: 'arbitrary-call', calls },
    summary: `${selector} of ${target} spends allowances of accounts its caller names: transferFrom at pc ${calls[0]!.pc} pulled from ${victims.size} account(s) that took no part`,
    evidence: { pulls: pulls.length, victims: [...victims].slice(0, 16) },
  }
  return [diagnosis]
}

const siteKey = ({ execution, site }: Pull): string => {
  const { code, pc } = codeSite(execution, site)
  return `${code}:${pc}`
}

function findPulls(executions: readonly ObservedExecution[]): Pull[] {
  return executions.flatMap((execution) =>
    execution.observation.calls.flatMap((site) => {
      const pull = pullAt(execution, site)
      return pull ? [pull] : []
    }),
  )
}

function pullAt(execution: ObservedExecution, site: CallSite): Pull | null {
  if (site.child === null || !site.succeeded) return null
  const child = execution.frames[site.child]!
  if (child.selector !== TRANSFER_FROM || child.input.length < 2 + 2 * 68 || child.reverted) return null
  const frame = execution.frames[site.frame]!
  const victim = addressOfWord(wordAt(bytesOf(child.input), 4))
  if ([frame.caller, frame.context, execution.transaction.from].includes(victim)) return null
  const chosen = site.inputOrigins?.[1]
  if (!chosen || (chosen.taint & Taint.calldata) === 0) return null
  return { execution, site, frame, victim }
}
