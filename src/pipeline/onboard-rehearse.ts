import type { BlockContext, RunSequence, SequenceResult, StateOverride, Step } from '../chain/types.ts'
import type { Address, Hex } from '../core/hex.ts'
import type { Batch, BatchCall } from '../governance/batches/types.ts'
import { explainRevert } from './explain-revert.ts'

/** Below the 16,777,216 a transaction may use (EIP-7825). */
const GAS = 16_000_000n

/** The first call of a sequence that would fail. */
export interface FailedCall {
  readonly call: BatchCall
  /** In the words of the contract that refused. */
  readonly reason: string
}

export interface Rehearsal {
  readonly failed: FailedCall | null
  /** Gas of each call, without what a Safe or a timelock adds. */
  readonly gas: readonly bigint[]
  /** Everything the calls changed, for what is tried next. */
  readonly state: StateOverride
}

export interface Stage {
  readonly run: RunSequence
  readonly block: BlockContext
}

/** Makes the calls of batches in their order, each from its sender, on one state; nothing is changed on the node. */
export async function rehearse(
  { run, block }: Stage,
  batches: readonly Pick<Batch, 'calls'>[],
  state: StateOverride = {},
): Promise<Rehearsal> {
  const calls = batches.flatMap((batch) => batch.calls)
  const steps = calls.map((call) => stepOf(call, block))
  const { executions, state: after }: SequenceResult = await run({ steps, state })
  const index = executions.findIndex(({ status }) => status !== 'success')
  const failed = index < 0 ? null : { call: calls[index]!, reason: explainRevert(executions[index]!) }
  return { failed, gas: executions.map(({ gasUsed }) => gasUsed), state: after }
}

export interface Probe {
  readonly from: Address
  readonly to: Address
  readonly data: Hex
}

/** One call on a state: what it returned, or why it failed. */
export async function probe(
  { run, block }: Stage,
  call: Probe,
  state: StateOverride,
): Promise<{ readonly succeeded: boolean; readonly gasUsed: bigint; readonly output: Hex }> {
  const { executions } = await run({ steps: [stepOf(call, block)], state })
  const { status, gasUsed, output } = executions[0]!
  return { succeeded: status === 'success', gasUsed, output }
}

function stepOf({ from, to, data }: Probe, block: BlockContext): Step {
  return { transaction: { from, to, data, value: 0n, gas: GAS }, block }
}
