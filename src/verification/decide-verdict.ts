import type { Check, VerdictKind } from './types.ts'

/** A failure of one of these means that the patch does damage, or is not what it claims. */
const HARMFUL: ReadonlySet<string> = new Set([
  'certificate',
  'storage-layout',
  'history',
  'selectors',
  'containment-of-restriction',
])

/** The verdict that follows from the checks. Harm outweighs everything; one open question keeps a patch from being effective. */
export function decideVerdict(checks: readonly Check[]): VerdictKind {
  const failed = checks.filter(({ result }) => result === 'fail')
  if (failed.some(({ name }) => HARMFUL.has(name))) return 'harmful'
  if (failed.length > 0) return 'ineffective'
  return checks.length === 0 || checks.some(({ result }) => result === 'inconclusive')
    ? 'inconclusive'
    : 'effective'
}
