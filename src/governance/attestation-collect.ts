import type { Rpc } from '../chain/types.ts'
import type { Address } from '../core/hex.ts'
import { hashAttestation, type SignedAttestation } from './attestation-data.ts'
import type { SentinelQuorumState } from './attestation-quorum.ts'
import { createContractSignatureCheck } from './check-contract-signature.ts'
import { checkSignature } from './check-signature.ts'
import type { Signature } from './types.ts'

/** What of an attestation's signatures counts. */
export interface CollectedAttestation {
  /** Of active watchers and good, ascending by signer as the contract wants them. */
  readonly signatures: readonly Signature[]
  readonly needed: number
  /** How many more it takes; 0 when it can be submitted. */
  readonly missing: number
  /** Active watchers that have not signed. */
  readonly awaited: readonly Address[]
  /** Signers whose word does not count, and why. */
  readonly ignored: readonly { readonly signer: Address; readonly why: string }[]
}

/** Looks at every signature on the chain as it is now: one that does not count holds nobody up. */
export async function collectAttestation(
  rpc: Rpc,
  signed: SignedAttestation,
  { watchers, quorum }: SentinelQuorumState,
): Promise<CollectedAttestation> {
  const digest = hashAttestation(signed, signed.attestation)
  const checkContractSignature = createContractSignatureCheck(rpc)
  const active = watchers.filter((one) => one.active).map(({ watcher }) => watcher)
  const good = new Map<Address, Signature>()
  const bad = new Map<Address, string>()
  for (const one of signed.signatures) {
    const { signer } = one
    const reason = watchers.some(({ watcher }) => watcher === signer) ? 'is not active' : 'is not admitted'
    const checked = active.includes(signer) ? await checkSignature(one, digest, checkContractSignature) : null
    if (checked) good.set(signer, checked)
    else bad.set(signer, active.includes(signer) ? 'did not sign this' : reason)
  }
  return {
    signatures: [...good.values()].sort((a, b) => (a.signer < b.signer ? -1 : 1)),
    needed: quorum,
    missing: Math.max(quorum - good.size, 0),
    awaited: active.filter((watcher) => !good.has(watcher)),
    ignored: [...bad].filter(([signer]) => !good.has(signer)).map(([signer, why]) => ({ signer, why })),
  }
}
