import type { Address } from '../core/hex.ts'
import { toQuantity } from '../core/hex.ts'
import { ASKER, ASKING, askingCall, asksForHashes, readBlockHashes } from './block-hashes.ts'
import { observeExecution } from './observe/observe.ts'
import { applyDiff, mergeOverrides, toRpcOverrides } from './overlay.ts'
import { readCallTree, readPrestate, readStateDiff } from './trace-schema.ts'
import { extractTransfers } from './transfers.ts'
import type {
  BlockContext,
  Execution,
  Frame,
  Rpc,
  RpcOutcome,
  RunSequence,
  Simulate,
  SimulationRequest,
  StateOverride,
  TransactionRequest,
} from './types.ts'

interface SimulatorOptions {
  /** Block whose state simulations start from. */
  readonly at?: 'latest' | 'pending' | bigint
  /** Milliseconds for one trace. */
  readonly timeoutMs?: number
}

/**
 * Executes transactions on a node without mining them: `debug_traceCall` with block and state overrides, so that any geth-compatible node will do
 * and many states can be tried side by side on one node.
 *
 * One round trip (call tree and state diff together) where nothing watched is touched, a second one for the pre-state where
 * something is; the opcode level is then rebuilt here (`observeExecution`).
 *
 * @example
 * const simulate = createSimulator(rpc)
 * const execution = await simulate({ transaction, block, watch: new Set([vault]) })
 */
export function createSimulator(rpc: Rpc, options: SimulatorOptions = {}): Simulate {
  const { at = 'latest', timeoutMs = 60_000 } = options
  return async (request) => {
    const start = request.at ?? at
    const tag = typeof start === 'bigint' ? toQuantity(start) : start
    const trace = (tracer: string, tracerConfig: object) => ({
      method: 'debug_traceCall',
      params: [
        toRpcTransaction(request.transaction),
        tag,
        { ...traceOptions(request), tracer, tracerConfig },
      ],
    })
    const askBlockHashes = async (block: BlockContext, from: string) => {
      const config = {
        blockOverrides: toBlockOverrides(block),
        stateOverrides: { [ASKER]: { code: ASKING } },
        tracer: 'callTracer',
        tracerConfig: {},
      }
      const call = { method: 'debug_traceCall', params: [askingCall, from, config] }
      const [answer] = await rpc.batch([call], { timeoutMs })
      return readBlockHashes(readCallTree(unwrap(answer!)).frames[0]!.output, block.number)
    }
    const [tree, diff] = await rpc.batch(
      [trace('callTracer', { withLog: true }), trace('prestateTracer', { diffMode: true })],
      { timeoutMs },
    )
    const execution = readExecution(request, unwrap(tree!), unwrap(diff!))
    const { watch } = request
    if (!watch || !touches(execution.frames, watch)) return execution
    const [prestate] = await rpc.batch([trace('prestateTracer', {})], { timeoutMs })
    const pre = readPrestate(unwrap(prestate!), true)
    const observation = observeExecution({
      frames: execution.frames,
      pre,
      watch,
      block: request.block,
      chainId: rpc.chainId,
      provenance: request.provenance ?? false,
      ...(asksForHashes(execution.frames, watch, (account) => pre.get(account)?.code ?? null)
        ? { blockHashes: await askBlockHashes(request.block, tag) }
        : {}),
    })
    return { ...execution, observation }
  }
}

/**
 * Runs transactions one after the other by carrying what each changed into the next as a state override. Steps of real blocks name the
 * block they start from; a run over them starts anew whenever that changes, so that history is replayed on the state it had.
 */
export function createSequenceRunner(simulate: Simulate): RunSequence {
  return async ({ steps, state = {}, watch, provenance }) => {
    const executions: Execution[] = []
    const observed = { ...(watch ? { watch } : {}), ...(provenance ? { provenance } : {}) }
    let current: StateOverride = state
    let at: bigint | undefined
    for (const { transaction, block, ...step } of steps) {
      if (step.at !== undefined && step.at !== at) {
        at = step.at
        current = mergeOverrides(step.before ?? {}, state)
      }
      const start = at === undefined ? {} : { at }
      const execution = await simulate({ transaction, block, state: current, ...start, ...observed })
      executions.push(execution)
      current = applyDiff(current, execution.diff)
    }
    return { executions, state: current }
  }
}

function unwrap(outcome: RpcOutcome): unknown {
  if (!outcome.ok) throw outcome.error
  return outcome.result
}

function toRpcTransaction({ from, to, data, value, gas }: TransactionRequest): object {
  return {
    from,
    ...(to === null ? {} : { to }),
    data,
    value: toQuantity(value),
    gas: toQuantity(gas),
    gasPrice: '0x0',
  }
}

function traceOptions({ block, state }: SimulationRequest): object {
  return {
    blockOverrides: toBlockOverrides(block),
    ...(state ? { stateOverrides: toRpcOverrides(state) } : {}),
  }
}

function toBlockOverrides(block: BlockContext): object {
  return {
    number: toQuantity(block.number),
    time: toQuantity(block.timestamp),
    gasLimit: toQuantity(block.gasLimit),
    feeRecipient: block.coinbase,
    prevRandao: block.prevRandao,
    baseFeePerGas: toQuantity(block.baseFeePerGas),
  }
}

function touches(frames: readonly Frame[], watch: ReadonlySet<Address>): boolean {
  return frames.some((frame) => watch.has(frame.context))
}

function readExecution(request: SimulationRequest, tree: unknown, diff: unknown): Execution {
  const { frames, logs } = readCallTree(tree)
  const root = frames[0]!
  return {
    transaction: request.transaction,
    block: request.block,
    status: root.status,
    output: root.output,
    gasUsed: root.gasUsed,
    frames,
    logs,
    transfers: extractTransfers(frames, logs),
    created: frames
      .filter((frame) => frame.type.startsWith('CREATE') && !frame.reverted)
      .map((frame) => frame.context),
    diff: readStateDiff(diff, frames),
  }
}
