import { keccak256 } from 'viem'
import type { Hex } from '../../core/hex.ts'
import type { Patch } from '../../patching/types.ts'
import type { Check, VerificationRequest } from '../types.ts'
import { fail, inconclusive, isRestriction, pass } from './context.ts'

const NAME = 'certificate'

/** Every patch that claims to be a restriction has a certificate, and the checker accepts it. */
export function checkCertificates(
  { codes, checkCertificate }: Pick<VerificationRequest, 'codes' | 'checkCertificate'>,
  patches: readonly Patch[],
): Check {
  const restrictions = patches.filter(isRestriction)
  if (restrictions.length === 0)
    return pass(NAME, 'no patch claims to be a restriction: none needs a certificate')
  for (const { target, runtime, certificate } of restrictions) {
    if (certificate === null) return fail(NAME, `the patch of ${target} has no certificate`)
    const original = originalCode(codes, { target, claimed: certificate.original })
    if (original === null) return inconclusive(NAME, `the original code of ${target} is not known`)
    const answer = checkCertificate({ target, original, patched: runtime!, certificate })
    if (!answer.accepted) return fail(NAME, `${target}: ${answer.reason}: ${answer.detail}`)
  }
  return pass(NAME, `${restrictions.length} certificate(s) accepted`)
}

/** The code at the target; where the patch makes a new account (a new implementation), the known code the certificate starts from. */
function originalCode(
  codes: VerificationRequest['codes'],
  { target, claimed }: { readonly target: string; readonly claimed: Hex },
): Hex | null {
  const own = codes[target as keyof typeof codes]
  if (own !== undefined && own !== '0x') return own
  return Object.values(codes).find((code) => keccak256(code) === claimed) ?? null
}
