import { existsSync, readdirSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import type { Address } from '../../core/hex.ts'
import { OP } from '../../evm/opcodes.ts'
import { attackSteps, historySteps, readCase } from '../case.ts'
import { startCaseNode } from '../case-node.ts'
import { startLocalNode } from '../local-node.ts'
import { createSimulator } from '../simulate.ts'
import { type BlockContext, type Execution, Taint } from '../types.ts'

const CASES = new URL('../../../cases/', import.meta.url).pathname
const INCIDENTS = new URL('../../../../shared/data/incidents/', import.meta.url).pathname

interface StructLog {
  readonly pc: number
  readonly op: string
  readonly depth: number
  readonly stack: readonly string[]
}

/** SLOAD and SSTORE of the frames at a depth, as the node's own opcode trace has them. */
function storageSteps(logs: readonly StructLog[], depths: ReadonlySet<number>): string[] {
  return logs.flatMap((log, index) => {
    if (!depths.has(log.depth) || (log.op !== 'SLOAD' && log.op !== 'SSTORE')) return []
    const slot = BigInt(log.stack.at(-1)!)
    const value = log.op === 'SSTORE' ? BigInt(log.stack.at(-2)!) : BigInt(logs[index + 1]!.stack.at(-1)!)
    return [`${log.op} pc ${log.pc} slot ${slot} value ${value}`]
  })
}

const accessesOf = ({ observation }: Execution): string[] =>
  observation!.accesses
    .filter(({ transient }) => !transient)
    .map(
      ({ kind, pc, slot, value }) =>
        `${kind === 'read' ? 'SLOAD' : 'SSTORE'} pc ${pc} slot ${slot} value ${value}`,
    )

const caseNames = readdirSync(CASES).filter((name) => existsSync(`${CASES}${name}/case.json`))

describe('observeExecution', () => {
  it.each(caseNames)('rebuilds every execution of %s without divergence', async (name) => {
    const told = await readCase(`${CASES}${name}/case.json`)
    const node = await startCaseNode(told)
    try {
      const watch = new Set(told.protected)
      const steps = [...historySteps(told), ...attackSteps(told)]
      const { executions } = await node.run({ steps, watch, provenance: true })
      const unobserved = executions.flatMap(({ observation }) => observation?.unobserved ?? [])
      expect(unobserved).toEqual([])
      expect(executions.some(({ observation }) => (observation?.frames.length ?? 0) > 0)).toBe(true)
    } finally {
      await node.stop()
    }
  })

  it('rebuilds the real incidents without divergence', async (context) => {
    if (!existsSync(INCIDENTS)) {
      context.skip('the real incidents are not on this machine')
      return
    }
    for (const file of readdirSync(INCIDENTS)
      .filter((name) => name.endsWith('.json.gz'))
      .slice(0, 8)) {
      const told = await readCase(INCIDENTS + file)
      const node = await startCaseNode(told)
      try {
        const steps = [...historySteps(told), ...attackSteps(told)]
        const { executions } = await node.run({ steps, watch: new Set(told.protected) })
        expect(
          executions.flatMap(({ observation }) => observation?.unobserved ?? []),
          file,
        ).toEqual([])
      } finally {
        await node.stop()
      }
    }
  })
})

describe('observeExecution beside the node’s own opcode trace', async () => {
  const node = await startLocalNode({ hardfork: 'cancun' })
  afterAll(() => node.stop())
  const sender: Address = '0x00000000000000000000000000000000000a11ce'
  const block: BlockContext = {
    number: 1n,
    timestamp: 1_700_000_000n,
    baseFeePerGas: 0n,
    gasLimit: 30_000_000n,
    coinbase: '0x0000000000000000000000000000000000000000',
    prevRandao: `0x${'00'.repeat(32)}`,
  }
  const contract: Address = '0x000000000000000000000000000000000000c0de'
  const run = (code: `0x${string}`, data: `0x${string}` = '0x') => {
    const transaction = { from: sender, to: contract, data, value: 0n, gas: 1_000_000n }
    const state = { [contract]: { code } }
    return createSimulator(node.rpc)({
      transaction,
      block,
      state,
      watch: new Set([contract]),
      provenance: true,
    })
  }

  it('reads and writes the same slots with the same values at the same program counters', async () => {
    // sstore(1, calldata[0]); sstore(keccak(caller, 2), sload(1) + 7)
    const code = '0x5f35600155336000526002602052604060002060015460070190555f5ffd'.replace(
      '5f5ffd',
      '00',
    ) as `0x${string}`
    const data = `0x${'11'.repeat(32)}` as const
    const execution = await run(code, data)
    const trace = await node.rpc.request<{ structLogs: StructLog[] }>('debug_traceCall', [
      { from: sender, to: contract, data, gas: '0xf4240', gasPrice: '0x0' },
      'latest',
      { stateOverrides: { [contract]: { code } } },
    ])
    expect(accessesOf(execution)).toEqual(storageSteps(trace.structLogs, new Set([1])))
    expect(accessesOf(execution)).toHaveLength(3)
  })

  it('tells where a stored value and its slot came from', async () => {
    // sstore(keccak(caller), calldata[4])
    const execution = await run('0x600435336000526020600020550000', `0x12345678${'22'.repeat(32)}`)
    const write = execution.observation!.accesses.at(-1)!
    expect(write.kind).toBe('write')
    expect(write.slotOrigin!.taint).toBe(Taint.caller)
    expect(write.valueOrigin).toMatchObject({ op: 'calldata', offset: 4n, taint: Taint.calldata })
  })

  it('records an unsigned wrap with its operands and none where the result fits', async () => {
    const wrapped = await run('0x6001600203600260010300')
    // 2 - 1 fits, then 1 - 2 does not.
    expect(wrapped.observation!.wraps.map(({ operands }) => operands)).toEqual([[1n, 2n]])
  })

  it('records what a division, a mask and a shift lost, and nothing where they lost nothing', async () => {
    // sstore(0, calldata[0] / 10); sstore(1, calldata[0] & 0xffff); sstore(2, calldata[0] << 248)
    const code = '0x600a5f35045f5561ffff5f3516600155 5f3560f81b60025500'.replace(' ', '') as `0x${string}`
    const lossesOf = async (word: bigint) => {
      const { observation } = await run(code, `0x${word.toString(16).padStart(64, '0')}`)
      return observation!.losses.map(({ how, operands }) => [how, ...operands])
    }
    expect(await lossesOf(0x1_0007n)).toEqual([
      ['remainder', 0x1_0007n, 10n],
      ['bits', 0x1_0007n, 0xffffn],
      ['bits', 248n, 0x1_0007n],
    ])
    expect(await lossesOf(50n)).toEqual([])
  })

  it('records a sum that left the signed range, and an amount that is compared as a negative number', async () => {
    const data = `0x7${'f'.repeat(63)}${'f'.repeat(64)}` as const
    // sstore(0, calldata[0] + 1); sstore(1, calldata[32] < 7, signed)
    const execution = await run(
      '0x5f356001015f556007602035126001 5500'.replace(' ', '') as `0x${string}`,
      data,
    )
    expect(execution.observation!.losses.map(({ how, opcode }) => [how, opcode])).toEqual([
      ['sign', OP.ADD],
      ['sign', OP.SLT],
    ])
  })

  it('follows code that asks for the hash of an earlier block', async () => {
    // sstore(0, blockhash(number - 1)); sstore(1, blockhash(number))
    const execution = await run('0x600143034 05f5543406001 5500'.replaceAll(' ', '') as `0x${string}`)
    const { unobserved, accesses } = execution.observation!
    expect(unobserved).toEqual([])
    expect(accesses.map(({ value }) => value)).toEqual([expect.any(BigInt), 0n])
    // What the node itself stored.
    const [stored] = Object.values(execution.diff[contract]!.storage)
    expect(BigInt(stored!.after)).toBe(accesses[0]!.value)
    expect(accesses[0]!.valueOrigin).toMatchObject({ op: 'environment', taint: Taint.block })
  })

  it('says so where it cannot follow: BLOBHASH is not known here', async () => {
    const { observation } = await run('0x60014900')
    expect(observation!.unobserved).toMatchObject([{ frame: 0, reason: 'unsupported' }])
  })
})
