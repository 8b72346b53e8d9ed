import { describe, expect, it } from 'vitest'
import { print } from '../../test/support/print.ts'
import { vaultCase } from '../../test/support/vault-incident.ts'
import { startCaseNode } from '../chain/case-node.ts'
import { planRemedies, prepareVerification } from '../pipeline/remedy.ts'
import { investigate, sceneOfCase, witness } from '../pipeline/scene.ts'
import { verifyPatch } from './verify-patch.ts'

describe('a planned restriction', () => {
  it.each(['cancun', 'shanghai'])('of a re-entered vault is effective on %s', async (hardfork) => {
    const told = vaultCase(hardfork)
    const node = await startCaseNode(told)
    try {
      const witnessed = await witness(sceneOfCase(told, node))
      const [diagnosis] = await investigate(witnessed)
      const { patch } = planRemedies(witnessed, [diagnosis!]).candidates[0]!
      const baseline = await prepareVerification(witnessed, `0x${'00'.repeat(32)}`, diagnosis!)
      const { verdict, checks, gas } = await verifyPatch(baseline, patch)
      print(
        `${hardfork}: ${patch.description.join('; ')}; benign gas ${gas.benignBefore} to ${gas.benignAfter}`,
      )
      expect(checks.filter(({ result }) => result !== 'pass')).toEqual([])
      expect(verdict).toBe('effective')
      expect(gas.benignAfter).toBeGreaterThan(gas.benignBefore)
    } finally {
      await node.stop()
    }
  })
})
