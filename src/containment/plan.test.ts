import { describe, expect, it } from 'vitest'
import type { Execution, Frame } from '../chain/types.ts'
import type { Address, Hex } from '../core/hex.ts'
import type { Finding, FunctionRef, Protection } from '../detectors/types.ts'
import { type FunctionProfiles, profileKey } from './exits.ts'
import { type Capability, candidateContainments, planContainment } from './plan.ts'

const vault: Address = '0x00000000000000000000000000000000000000aa'
const pool: Address = '0x00000000000000000000000000000000000000bb'
const implementation: Address = '0x00000000000000000000000000000000000000cc'
const breaker: Address = '0x00000000000000000000000000000000000000dd'
const attacker: Address = '0x00000000000000000000000000000000000000ee'
/** `withdraw(uint256)`, an exit. */
const WITHDRAW: Hex = '0x2e1a7d4d'
const DEPOSIT: Hex = '0x11111111'
const BORROW: Hex = '0x22222222'

const protection: Protection = {
  contracts: new Set([vault, pool]),
  implementations: new Map([[implementation, vault]]),
}
const all: ReadonlyMap<Address, Capability> = new Map([
  [vault, { breaker }],
  [pool, { breaker }],
])

function executionOf(...calls: readonly FunctionRef[]): Execution {
  const root = { index: 0, parent: null, type: 'CALL', context: attacker, caller: attacker, selector: '0x' }
  const frames = [
    root,
    ...calls.map(({ target, selector }, i) => ({
      ...root,
      index: i + 1,
      parent: 0,
      context: target,
      selector,
    })),
  ]
  return {
    frames: frames.map((frame) => ({ ...frame, reverted: false, children: [] }) as unknown as Frame),
    transfers: [],
  } as unknown as Execution
}

function finding(...functions: readonly FunctionRef[]): Finding {
  return {
    detector: 'test',
    severity: 'critical',
    subject: vault,
    functions,
    summary: '',
    evidence: {},
    fingerprint: '0x',
  }
}

const withdraw = { target: vault, selector: WITHDRAW }
const deposit = { target: vault, selector: DEPOSIT }
const borrow = { target: pool, selector: BORROW }

describe('planContainment', () => {
  it('leaves an exit open where the attack stops without it, and says so', () => {
    const plan = planContainment([finding(withdraw, deposit)], executionOf(withdraw, deposit), {
      protection,
      capabilities: all,
    })
    expect(plan?.functions).toEqual([deposit])
    expect(plan?.leftOpen).toEqual([{ ...withdraw, why: expect.stringContaining('get out') }])
  })

  it('freezes an exit where nothing else stops the attack', () => {
    const plan = planContainment([finding(withdraw)], executionOf(withdraw), {
      protection,
      capabilities: all,
    })
    expect(plan?.functions).toEqual([withdraw])
    expect(plan?.means).toEqual([{ kind: 'breaker', breaker, target: vault, selectors: [WITHDRAW] }])
  })

  it('takes one function for several findings where one is on the way of all', () => {
    const findings = [finding(deposit, borrow), finding(borrow)]
    const plan = planContainment(findings, executionOf(deposit, borrow), { protection, capabilities: all })
    expect(plan?.functions).toEqual([borrow])
  })

  it('prefers what history uses least, then what lies further in', () => {
    const profiles: FunctionProfiles = new Map([[profileKey(borrow), { uses: 50, direction: 'both' }]])
    const options = { protection, capabilities: all }
    const execution = executionOf(borrow, deposit)
    expect(planContainment([finding(borrow, deposit)], execution, options)?.functions).toEqual([borrow])
    expect(
      planContainment([finding(borrow, deposit)], execution, { ...options, profiles })?.functions,
    ).toEqual([deposit])
  })

  it('names the proxy users call for a call made straight to its implementation', () => {
    const execution = executionOf({ target: implementation, selector: DEPOSIT })
    expect(
      planContainment([finding(deposit)], execution, { protection, capabilities: all })?.functions,
    ).toEqual([deposit])
  })

  it('has no plan where there is no means, and none for what was not called', () => {
    const options = { protection, capabilities: new Map() }
    expect(planContainment([finding(deposit)], executionOf(deposit), options)).toBeNull()
    expect(
      planContainment([finding(deposit)], executionOf(borrow), { protection, capabilities: all }),
    ).toBeNull()
  })

  it('avoids a brake that stops the whole contract where a finer means exists', () => {
    const capabilities = new Map<Address, Capability>([
      [vault, { pause: '0x8456cb59' }],
      [pool, { gate: breaker }],
    ])
    const plan = planContainment([finding(deposit, borrow)], executionOf(deposit, borrow), {
      protection,
      capabilities,
    })
    expect(plan?.means).toEqual([{ kind: 'shim', gate: breaker, target: pool, selectors: [BORROW] }])
  })
})

describe('candidateContainments', () => {
  it('offers every way that stops all findings, the least costly first', () => {
    const candidates = candidateContainments(
      [finding(withdraw, deposit), finding(borrow)],
      executionOf(withdraw, deposit, borrow),
      {
        protection,
        capabilities: all,
      },
    )
    expect(candidates.map(({ functions }) => functions)).toEqual([
      [borrow, deposit],
      [borrow, withdraw],
    ])
  })
})
