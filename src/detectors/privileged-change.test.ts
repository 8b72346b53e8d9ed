import { describe, expect, it } from 'vitest'
import type { Execution, Frame, Origin } from '../chain/types.ts'
import { Taint } from '../chain/types.ts'
import { type Address, type Hex, toWord } from '../core/hex.ts'
import { privilegedChange } from './privileged-change.ts'
import type { Protection } from './types.ts'

const target: Address = '0x00000000000000000000000000000000000000aa'
const owner: Address = '0x1111111111111111111111111111111111111111'
const stranger: Address = '0x2222222222222222222222222222222222222222'
const protection: Protection = { contracts: new Set([target]), implementations: new Map() }
const SET_OWNER: Hex = '0x13af4035'
const IMPLEMENTATION: Hex = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc'

interface Options {
  readonly from?: Address
  readonly slot?: Hex
  readonly after?: Address
  /** Declared variable read before the write. */
  readonly read?: Address
  readonly condition?: Origin
  readonly observed?: boolean
}

function change({
  from = stranger,
  slot = toWord(0n),
  after = stranger,
  read,
  condition,
  observed = true,
}: Options = {}): Execution {
  const frame = {
    index: 0, parent: null, depth: 0, type: 'CALL', caller: from, context: target, code: target, selector: SET_OWNER,
    input: SET_OWNER, reverted: false, children: [], status: 'success', value: 0n,
  } as unknown as Frame // biome-ignore format: one frame
  const [before, now] = [toWord(BigInt(owner)), toWord(BigInt(after))]
  const access = { frame: 0, address: target, transient: false, pc: 0 }
  const accesses = [
    ...(read
      ? [{ ...access, kind: 'read', slot: 0n, value: BigInt(read), previous: BigInt(read), order: 0 }]
      : []),
    { ...access, kind: 'write', slot: BigInt(slot), value: BigInt(now), previous: BigInt(before), order: 1 },
  ]
  const unrelated: Origin = { op: 'constant', value: 1n, taint: 0 }
  const branches = [{ frame: 0, pc: 1, taken: true, order: 0, condition: condition ?? unrelated }]
  return {
    transaction: { from, to: target, data: SET_OWNER, value: 0n, gas: 0n }, status: 'success', frames: [frame], logs: [],
    transfers: [], created: [], diff: { [target]: { storage: { [slot]: { before, after: now } } } },
    ...(observed ? { observation: { frames: [0], accesses, calls: [], wraps: [], branches, blocks: new Map(), unobserved: [] } } : {}),
  } as unknown as Execution // biome-ignore format: one execution
}

const detect = (execution: Execution, state = privilegedChange.initial) =>
  privilegedChange.detect(state, execution, protection)
const severities = (execution: Execution, state = privilegedChange.initial) =>
  detect(execution, state).findings.map(({ severity }) => severity)

const caller: Origin = { op: 'environment', opcode: 0x33, value: BigInt(stranger), taint: Taint.caller }
const equals = (other: Origin): Origin => ({
  op: 'compute', opcode: 0x14, pc: 0, value: 1n, taint: caller.taint | other.taint, inputs: [caller, other],
}) // biome-ignore format: one origin

describe('privileged-change', () => {
  it('sees a stranger make itself the owner', () => {
    expect(severities(change())).toEqual(['high'])
  })

  it('sees a proxy slot change without a check as critical', () => {
    expect(severities(change({ slot: IMPLEMENTATION }))).toEqual(['critical'])
  })

  it('lets the owner, read from a variable, hand over', () => {
    expect(severities(change({ from: owner, read: owner }))).toEqual([])
  })

  it('accepts a comparison of the caller with a constant, not with an argument', () => {
    const constant: Origin = { op: 'constant', value: BigInt(stranger), taint: 0 }
    const argument: Origin = {
      op: 'calldata',
      offset: 4n,
      frame: 0,
      value: BigInt(stranger),
      taint: Taint.calldata,
    }
    expect(severities(change({ condition: equals(constant) }))).toEqual([])
    expect(severities(change({ condition: equals(argument) }))).toEqual(['high'])
  })

  it('leaves numbers alone that merely look like addresses', () => {
    expect(severities(change({ after: '0x3333333333333333333333333333333333333333' }))).toEqual([])
  })

  it('takes a variable that many have written for public', () => {
    let state = privilegedChange.initial
    for (const digit of '4567') {
      const writer: Address = `0x${digit.repeat(40)}`
      state = privilegedChange.learn(state, change({ from: writer, after: writer }), protection)
    }
    expect(severities(change(), state)).toEqual([])
  })

  it('sees a stranger use what one caller alone had used', () => {
    let state = privilegedChange.initial
    for (let i = 0; i < 8; i++)
      state = privilegedChange.learn(state, change({ from: owner, read: owner }), protection)
    expect(JSON.parse(JSON.stringify(state))).toEqual(state)
    expect(detect(change({ read: stranger }), state).findings).toMatchObject([
      { severity: 'medium', evidence: { mechanism: 'stranger' } },
    ])
  })

  it('says that it could not check the caller’s authority without the opcode level', () => {
    expect(detect(change({ observed: false }))).toMatchObject({
      checked: false,
      findings: [{ severity: 'medium' }],
    })
  })
})
