import { toFunctionSelector } from 'viem'
import { describe, expect, it } from 'vitest'
import { MARKET, MARKET_OWNER, type MarketOptions, marketCase } from '../../test/support/market-incident.ts'
import { print } from '../../test/support/print.ts'
import { startCaseNode } from '../chain/case-node.ts'
import { toWord } from '../core/hex.ts'
import { verifyPatch } from '../verification/verify-patch.ts'
import { prepareVerification } from './remedy.ts'
import { investigate, sceneOfCase, witness } from './scene.ts'
import { planStateRemedies } from './state-remedies.ts'

const ETHER = 10n ** 18n
const NO_HASH = toWord(0n)
const CAP = toWord(1n)
const SET_CAP = toFunctionSelector('setBorrowCap(uint256)')
const SET_RATES = toFunctionSelector('setRates(uint64,uint64)')

/** Plans for a market, and verifies what is planned until something works. */
async function plan(options: MarketOptions = {}, verify = false) {
  const told = marketCase(options)
  const node = await startCaseNode(told)
  try {
    const witnessed = await witness(sceneOfCase(told, node))
    const diagnoses = await investigate(witnessed)
    const begun = performance.now()
    const remedies = await planStateRemedies(witnessed, diagnoses)
    print(`${remedies.length} state patches in ${Math.round(performance.now() - begun)} ms`)
    const verdicts = []
    const baseline = verify ? await prepareVerification(witnessed, NO_HASH, diagnoses[0]!) : null
    for (const { patch } of baseline ? remedies : []) {
      const verdict = await verifyPatch(baseline!, patch)
      verdicts.push(verdict)
      print(`${patch.description.join('; ')}: ${verdict.verdict}`)
      if (verdict.verdict === 'effective') break
    }
    return { remedies, verdicts }
  } finally {
    await node.stop()
  }
}

const valuesOf = ({ remedies }: Awaited<ReturnType<typeof plan>>, selector: string) =>
  remedies
    .filter(({ call }) => call.data.startsWith(selector))
    .map(({ call }) => BigInt(`0x${call.data.slice(10, 74)}`))

describe('planStateRemedies', () => {
  it('lowers a cap within the bounds its setter enforces, and verification finds history unchanged', async () => {
    const { remedies, verdicts } = await plan({}, true)
    const caps = valuesOf({ remedies, verdicts }, SET_CAP)
    // 6 ether are lent out; half the attack takes another 100.
    expect(caps[0]).toBeGreaterThan(80n * ETHER)
    expect(caps.every((cap) => cap >= 10n * ETHER && cap < 106n * ETHER)).toBe(true)
    const [{ patch, call }] = remedies as [(typeof remedies)[number]]
    expect(call).toEqual({ from: MARKET_OWNER, to: MARKET, data: `${SET_CAP}${toWord(caps[0]!).slice(2)}` })
    expect(patch.patches).toEqual([
      { target: MARKET, kind: 'state', storage: { [CAP]: toWord(caps[0]!) }, certificate: null },
    ])
    const { verdict, checks } = verdicts.at(-1)!
    expect(checks.filter(({ name, result }) => result !== 'pass' && !name.startsWith('generality/'))).toEqual(
      [],
    )
    expect(verdict).toBe('effective')
  })

  it('finds the setter behind a proxy', async () => {
    expect(valuesOf(await plan({ proxied: true }), SET_CAP)[0]).toBeGreaterThan(80n * ETHER)
  })

  it('knows the holder of a role kept in a mapping from history', async () => {
    const trusted = 'hasRole[bytes32(uint256(1))][msg.sender]'
    expect(valuesOf(await plan({ replacements: { trusted } }), SET_CAP)).not.toEqual([])
    expect(valuesOf(await plan({ replacements: { trusted }, ownerCalls: [] }), SET_CAP)).toEqual([])
  })

  it('sets a packed field and leaves its neighbour as it is', async () => {
    const { remedies } = await plan({ replacements: { low: '300 ether', ltv: '1000' } })
    expect(remedies.every(({ call }) => call.data.startsWith(SET_RATES))).toBe(true)
    const [{ call, patch }] = remedies as [(typeof remedies)[number]]
    const [fee, ltv] = [call.data.slice(10, 74), call.data.slice(74)].map((word) => BigInt(`0x${word}`))
    expect(fee).toBe(30n)
    expect(ltv).toBeGreaterThanOrEqual(1_000n)
    expect(patch.patches[0]!.storage).toEqual({ [toWord(2n)]: toWord((ltv! << 64n) | 30n) })
  })

  it.each([
    ['its bound forbids what would be needed', { replacements: { low: '300 ether' } }],
    ['anybody may call it', { replacements: { guard: '' } }],
    ['history wrote the variable', { ownerCalls: [['setBorrowCap', 500n * ETHER - 1n]] }],
  ] as const)('does not use a setter when %s', async (_, options: MarketOptions) => {
    expect(valuesOf(await plan(options), SET_CAP)).toEqual([])
  })
})
