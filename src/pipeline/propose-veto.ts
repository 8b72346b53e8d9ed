import { decodeAbiParameters } from 'viem'
import { askAddress, askWord, encodeCall, tryCall } from '../chain/deployment/ask.ts'
import { readAccount } from '../chain/deployment/read-account.ts'
import type { ChainView } from '../chain/deployment/types.ts'
import { readBlock } from '../chain/read-block.ts'
import { createSequenceRunner, createSimulator } from '../chain/simulate.ts'
import type { Block, Rpc } from '../chain/types.ts'
import { SutureError } from '../core/errors.ts'
import { type Address, type Hex, toQuantity } from '../core/hex.ts'
import { cancelCalls, toVetoBatch, type VetoBatch } from '../governance/batches/veto-batch.ts'
import { describeDuration, describeTime } from '../governance/describe-time.ts'
import { rehearse } from './onboard-rehearse.ts'

export interface VetoOptions {
  readonly rpc: Rpc
  readonly governor: Address
  /** null: the one the governor can veto at. */
  readonly timelock: Address | null
  readonly operations: readonly Hex[]
  /** For those who vote, after what is vetoed. */
  readonly reason?: string
}

/** Seconds since the epoch; estimates where the governor counts blocks. */
export interface VetoTimes {
  /** The moment whose votes count. */
  readonly snapshot: bigint
  /** The last moment for voting. */
  readonly deadline: bigint
  /** When the first of the operations can be executed; null where none waits. */
  readonly ready: bigint | null
  /** Whether the governor counts blocks. */
  readonly estimated: boolean
}

export interface Veto {
  readonly block: Block
  readonly governor: Address
  readonly timelock: Address
  readonly operations: readonly Hex[]
  readonly proposal: VetoBatch
  /** Whether it was proposed already. */
  readonly proposed: boolean
  readonly times: VetoTimes
  readonly notes: readonly string[]
  /** Why it would come to nothing; empty when it may be used. */
  readonly objections: readonly string[]
}

/** Less to spare, and one who votes late is too late. */
const LITTLE = 3_600n
/** Of a timelock: the time of an operation that is over. */
const DONE = 1n
const SAMPLE = 1_000n
const ENDED: ReadonlyMap<bigint, string> = new Map([
  [2n, 'was cancelled'],
  [3n, 'was defeated'],
  [6n, 'expired'],
  [7n, 'was executed'],
])

/**
 * A VetoGovernor's proposal to cancel operations of its timelock: whether the vote can still end before they may be executed, and
 * whether cancelling works, tried on a copy of the state. Sends nothing.
 *
 * @throws CONFIG_INVALID where there is no VetoGovernor, or one of another timelock.
 */
export async function planVeto(options: VetoOptions): Promise<Veto> {
  const { rpc, governor, operations, reason } = options
  const block = await readBlock(rpc, BigInt(await rpc.request<Hex>('eth_blockNumber')))
  const view: ChainView = { rpc, block: block.number }
  const timelock = await readTimelock(view, options)
  const named = operations.length === 1 ? 'operation' : 'operations'
  const description = `Veto of ${named} ${operations.join(', ')} of the timelock ${timelock}${reason ? `: ${reason}` : ''}`
  const veto = { governor, timelock, operations, description }
  const proposal = toVetoBatch(veto)
  const [states, vote, cancelling] = await Promise.all([
    Promise.all(operations.map((id) => readOperation(view, timelock, id))),
    readVote(view, block, { governor, proposalId: proposal.proposalId }),
    rehearse(stageOf(rpc, block), [{ calls: cancelCalls(veto) }]),
  ])
  const waiting = states.filter((at) => at > DONE).sort((a, b) => (a < b ? -1 : 1))
  const times = { ...vote.times, ready: waiting[0] ?? null }
  const failed = cancelling.failed && `${cancelling.failed.call.what} fails: ${cancelling.failed.reason}`
  return {
    ...{ block, governor, timelock, operations, proposal, proposed: vote.proposed, times },
    notes: [...(await describeNeeds(view, governor)), ...littleTime(times, block.timestamp)],
    objections: [
      ...operations.flatMap((id, index) => objectTo(id, states[index]!)),
      ...(failed ? [failed] : []),
      ...(vote.ended ? [`the same proposal ${vote.ended}: make another with --reason`] : []),
      ...tooLate(times, block.timestamp),
    ],
  }
}

async function readTimelock(view: ChainView, { governor, timelock }: VetoOptions): Promise<Address> {
  const [{ kind }, own] = await Promise.all([
    readAccount(view, governor),
    askAddress(view, governor, 'timelock()'),
  ])
  if (kind !== 'governor' || own === null)
    throw invalid('--veto-governor', governor, 'give the address of a VetoGovernor of this chain')
  if (timelock === null || timelock === own) return own
  throw invalid('--veto-governor', governor, `it vetoes at ${own}; the operation is one of ${timelock}`)
}

/** 0 where the timelock does not know it, 1 where it was executed, else when it can be. */
const readOperation = async (view: ChainView, timelock: Address, id: Hex): Promise<bigint> =>
  (await askWord(view, timelock, 'getTimestamp(bytes32)', [id])) ?? 0n

const stageOf = (rpc: Rpc, block: Block) => ({
  run: createSequenceRunner(createSimulator(rpc, { at: block.number })),
  block: { ...block, number: block.number + 1n, timestamp: block.timestamp + 12n },
})

interface Vote {
  readonly proposed: boolean
  /** How it ended, where nothing comes of it any more. */
  readonly ended: string | null
  readonly times: Omit<VetoTimes, 'ready'>
}

/** When the vote begins and ends: as it is if it was proposed, else as if it were proposed in the next block. */
async function readVote(
  view: ChainView,
  block: Block,
  { governor, proposalId }: { readonly governor: Address; readonly proposalId: Hex },
): Promise<Vote> {
  const ask = (signature: string, args: readonly unknown[] = []) => askWord(view, governor, signature, args)
  const [clock, delay, period, mode, known] = await Promise.all([
    ask('clock()'),
    ask('votingDelay()'),
    ask('votingPeriod()'),
    tryCall(view, { to: governor, data: encodeCall('CLOCK_MODE()') }),
    ask('proposalSnapshot(uint256)', [BigInt(proposalId)]),
  ])
  if (clock === null || delay === null || period === null || mode === null)
    throw invalid('--veto-governor', governor, 'give the address of a Governor with a clock (ERC-6372)')
  const estimated = !decodeAbiParameters([{ type: 'string' }], mode)[0].includes('timestamp')
  const milliseconds = estimated ? await readBlockTime(view, block) : 1_000n
  const timeOf = (tick: bigint) => block.timestamp + ((tick - clock) * milliseconds) / 1_000n
  const proposed = known !== null && known > 0n
  const snapshot = proposed ? known : clock + (estimated ? 1n : 12n) + delay
  const asked = proposed ? await ask('proposalDeadline(uint256)', [BigInt(proposalId)]) : null
  const state = proposed ? await ask('state(uint256)', [BigInt(proposalId)]) : null
  return {
    proposed,
    ended: state === null ? null : (ENDED.get(state) ?? null),
    times: { snapshot: timeOf(snapshot), deadline: timeOf(asked ?? snapshot + period), estimated },
  }
}

/** Milliseconds from block to block, of late. */
async function readBlockTime({ rpc }: ChainView, { number, timestamp }: Block): Promise<bigint> {
  const blocks = number < SAMPLE ? number : SAMPLE
  if (blocks === 0n) return 12_000n
  const then = await rpc.request<{ timestamp: Hex }>('eth_getBlockByNumber', [
    toQuantity(number - blocks),
    false,
  ])
  return ((timestamp - BigInt(then.timestamp)) * 1_000n) / blocks
}

function objectTo(id: Hex, at: bigint): string[] {
  if (at === 0n) return [`the timelock does not know ${id}: it was not scheduled, or cancelled already`]
  return at === DONE ? [`${id} was executed already`] : []
}

/** From the moment an operation is ready, whoever comes first executes or cancels it. */
function tooLate({ deadline, ready }: VetoTimes, now: bigint): string[] {
  if (ready === null || deadline + 1n < ready) return []
  return [
    `the vote ends ${describeTime(deadline, now)}, and the operation can be executed from ${describeTime(ready, now)} on`,
  ]
}

function littleTime({ deadline, ready }: VetoTimes, now: bigint): string[] {
  if (ready === null || deadline + 1n >= ready || ready - deadline >= LITTLE) return []
  return [
    `only ${describeDuration(ready - deadline)} lie between the end of the vote and ${describeTime(ready, now)}, when the operation can be executed`,
  ]
}

async function describeNeeds(view: ChainView, governor: Address): Promise<string[]> {
  const clock = await askWord(view, governor, 'clock()')
  const [threshold, quorum] = await Promise.all([
    askWord(view, governor, 'proposalThreshold()'),
    clock ? askWord(view, governor, 'quorum(uint256)', [clock - 1n]) : null,
  ])
  return [
    ...(threshold ? [`who proposes it must have ${threshold} votes, in the token's smallest unit`] : []),
    ...(quorum ? [`${quorum} votes for it or abstaining make it count, and more for it than against`] : []),
  ]
}

const invalid = (field: string, value: string, fix: string): SutureError =>
  new SutureError('CONFIG_INVALID', 'This governor cannot veto the operation.', {
    meta: [`field: ${field}`, `value: ${value}`, `fix: ${fix}`],
  })
