import { encodeFunctionData, keccak256 } from 'viem'
import { SutureError } from '../core/errors.ts'
import type { Hex } from '../core/hex.ts'
import { patchGateAbi } from '../generated/contracts.ts'
import type { Certificate } from '../patching/types.ts'
import { encodeCertificate, hashCertificate } from './encode-certificate.ts'
import type { Approval, ParametersOf, PlannedCall } from './types.ts'

interface PlanRestrictOptions {
  /** The patched runtime code. */
  readonly runtime: Hex
  readonly certificate: Certificate
  readonly parametersOf: ParametersOf
}

/**
 * The call that applies an approved restriction. Anyone may send it.
 *
 * @throws APPROVAL_INVALID when code or certificate are not those that were signed.
 */
export function planRestrict(approval: Approval, options: PlanRestrictOptions): PlannedCall {
  const { gate, restriction, signatures } = approval
  const certificate = encodeCertificate(options.certificate, options.parametersOf)
  assertSigned('patchedCodeHash', keccak256(options.runtime), restriction.patchedCodeHash)
  assertSigned('certificateHash', hashCertificate(certificate), restriction.certificateHash)
  const data = encodeFunctionData({
    abi: patchGateAbi,
    functionName: 'restrict',
    args: [restriction, options.runtime, certificate, signatures],
  })
  return { to: gate, data }
}

function assertSigned(field: string, actual: Hex, signed: Hex): void {
  if (actual === signed) return
  throw new SutureError('APPROVAL_INVALID', 'The patch is not the one that was signed.', {
    meta: [
      `field: ${field}`,
      `value: ${actual}`,
      `signed: ${signed}`,
      'fix: submit the patch that was signed',
    ],
  })
}
