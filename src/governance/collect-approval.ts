import { SutureError } from '../core/errors.ts'
import { type Hex, toAddress } from '../core/hex.ts'
import { type CheckContractSignature, checkSignature } from './check-signature.ts'
import { hashRestriction, hashRollback } from './typed-data.ts'
import type {
  Approval,
  GateRef,
  Quorum,
  Restriction,
  Rollback,
  RollbackApproval,
  Signature,
} from './types.ts'

interface Collected extends GateRef, Quorum {
  readonly signatures: readonly Signature[]
  /** For guardians that are contracts. */
  readonly checkContractSignature?: CheckContractSignature
}

/**
 * Makes an approval of signatures: each checked, ascending by signer as the gate wants them.
 *
 * @throws APPROVAL_INVALID when a signer is no guardian or signs twice, a signature is not over this restriction for this gate, or
 * there are fewer than the threshold. Check signatures as they come in (`checkSignature`), so that a bad one holds nobody up.
 */
export async function collectApproval(
  options: Collected & { readonly restriction: Restriction },
): Promise<Approval> {
  const { gate, chainId, restriction } = options
  const signatures = await collectSignatures(options, hashRestriction({ gate, chainId }, restriction))
  return { gate, chainId, restriction, signatures }
}

/** The same for a rollback. */
export async function collectRollback(
  options: Collected & { readonly rollback: Rollback },
): Promise<RollbackApproval> {
  const { gate, chainId, rollback } = options
  const signatures = await collectSignatures(options, hashRollback({ gate, chainId }, rollback))
  return { gate, chainId, rollback, signatures }
}

async function collectSignatures(options: Collected, digest: Hex): Promise<Signature[]> {
  const { guardians, threshold, checkContractSignature } = options
  const known = new Set(guardians.map(toAddress))
  const checked = new Map<string, Signature>()
  for (const given of options.signatures) {
    const signer = toAddress(given.signer)
    if (!known.has(signer)) throw invalid('A signer is no guardian of the gate.', [`signer: ${signer}`])
    if (checked.has(signer)) throw invalid('A guardian signed twice.', [`signer: ${signer}`])
    const signature = await checkSignature({ ...given, signer }, digest, checkContractSignature)
    if (!signature) {
      throw invalid('A signature is not over what is to be approved.', [
        `signer: ${signer}`,
        `digest: ${digest}`,
      ])
    }
    checked.set(signer, signature)
  }
  if (checked.size < threshold) {
    throw invalid('Too few guardians signed.', [`signatures: ${checked.size}`, `threshold: ${threshold}`])
  }
  return [...checked.values()].sort((a, b) => (a.signer < b.signer ? -1 : 1))
}

const invalid = (sentence: string, meta: readonly string[]): SutureError =>
  new SutureError('APPROVAL_INVALID', sentence, {
    meta: [
      ...meta,
      'fix: collect signatures of distinct guardians over this very thing, this gate and this chain',
    ],
  })
