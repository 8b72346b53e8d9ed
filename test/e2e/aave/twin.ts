import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { type Address, type Hex, toQuantity } from '../../../src/core/hex.ts'
import type { World } from '../../support/onboard-world.ts'

/** Something somebody does, the same on both nodes. */
export interface Step {
  readonly name: string
  readonly from: Address
  readonly to: Address
  readonly value?: bigint
  /** Whether it reverts today, which it then must do in the same words. */
  readonly reverts?: boolean
  /** What depends on the state is read from the node nothing is changed on. */
  data(plain: World): Hex | Promise<Hex>
}

export interface Question {
  readonly to: Address
  readonly data: Hex
}

/** The same protocol twice at the same addresses: on one node as its makers left it, on the other under Suture. */
export interface Twins {
  readonly plain: World
  readonly guarded: World
}

/** By step: what it costs on the one and on the other. */
export type GasTable = Map<string, readonly [plain: bigint, guarded: bigint]>

interface Outcome {
  readonly status: Hex
  /** What was returned, or the reason of the revert. */
  readonly output: Hex
  readonly logs: readonly { readonly address: Address; readonly topics: readonly Hex[]; readonly data: Hex }[]
}

interface Done extends Outcome {
  readonly gasUsed: bigint
  readonly hash: Hex
}

const GAS = '0x989680'
const STEP_SECONDS = 12n
const PAUSE_SECONDS = 3_600n

/**
 * Takes every step on both nodes in blocks of the same time, and compares: success, what was returned or the reason of the revert, and
 * every event. Whatever differs fails the test.
 */
export async function playBoth(twins: Twins, steps: readonly Step[]): Promise<GasTable> {
  const gas: GasTable = new Map()
  let time = (await latestTime(twins)) + PAUSE_SECONDS
  for (const step of steps) {
    time += STEP_SECONDS
    const data = await step.data(twins.plain)
    const plain = await take(twins.plain, { step, data, time })
    const guarded = await take(twins.guarded, { step, data, time })
    expect({ step: step.name, ...outcomeOf(guarded) }).toEqual({ step: step.name, ...outcomeOf(plain) })
    expect(plain.status, `${step.name}: ${plain.output}`).toBe(step.reverts ? '0x0' : '0x1')
    gas.set(step.name, [plain.gasUsed, guarded.gasUsed])
  }
  return gas
}

/** Asks both nodes the same, for the same moment. */
export async function askBoth(twins: Twins, questions: readonly Question[]): Promise<void> {
  const time = toQuantity((await latestTime(twins)) + STEP_SECONDS)
  const [plain, guarded] = await Promise.all(
    [twins.plain, twins.guarded].map(async ({ node }) => {
      const requests = questions.map((call) => ({
        method: 'eth_call',
        params: [call, 'latest', {}, { time }],
      }))
      return (await node.rpc.batch(requests)).map((answer) =>
        answer.ok ? answer.result : String(answer.error),
      )
    }),
  )
  expect(plain!.every((answer) => /^0x/.test(String(answer)))).toBe(true)
  expect(guarded).toEqual(plain)
}

/** Selectors of the functions of `account` that ran in these blocks, also where they were called by others. */
export async function functionsCalled(world: World, account: Address, blocks: readonly bigint[]) {
  const called = new Set<Hex>()
  for (const block of blocks) {
    const traces = await world.node.rpc.request<{ result: Call }[]>('debug_traceBlockByNumber', [
      toQuantity(block),
      { tracer: 'callTracer' },
    ])
    for (const { result } of traces) collect(result, account, called)
  }
  return called
}

interface Call {
  readonly to?: Address
  readonly type: string
  readonly input: Hex
  readonly calls?: readonly Call[]
}

function collect({ to, type, input, calls = [] }: Call, account: Address, into: Set<Hex>): void {
  if (to === account && (type === 'CALL' || type === 'STATICCALL')) into.add(input.slice(0, 10) as Hex)
  for (const call of calls) collect(call, account, into)
}

export async function latestTime(twins: Twins): Promise<bigint> {
  const [one, other] = await Promise.all([timeOf(twins.plain), timeOf(twins.guarded)])
  // biome-ignore lint/complexity/useMathMinMax: Math.max takes no bigint
  return one > other ? one : other
}

export async function timeOf({ node }: World): Promise<bigint> {
  const { timestamp } = await node.rpc.request<{ timestamp: Hex }>('eth_getBlockByNumber', ['latest', false])
  return BigInt(timestamp)
}

interface Taking {
  readonly step: Step
  readonly data: Hex
  readonly time: bigint
}

async function take({ node: { rpc } }: World, { step, data, time }: Taking): Promise<Done> {
  const { from, to, value = 0n } = step
  await rpc.request('evm_setNextBlockTimestamp', [Number(time)])
  const call = { from, to, data, gas: GAS, value: toQuantity(value) }
  const hash = await rpc.request<Hex>('eth_sendTransaction', [call])
  const { gasUsed, ...receipt } = await awaitReceipt(rpc, hash)
  const { output = '0x' } = await rpc.request<{ output?: Hex }>('debug_traceTransaction', [
    hash,
    { tracer: 'callTracer', tracerConfig: { onlyTopCall: true } },
  ])
  return { ...receipt, gasUsed: BigInt(gasUsed), hash, output }
}

type Receipt = Pick<Outcome, 'status' | 'logs'> & { readonly gasUsed: Hex }

async function awaitReceipt(rpc: World['node']['rpc'], hash: Hex): Promise<Receipt> {
  for (;;) {
    const receipt = await rpc.request<Receipt | null>('eth_getTransactionReceipt', [hash])
    if (receipt) return receipt
    await sleep(5)
  }
}

function outcomeOf({ status, output, logs }: Done): Outcome {
  return { status, output, logs: logs.map(({ address, topics, data }) => ({ address, topics, data })) }
}
