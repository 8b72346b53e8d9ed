import { existsSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { print } from '../../test/support/print.ts'
import { requestOf } from '../../test/support/vault-incident.ts'
import { readCase } from '../chain/case.ts'
import { startCaseNode } from '../chain/case-node.ts'
import type { Hex } from '../core/hex.ts'
import { readJsonFile } from '../core/read-json.ts'
import { prepareBaseline } from './prepare-baseline.ts'
import { verifyPatch } from './verify-patch.ts'

const FOLDER = path.join(import.meta.dirname, '../../../shared/data/incidents')
const CASES = [
  '2024-01-Bmizapper',
  '2024-02-ADC',
  '2024-02-SMOOFSStaking',
  '2024-04-NGFS',
  '2024-06-Bazaar',
  '2024-09-INUMI',
  '2024-11-CoW',
]
const present = existsSync(FOLDER)
if (!present) print(`skipped: no real incidents, ${path.relative(process.cwd(), FOLDER)} is absent`)

interface Truth {
  readonly loss: readonly { readonly token: string; readonly from: string }[]
}

describe.skipIf(!present)('on real incidents', () => {
  it.each(CASES)('%s: the losses are found, and neither bricking nor doing nothing passes', async (name) => {
    const file = path.join(FOLDER, `${name}.json.gz`)
    const told = await readCase(file)
    // Ground truth is read here to judge the result, and nowhere given to the stage.
    const { loss } = (await readJsonFile(file)) as Truth
    const node = await startCaseNode(told)
    try {
      const baseline = await prepareBaseline(requestOf(told, node.run))
      for (const { token, from } of loss)
        expect([...baseline.harm.losses.keys()]).toContain(`${token}/${from}`)
      const target = told.protected[0]!
      const verify = (runtime: Hex) =>
        verifyPatch(baseline, {
          patches: [{ target, kind: 'source', runtime, certificate: null }],
          description: [],
          cost: 0,
        })
      const attacks = baseline.variants.filter(({ harm }) => harm).map(({ variant }) => variant.name)
      print(`${name}: ${baseline.probes.length} probes, variants that are attacks: ${attacks.join(', ')}`)
      // Functions are probed only on a contract on which the attack is stopped: elsewhere the verdict is clear without.
      const bricked = await verify('0xfe')
      const stopped = bricked.checks.find(({ name: check }) => check === 'attack')!.result === 'pass'
      expect(bricked.verdict).toBe(stopped ? 'harmful' : 'ineffective')
      expect((await verify(told.alloc[target]!.code)).verdict).toBe('ineffective')
    } finally {
      await node.stop()
    }
  })
})
