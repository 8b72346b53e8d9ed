import type { Rpc } from '../chain/types.ts'
import type { Address, Hex } from '../core/hex.ts'
import { patchGateAbi } from '../generated/contracts.ts'
import type { ApprovalFile } from '../governance/approval-file.ts'
import { createContractSignatureCheck } from '../governance/check-contract-signature.ts'
import { collectApproval, collectRollback } from '../governance/collect-approval.ts'
import { keepGoodSignatures } from '../governance/keep-good-signatures.ts'
import { planCommit } from '../governance/plan-commit.ts'
import { planPublish, planRestrict } from '../governance/plan-restrict.ts'
import { planApprovedRollback } from '../governance/plan-rollback.ts'
import { predictPatched, readGateTarget } from '../governance/read-gate-target.ts'
import { readView } from '../governance/read-view.ts'
import { hashRestriction, hashRollback } from '../governance/typed-data.ts'
import type { PlannedCall, Signature } from '../governance/types.ts'
import { parseCertificate } from '../patching/checker/parse-certificate.ts'
import { findTemplate } from '../patching/templates/table.ts'

/** One transaction of several that together bring an approval about. */
export interface ExecutionStep extends PlannedCall {
  /** For people, e.g. `restrict`. */
  readonly name: string
  /** Unique for what it does, so that it is sent once. */
  readonly key: string
}

interface PlanOptions {
  /** Put the approval on chain first, without saying what it is for. */
  readonly commit: boolean
  /** Put the code on chain before it is used, in a transaction of its own. */
  readonly publish: boolean
}

/**
 * The transactions that bring an approval about, in order. What is on chain already is not planned again. Guardians and threshold are asked
 * of the gate, not of the file.
 *
 * @throws APPROVAL_INVALID when there are too few good signatures, or the patch is not the one that was signed.
 */
export async function planExecution(
  rpc: Rpc,
  approval: ApprovalFile,
  options: PlanOptions,
): Promise<readonly ExecutionStep[]> {
  return approval.kind === 'restriction'
    ? planRestriction(rpc, approval.request, options)
    : planRollback(rpc, approval.request, options)
}

type RequestOf<K extends ApprovalFile['kind']> = Extract<ApprovalFile, { kind: K }>['request']

async function planRestriction(
  rpc: Rpc,
  request: RequestOf<'restriction'>,
  options: PlanOptions,
): Promise<readonly ExecutionStep[]> {
  const { gate, chainId, restriction, runtime } = request
  const { target, salt, patchedCodeHash } = restriction
  const digest = hashRestriction({ gate, chainId }, restriction)
  const quorum = await readQuorum(rpc, { gate, target, digest, signatures: request.signatures })
  const approval = await collectApproval({ gate, chainId, restriction, ...quorum })
  const [onChain, there] = await Promise.all([
    isCommitted(rpc, gate, digest),
    predictPatched(rpc, { gate, target, salt }).then((at) => hasCode(rpc, at)),
  ])
  const committed = onChain || options.commit
  const published = there || options.publish
  const restrict = planRestrict(approval, {
    runtime,
    certificate: parseCertificate(request.certificate),
    parametersOf: (name) => findTemplate(name)?.params,
    ...{ committed, published },
  })
  const key = (name: string) => `${gate}/${digest}/${name}`
  return [
    ...commitStep(approval, digest, options.commit && !onChain),
    ...(options.publish && !there
      ? [{ name: 'publish' as const, key: key('publish'), ...planPublish(approval, { runtime, committed }) }]
      : []),
    { name: 'restrict', key: key(`restrict/${patchedCodeHash.slice(0, 10)}`), ...restrict },
  ]
}

async function planRollback(
  rpc: Rpc,
  request: RequestOf<'rollback'>,
  options: PlanOptions,
): Promise<readonly ExecutionStep[]> {
  const { gate, chainId, rollback } = request
  const digest = hashRollback({ gate, chainId }, rollback)
  const { target } = rollback
  const quorum = await readQuorum(rpc, { gate, target, digest, signatures: request.signatures })
  const approval = await collectRollback({ gate, chainId, rollback, ...quorum })
  const onChain = await isCommitted(rpc, gate, digest)
  const committed = onChain || options.commit
  return [
    ...commitStep(approval, digest, options.commit && !onChain),
    { name: 'rollback', key: `${gate}/${digest}/rollback`, ...planApprovedRollback(approval, { committed }) },
  ]
}

/** Who may approve by the gate's word, and the signatures that count. */
async function readQuorum(
  rpc: Rpc,
  {
    gate,
    target,
    digest,
    signatures,
  }: { gate: Address; target: Address; digest: Hex; signatures: readonly Signature[] },
) {
  const checkContractSignature = createContractSignatureCheck(rpc)
  const { guardians, threshold } = await readGateTarget(rpc, { gate, target })
  const good = await keepGoodSignatures({ digest, signatures, guardians, checkContractSignature })
  return { guardians, threshold, signatures: good, checkContractSignature }
}

function commitStep(
  { gate, signatures }: Pick<Parameters<typeof planCommit>[0], 'gate' | 'signatures'>,
  digest: Hex,
  needed: boolean,
): ExecutionStep[] {
  if (!needed) return []
  return [{ name: 'commit', key: `${gate}/${digest}/commit`, ...planCommit({ gate, digest, signatures }) }]
}

const isCommitted = (rpc: Rpc, gate: Hex, digest: Hex): Promise<boolean> =>
  readView(rpc, { abi: patchGateAbi, address: gate, what: 'a PatchGate' }, 'isCommitted', [digest])

const hasCode = async (rpc: Rpc, account: Hex): Promise<boolean> =>
  (await rpc.request<Hex>('eth_getCode', [account, 'latest'])) !== '0x'
