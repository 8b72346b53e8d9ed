import { keccak256 } from 'viem'
import type { Hex } from '../../core/hex.ts'
import type { Certificate } from '../types.ts'
import { checkSelf } from './check-self.ts'
import { checkSite } from './check-site.ts'
import { checkWrites } from './check-writes.ts'
import { derivePatched } from './derive.ts'
import { certificateSchema } from './parse-certificate.ts'
import { type Rejection, reject } from './rejection.ts'
import { surveyOriginal } from './survey.ts'

export interface CertificateClaim {
  readonly original: Uint8Array
  readonly patched: Uint8Array
  /** Untrusted. */
  readonly certificate: unknown
  /** The root registered for the original. Without it the certificate's own root is believed, and the answer says so. */
  readonly siteMapRoot?: Hex
}

export type CheckResult =
  | { readonly accepted: true; readonly siteMap: 'registered' | 'claimed' }
  | ({ readonly accepted: false } & Rejection)

const MAX_CODE_SIZE = 24_576

/**
 * Decides whether `patched` is a restriction of `original`: it derives the patched code again from the original and the certificate and
 * compares. Shares nothing with the patcher but the disassembler and the template table.
 *
 * What the argument assumes and cannot be seen here: the site map names only code that is never read as data; jump targets of the original
 * are not chosen by a caller (bytes of the appendix and the ways back are new jump destinations); the original does not depend on its
 * code size, code hash, or the gas left; a call of the contract to itself that now reverts is not caught and taken for something else;
 * 1024 stack items leave room for a guard's; nobody relies on the 2,300 gas of a plain transfer at a patched place; no caller names the
 * storage slots the original uses; `self.from` is the address of the original, and `self.to` the one where the patched code is deployed.
 */
export function checkCertificate({
  original,
  patched,
  certificate,
  siteMapRoot,
}: CertificateClaim): CheckResult {
  const parsed = certificateSchema.safeParse(certificate)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    return {
      accepted: false,
      ...reject('malformed', `${issue.path.join('.') || '(root)'}: ${issue.message}`),
    }
  }
  const rejection = findRejection(original, patched, parsed.data, siteMapRoot)
  if (rejection) return { accepted: false, ...rejection }
  return { accepted: true, siteMap: siteMapRoot === undefined ? 'claimed' : 'registered' }
}

function findRejection(
  original: Uint8Array,
  patched: Uint8Array,
  certificate: Certificate,
  siteMapRoot: Hex | undefined,
): Rejection | null {
  if (patched.length > MAX_CODE_SIZE) return reject('size', `${patched.length} bytes`)
  if (keccak256(original) !== certificate.original) return reject('original-mismatch', certificate.original)
  if (keccak256(patched) !== certificate.patched) return reject('patched-mismatch', certificate.patched)
  if (siteMapRoot !== undefined && siteMapRoot !== certificate.siteMap) {
    return reject('site-map-mismatch', `registered ${siteMapRoot}, certificate ${certificate.siteMap}`)
  }
  const survey = surveyOriginal(original)
  let free = 0
  for (const site of certificate.sites) {
    if (site.pc < free) return reject('window-overlap', `window at ${site.pc}`)
    free = site.pc + site.length
    const rejection = checkSite(survey, site, certificate.siteMap)
    if (rejection) return rejection
  }
  const rejection = checkWrites(survey, certificate) ?? checkSelf(survey, certificate)
  if (rejection) return rejection
  return compare(derivePatched(survey, certificate), patched, certificate)
}

function compare(
  derived: { readonly code: Uint8Array; readonly trampolines: readonly number[] },
  patched: Uint8Array,
  certificate: Certificate,
): Rejection | null {
  const misplaced = certificate.sites.find((site, i) => site.trampoline !== derived.trampolines[i])
  if (misplaced)
    return reject('trampoline-misplaced', `window at ${misplaced.pc} says ${misplaced.trampoline}`)
  if (derived.code.length !== patched.length) {
    return reject(
      'derivation-mismatch',
      `derived ${derived.code.length} bytes, patched has ${patched.length}`,
    )
  }
  const at = derived.code.findIndex((byte, i) => byte !== patched[i])
  return at < 0 ? null : reject('derivation-mismatch', `first difference at offset ${at}`)
}
