import { existsSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { attackSteps, historySteps, readCase } from '../chain/case.ts'
import { startCaseNode } from '../chain/case-node.ts'
import { diagnose } from './diagnose.ts'
import type { Evidence } from './evidence.ts'

const CASES = new URL('../../cases/', import.meta.url).pathname

/** From here on a diagnosis says that something happened that should not have. */
const SURE = 0.6

/** Evidence of a case without a stranger's probes: what histories and attacks show by themselves. */
async function evidenceOf(name: string, { swap = false } = {}): Promise<Evidence> {
  const told = await readCase(`${CASES}${name}/case.json`)
  const node = await startCaseNode(told)
  try {
    const watch = new Set(told.protected)
    const history = await node.run({ steps: historySteps(told), watch, provenance: true })
    const attack = await node.run({ steps: attackSteps(told), state: history.state, watch, provenance: true })
    return {
      history: swap ? [...history.executions, ...attack.executions] : history.executions,
      attack: swap ? history.executions : attack.executions,
      probes: [],
      protection: { contracts: watch, implementations: new Map() },
    }
  } finally {
    await node.stop()
  }
}

describe('diagnose', () => {
  it('names the call through which control left and the functions that share the stale state', async () => {
    const [first] = diagnose(await evidenceOf('yield-vault'))
    expect(first).toMatchObject({ class: 'reentrancy', confidence: 0.95 })
    const { mechanism } = first!
    if (mechanism.class !== 'reentrancy') throw new Error('unreachable')
    expect(mechanism.calls.map(({ pc }) => pc)).toContain(first!.pc)
    expect(mechanism.entries.map(({ selector }) => selector)).toContain(first!.selector)
  })

  it('stands at the view where a re-entry came back to the stale state through another contract', async () => {
    const [first] = diagnose(await evidenceOf('pool-share-lending'))
    const { mechanism } = first!
    if (mechanism.class !== 'reentrancy') throw new Error('unreachable')
    expect(mechanism.entries.every(({ target }) => target === first!.target)).toBe(true)
  })

  it('names the instruction that wrapped and the operands it had', async () => {
    const [first] = diagnose(await evidenceOf('loyalty-token'))
    expect(first).toMatchObject({ class: 'arithmetic', evidence: { sites: [first!.pc] } })
  })

  it('tells a call that failed from a token that answered false', async () => {
    const how = async (name: string) => {
      const { mechanism } = diagnose(await evidenceOf(name))[0]!
      return mechanism.class === 'unchecked-call' ? mechanism.calls.map((call) => call.how) : []
    }
    expect(await how('otc-desk')).toEqual(['failed'])
    expect(new Set(await how('bond-depository'))).toEqual(new Set(['returned-false']))
  })

  it.each(
    readdirSync(CASES)
      .filter((name) => existsSync(`${CASES}${name}/case.json`))
      .slice(0, 6),
  )('accuses nobody of what history already did: %s with its history as the attack', async (name) => {
    const diagnoses = diagnose(await evidenceOf(name, { swap: true }))
    // What is weaker offers candidates only: regularities that any calls have, and flaws that stand in the code whoever uses it.
    expect(diagnoses.filter(({ confidence }) => confidence >= SURE)).toEqual([])
  })
})
