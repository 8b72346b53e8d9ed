import type { Rpc } from '../chain/types.ts'
import { SutureError } from '../core/errors.ts'
import type { Address, Hex } from '../core/hex.ts'
import { createContractSignatureCheck } from '../governance/check-contract-signature.ts'
import { explainGuards } from '../governance/explain-guards.ts'
import { type Explanation, explainRestriction, explainRollback } from '../governance/explain-proposal.ts'
import type { OpenRequest } from '../governance/inbox.ts'
import { keepGoodSignatures } from '../governance/keep-good-signatures.ts'
import { predictPatched } from '../governance/read-gate-target.ts'
import { readTargetStatus } from '../governance/read-target-status.ts'
import { hashRestriction, hashRollback } from '../governance/typed-data.ts'
import type { RollbackRequest, Signature } from '../governance/types.ts'
import { parseCertificate } from '../patching/checker/parse-certificate.ts'
import { describeSentence } from '../patching/describe.ts'
import { splitSentences } from '../patching/sentences.ts'
import type { PlacedGuard } from '../patching/types.ts'

/**
 * Explains a request for a person who is to sign it: from the chain and from what is signed, never from words the other side sends.
 *
 * @param evidenceAt where the evidence bundle can be read
 */
export async function explainRestrictionRequest(
  rpc: Rpc,
  request: OpenRequest,
  evidenceAt: string,
): Promise<Explanation> {
  const { gate, chainId, restriction } = request
  const { target, salt } = restriction
  const status = await readTargetStatus(rpc, { gate, target })
  const [patched, original, contracts] = await Promise.all([
    predictPatched(rpc, { gate, target, salt }),
    rpc.request<Hex>('eth_getCode', [status.original, 'latest']),
    findContracts(rpc, status.guardians),
  ])
  const guards = explainGuards({
    original,
    certificate: parseCertificate(request.certificate),
    splitGuards: splitSentences,
    describeGuards: describeOrNull,
  })
  const digest = hashRestriction({ gate, chainId }, restriction)
  const signatures = await readSignatures(rpc, request, { digest, guardians: status.guardians })
  const explained = { gate: { gate, chainId }, status, signatures, contracts }
  return explainRestriction(explained, restriction, { guards, patched, evidenceAt })
}

/** What a request asks for need not make sense; the person is told so instead of nothing. */
function describeOrNull(guards: readonly PlacedGuard[]): string | null {
  try {
    return describeSentence(guards)
  } catch (error) {
    if (error instanceof SutureError && error.code === 'CERTIFICATE_INVALID') return null
    throw error
  }
}

/** The same for a rollback. */
export async function explainRollbackRequest(rpc: Rpc, request: RollbackRequest): Promise<Explanation> {
  const { gate, chainId, rollback } = request
  const status = await readTargetStatus(rpc, { gate, target: rollback.target })
  const contracts = await findContracts(rpc, status.guardians)
  const digest = hashRollback({ gate, chainId }, rollback)
  const signatures = await readSignatures(rpc, request, { digest, guardians: status.guardians })
  return explainRollback({ gate: { gate, chainId }, status, signatures, contracts }, rollback)
}

/** Whatever digest the request claims, its signatures are to be over this one. */
function readSignatures(
  rpc: Rpc,
  { signatures }: Pick<OpenRequest, 'signatures'>,
  { digest, guardians }: { readonly digest: Hex; readonly guardians: readonly Address[] },
): Promise<Signature[]> {
  const checkContractSignature = createContractSignatureCheck(rpc)
  return keepGoodSignatures({ digest, signatures, guardians, checkContractSignature })
}

/** An account with an EIP-7702 delegation still signs with its key. */
const DELEGATION = '0xef0100'

async function findContracts(rpc: Rpc, accounts: readonly Address[]): Promise<Address[]> {
  const codes = await Promise.all(
    accounts.map((account) => rpc.request<Hex>('eth_getCode', [account, 'latest'])),
  )
  return accounts.filter((_, i) => codes[i] !== '0x' && !codes[i]!.startsWith(DELEGATION))
}
