import { describe, expect, it } from 'vitest'
import { print } from '../../test/support/print.ts'
import { FIXED, requestOf, sourcePatch, vaultCase, vaultCode } from '../../test/support/vault-incident.ts'
import { startCaseNode } from '../chain/case-node.ts'
import type { RunSequence } from '../chain/types.ts'
import { canonicalJson, hashJson } from '../core/json.ts'
import { prepareBaseline } from './prepare-baseline.ts'
import type { VerificationRequest } from './types.ts'
import { verifyPatch } from './verify-patch.ts'

const SEED = 20_26
const told = vaultCase()

/** Lets runs finish in another order than they began in. */
function disturb(run: RunSequence, seed: number): RunSequence {
  let state = seed
  return async (request) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    const delay = state % 7
    const result = await run(request)
    await new Promise((resolve) => setTimeout(resolve, delay))
    return result
  }
}

async function verifyOnce(parallel: number, change: Partial<VerificationRequest> = {}) {
  const node = await startCaseNode(told)
  try {
    const request = requestOf(told, disturb(node.run, SEED + parallel), { parallel, ...change })
    return await verifyPatch(await prepareBaseline(request), sourcePatch(vaultCode(FIXED)))
  } finally {
    await node.stop()
  }
}

describe('the evidence bundle', () => {
  it('has the same hash on two nodes, whatever finished first', async () => {
    print(`seed ${SEED}`)
    const [one, other] = await Promise.all([verifyOnce(1), verifyOnce(6)])
    expect(canonicalJson(one.bundle.content)).toBe(canonicalJson(other.bundle.content))
    expect(one.bundle.hash).toBe(other.bundle.hash)
    expect(one.bundle.hash).toBe(hashJson(one.bundle.content))
    const text = canonicalJson(one.bundle.content)
    expect(text).not.toMatch(/127\.0\.0\.1|localhost|milliseconds/)
    expect(text).toContain(vaultCode(FIXED))
  })

  it('has another hash when an input is another one', async () => {
    const one = await verifyOnce(2)
    const other = await verifyOnce(2, { preState: `0x${'11'.repeat(32)}` })
    expect(other.bundle.hash).not.toBe(one.bundle.hash)
  })
})
