import { SutureError } from '../core/errors.ts'
import type { Address, Hex } from '../core/hex.ts'
import type { Certificate } from '../patching/types.ts'
import { encodeCertificate, hashCertificate } from './encode-certificate.ts'
import type { GateTarget, ParametersOf, Restriction } from './types.ts'

interface PrepareOptions {
  /** The proxy, or the beacon. */
  readonly target: Address
  /** What the gate knows of it (see `readGateTarget`). */
  readonly state: GateTarget
  readonly certificate: Certificate
  readonly bundleHash: Hex
  readonly salt: Hex
  /** Where the gate will put the patched code (see `predictPatched`). */
  readonly patchedAddress: Address
  /** Seconds since the epoch. */
  readonly deadline: bigint
  readonly parametersOf: ParametersOf
}

/**
 * What guardians are asked to sign for a patch.
 *
 * @throws APPROVAL_INVALID when the certificate is about other code, another site map or another address than the gate's: the gate
 * would refuse it, so nobody should sign it.
 */
export function prepareRestriction(options: PrepareOptions): Restriction {
  const { target, state, certificate, bundleHash, salt, patchedAddress, deadline, parametersOf } = options
  assertSame('original', certificate.original, state.originalCodeHash)
  assertSame('siteMap', certificate.siteMap, state.siteMapRoot)
  if (certificate.self) {
    assertSame('self.from', certificate.self.from, state.original)
    assertSame('self.to', certificate.self.to, patchedAddress)
  }
  return {
    target,
    originalCodeHash: certificate.original,
    patchedCodeHash: certificate.patched,
    certificateHash: hashCertificate(encodeCertificate(certificate, parametersOf)),
    bundleHash,
    salt,
    nonce: state.nonce,
    deadline,
  }
}

function assertSame(field: string, actual: Hex, expected: Hex): void {
  if (actual === expected) return
  throw new SutureError('APPROVAL_INVALID', 'The certificate is not about what the gate has registered.', {
    meta: [
      `field: ${field}`,
      `value: ${actual}`,
      `gate: ${expected}`,
      'fix: make the patch for what the gate has registered',
    ],
  })
}
