import { startCaseNode } from '../../src/chain/case-node.ts'
import type { Case } from '../../src/chain/types.ts'
import { SutureError } from '../../src/core/errors.ts'
import { bytesOf } from '../../src/core/hex.ts'
import { checkCertificate } from '../../src/patching/checker/check-certificate.ts'
import { planRemedies } from '../../src/pipeline/remedy.ts'
import { investigate, sceneOfCase, witness } from '../../src/pipeline/scene.ts'

/** How long a certified patch takes once the diagnosis is there. */
export interface PatchingTime {
  readonly contract: string
  /** Bytes of the patched codes. */
  readonly code: number
  /** Candidates made, each with its certificate. */
  readonly candidates: number
  /** From code and diagnosis to all candidates, and the check of the first. */
  readonly milliseconds: number
  /** The same as time of the processor, which does not count waiting for one. */
  readonly processor: number
}

/** null when the case leads to no diagnosis, or to none that a patch fits. Diagnosis itself is not timed. */
export async function measurePatching(told: Case): Promise<PatchingTime | null> {
  const node = await startCaseNode(told)
  try {
    const witnessed = await witness(sceneOfCase(told, node))
    const diagnoses = await investigate(witnessed)
    const begun = performance.now()
    const used = process.cpuUsage()
    const { candidates } = planRemedies(witnessed, diagnoses)
    const first = candidates[0]
    if (!first) return null
    let code = 0
    for (const { target, runtime, certificate } of first.patch.patches) {
      const original = bytesOf(witnessed.codes.get(target)!)
      code += original.length
      if (!runtime || !certificate) continue
      if (!checkCertificate({ original, patched: bytesOf(runtime), certificate }).accepted) {
        throw new SutureError('CERTIFICATE_REJECTED', 'A planned patch is no restriction.', {
          meta: [`contract: ${target}`],
        })
      }
    }
    const { user, system } = process.cpuUsage(used)
    return {
      contract: told.name,
      code,
      candidates: candidates.length,
      milliseconds: Math.round(performance.now() - begun),
      processor: Math.round((user + system) / 1000),
    }
  } finally {
    await node.stop()
  }
}
