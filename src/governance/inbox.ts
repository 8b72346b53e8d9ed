import { SutureError } from '../core/errors.ts'
import type { Hex } from '../core/hex.ts'
import { toAddress } from '../core/hex.ts'
import type { Certificate } from '../patching/types.ts'
import type { EvidenceBundle } from '../verification/types.ts'
import { type CheckContractSignature, checkSignature } from './check-signature.ts'
import { collectApproval } from './collect-approval.ts'
import { hashRestriction } from './typed-data.ts'
import type { Approval, GateRef, Quorum, Restriction, Signature } from './types.ts'

/** Something guardians are asked to sign, with everything they need to check it themselves. */
export interface ApprovalRequest extends GateRef, Quorum {
  readonly incident: string
  readonly restriction: Restriction
  readonly runtime: Hex
  readonly certificate: Certificate
  /** What the patch does, one line per guard. */
  readonly description: readonly string[]
  readonly bundle: EvidenceBundle
}

export interface OpenRequest extends ApprovalRequest {
  /** EIP-712. */
  readonly digest: Hex
  readonly signatures: readonly Signature[]
}

/** Where guardians leave signatures. Nothing in it needs to outlive the process: guardians find an open request again and sign the same. */
export interface Inbox {
  /** Resolves with the approval once enough guardians have signed; rejects when `signal` fires. */
  collect(request: ApprovalRequest, signal: AbortSignal): Promise<Approval>
  requests(): readonly OpenRequest[]
  /** Requests of this process that enough guardians have signed, for whoever submits them. */
  granted(): readonly OpenRequest[]
  /**
   * Takes one guardian's signature.
   *
   * @throws APPROVAL_INVALID when the request is not open, or the signature is not this guardian's over it.
   */
  submit(digest: Hex, signature: Signature): Promise<void>
}

interface InboxOptions {
  readonly checkContractSignature?: CheckContractSignature
  readonly onSignature?: (request: OpenRequest, signature: Signature) => void
}

interface Entry {
  readonly request: ApprovalRequest
  readonly signatures: Map<string, Signature>
  readonly approve: (approval: Approval) => void
}

export function createInbox({ checkContractSignature, onSignature }: InboxOptions = {}): Inbox {
  const entries = new Map<Hex, Entry>()
  const granted = new Map<Hex, OpenRequest>()

  const open = (digest: Hex, { request, signatures }: Entry): OpenRequest => ({
    ...request,
    digest,
    signatures: [...signatures.values()],
  })

  async function submit(digest: Hex, given: Signature): Promise<void> {
    const entry = entries.get(digest)
    if (!entry)
      throw invalid('No such approval is asked for.', [
        `digest: ${digest}`,
        'fix: read the open requests again',
      ])
    const { request, signatures, approve } = entry
    const signer = toAddress(given.signer)
    if (!request.guardians.includes(signer)) {
      throw invalid('The signer is no guardian of the gate.', [
        `signer: ${signer}`,
        'fix: sign with a guardian’s key',
      ])
    }
    const signature = await checkSignature({ ...given, signer }, digest, checkContractSignature)
    if (!signature) {
      throw invalid('The signature is not over this restriction.', [
        `signer: ${signer}`,
        'fix: sign the digest of the request',
      ])
    }
    if (signatures.has(signer)) return
    signatures.set(signer, signature)
    onSignature?.(open(digest, entry), signature)
    if (signatures.size < request.threshold) return
    const checking = checkContractSignature ? { checkContractSignature } : {}
    const approval = await collectApproval({ ...request, ...checking, signatures: [...signatures.values()] })
    granted.set(digest, open(digest, entry))
    approve(approval)
  }

  return {
    submit,
    requests: () => [...entries].map(([digest, entry]) => open(digest, entry)),
    granted: () => [...granted.values()],
    collect: (request, signal) =>
      new Promise((resolve, reject) => {
        const digest = hashRestriction(request, request.restriction)
        if (signal.aborted) {
          reject(signal.reason)
          return
        }
        const close = () => entries.delete(digest)
        const abandon = () => {
          close()
          reject(signal.reason)
        }
        signal.addEventListener('abort', abandon, { once: true })
        const approve = (approval: Approval) => {
          close()
          resolve(approval)
        }
        entries.set(digest, { request, signatures: new Map(), approve })
      }),
  }
}

const invalid = (sentence: string, meta: readonly string[]): SutureError =>
  new SutureError('APPROVAL_INVALID', sentence, { meta })
