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
  /** Whether the code is on chain already (`planPublish`). */
  readonly published?: boolean
  /** Whether the guardians' approval is (`planCommit`). */
  readonly committed?: boolean
}

/**
 * The call that applies an approved restriction. Anyone may send it.
 *
 * @throws APPROVAL_INVALID when code or certificate are not those that were signed.
 */
export function planRestrict(approval: Approval, options: PlanRestrictOptions): PlannedCall {
  const { gate, restriction, signatures } = approval
  const { runtime, published = false, committed = false } = options
  const certificate = encodeCertificate(options.certificate, options.parametersOf)
  assertSigned('patchedCodeHash', keccak256(runtime), restriction.patchedCodeHash)
  assertSigned('certificateHash', hashCertificate(certificate), restriction.certificateHash)
  const data = encodeFunctionData({
    abi: patchGateAbi,
    functionName: 'restrict',
    args: [restriction, published ? '0x' : runtime, certificate, committed ? [] : signatures],
  })
  return { to: gate, data }
}

/**
 * The call that puts the approved code on chain, where it does nothing yet. Anyone may send it, and anyone sees the code from then on.
 *
 * @throws APPROVAL_INVALID when the code is not the one that was signed.
 */
export function planPublish(
  { gate, restriction, signatures }: Approval,
  { runtime, committed = false }: Pick<PlanRestrictOptions, 'runtime' | 'committed'>,
): PlannedCall {
  assertSigned('patchedCodeHash', keccak256(runtime), restriction.patchedCodeHash)
  const args = [restriction, runtime, committed ? [] : signatures] as const
  return { to: gate, data: encodeFunctionData({ abi: patchGateAbi, functionName: 'publish', args }) }
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
