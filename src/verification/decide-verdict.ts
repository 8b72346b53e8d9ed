import { GENERALITY } from './checks/variants.ts'
import type { Check, VerdictKind } from './types.ts'

/** A failure of one of these means that the patch does damage, or is not what it claims. */
const HARMFUL: ReadonlySet<string> = new Set([
  'certificate',
  'storage-layout',
  'history',
  'selectors',
  'containment-of-restriction',
])

/** The verdict that follows from the checks. Harm outweighs everything; one open question keeps a patch from being effective. How general it is
 * (`isGeneral`) is told apart from whether it works. */
export function decideVerdict(all: readonly Check[]): VerdictKind {
  const checks = all.filter(({ name }) => !name.startsWith(GENERALITY))
  const failed = checks.filter(({ result }) => result === 'fail')
  if (failed.some(({ name }) => HARMFUL.has(name))) return 'harmful'
  if (failed.length > 0) return 'ineffective'
  return checks.length === 0 || checks.some(({ result }) => result === 'inconclusive')
    ? 'inconclusive'
    : 'effective'
}

/** Whether a patch also stops the wider relatives of the attack. */
export function isGeneral(checks: readonly Check[]): boolean {
  return checks.every(({ name, result }) => !name.startsWith(GENERALITY) || result === 'pass')
}
