import { setTimeout as sleep } from 'node:timers/promises'
import { Command, Option } from 'commander'
import { createRpc } from '../chain/rpc.ts'
import type { Rpc } from '../chain/types.ts'
import { openSigner } from '../config/signer.ts'
import { messageOf, SutureError } from '../core/errors.ts'
import { type Hex, toAddress } from '../core/hex.ts'
import { type ApprovalFile, readApprovalFile, writeApprovalFile } from '../governance/approval-file.ts'
import { createContractSignatureCheck } from '../governance/check-contract-signature.ts'
import type { Explanation } from '../governance/explain-proposal.ts'
import type { OpenRequest } from '../governance/inbox.ts'
import { readRequests, sendSignature } from '../governance/inbox-client.ts'
import { prepareRollback } from '../governance/prepare-rollback.ts'
import { readGateTarget } from '../governance/read-gate-target.ts'
import { signProposal } from '../governance/sign-proposal.ts'
import { hashRollback } from '../governance/typed-data.ts'
import type { Proposal, Signature } from '../governance/types.ts'
import { examineRollback } from '../pipeline/examine-rollback.ts'
import { explainRestrictionRequest, explainRollbackRequest } from '../pipeline/explain-request.ts'
import { type Examination, examineRequest } from '../pipeline/reproduce.ts'
import { confirm } from './confirm.ts'
import { EXIT, print, printJson, progress } from './output.ts'
import { readAddress } from './read-address.ts'

import { passwordAtTerminal } from './read-secret.ts'
import { printable, showExplanation } from './show-explanation.ts'
import { addSignerOptions, type SignerOptions, signerOf } from './signer-option.ts'

interface ApproveOptions extends SignerOptions {
  readonly url?: string
  readonly file?: string
  readonly rollback?: string
  readonly gate?: string
  readonly chainId: string
  readonly deadline: string
  readonly out?: string
  readonly rpcUrl: string
  readonly keyEnv: string
  readonly keystore?: string
  readonly auto?: boolean
  readonly json?: boolean
  readonly delay: string
}

const POLL_MS = 500
/** Milliseconds before a request that did not pass is examined again. */
const RETRY_MS = 5_000

export const approveCommand = addSignerOptions(
  new Command('approve')
    .description('be a guardian: examine what is to be signed on your own node, see what it means, and sign')
    .option('--url <url>', 'where a watching process listens; goes on until it is ended')
    .option('--file <path>', 'an approval to examine and to add a signature to')
    .option('--rollback <target>', 'ask for a restriction to be taken back, and sign first')
    .option('--gate <address>', 'with --rollback: the PatchGate')
    .option('--chain-id <id>', 'with --rollback: the chain', '1')
    .option('--deadline <seconds>', 'with --rollback: how long it may be used', '86400')
    .option('--out <path>', 'with --rollback: the file to write (default: rollback-<target>.json)')
    .addOption(new Option('--rpc-url <url>', 'your own node').env('RPC_URL').makeOptionMandatory())
    .option('--keystore <name>', 'your key, in .suture/keystores')
    .option(
      '--key-env <name>',
      'the environment variable with your key (for development)',
      'SUTURE_GUARDIAN_KEY',
    )
    .option('--auto', 'sign everything that passes examination without asking')
    .option('--delay <ms>', 'wait before examining, in milliseconds', '0')
    .option('--json', 'print one JSON object per line'),
)
  .addHelpText(
    'after',
    '\nOne of --url, --file and --rollback. Exit codes: 0 signed, 2 not signed, 1 bad input or failure.',
  )
  .action(async (options: ApproveOptions) => {
    const guardian = await openGuardian(options)
    if (options.file !== undefined) return approveFile(guardian, options.file)
    if (options.rollback !== undefined) return startRollback(guardian, options.rollback)
    if (options.url !== undefined) return approveInbox(guardian, options.url)
    throw new SutureError('CONFIG_INVALID', 'There is nothing to approve.', {
      meta: [
        'field: --url, --file or --rollback',
        'value: absent',
        'fix: say where requests are, or what to take back',
      ],
    })
  })

interface Guardian {
  readonly account: Awaited<ReturnType<typeof openSigner>>['account']
  readonly options: ApproveOptions
  readonly tell: (line: { readonly [key: string]: unknown }, text: string) => void
}

async function openGuardian(options: ApproveOptions): Promise<Guardian> {
  const reference =
    signerOf(options) ??
    (options.keystore
      ? ({ secret: 'keystore', name: options.keystore } as const)
      : ({ secret: 'env', name: options.keyEnv, optional: false } as const))
  const { account } = await openSigner(reference, { folder: process.cwd(), ...passwordAtTerminal() })
  const tell = (line: { readonly [key: string]: unknown }, text: string) =>
    options.json ? printJson({ guardian: account.address, ...line }) : print(text)
  return { account, options, tell }
}

// ---- requests of a watching process ----

async function approveInbox(guardian: Guardian, url: string): Promise<never> {
  const { account, tell } = guardian
  const isMine = ({ signer }: Signature) => signer === toAddress(account.address)
  const decisions = new Map<Hex, Decision>()
  tell({ type: 'ready' }, `guardian ${account.address} is ready`)
  for (;;) {
    const open = await readRequests(url).catch((error: unknown) => {
      progress(`waiting for ${url}: ${messageOf(error).split('\n')[0]}`)
      return []
    })
    for (const request of open.filter(({ signatures }) => !signatures.some(isMine))) {
      const decision = decisions.get(request.digest)
      if (decision?.kind === 'refused' || (decision?.kind === 'later' && decision.at > Date.now())) continue
      decisions.set(request.digest, await decide(guardian, request, decision))
    }
    await sleep(POLL_MS)
  }
}

/** What became of a request. A node that lags refuses what it will accept in a moment, so only a person's no is final. */
type Decision =
  | { readonly kind: 'signed'; readonly signature: Signature }
  | { readonly kind: 'refused' }
  | { readonly kind: 'later'; readonly at: number }

/** Examines and signs; or leaves a signature again with a watch that was restarted and lost it. */
async function decide(
  guardian: Guardian,
  request: OpenRequest,
  before: Decision | undefined,
): Promise<Decision> {
  const { options, tell } = guardian
  const { digest } = request
  const approval = { kind: 'restriction', request } as const
  try {
    await sleep(before?.kind === 'signed' ? 0 : Number(options.delay))
    const answer = before?.kind === 'signed' ? before : await examineAndSign(guardian, approval, options.url!)
    if (answer.kind !== 'signed') {
      return answer.kind === 'no' ? { kind: 'refused' } : { kind: 'later', at: Date.now() + RETRY_MS }
    }
    const { signature } = answer
    await sendSignature(options.url!, digest, signature)
    tell({ type: 'signed', digest }, `signed ${digest}`)
    return { kind: 'signed', signature }
  } catch (error) {
    tell({ type: 'failed', digest, reason: messageOf(error) }, `could not examine: ${messageOf(error)}`)
    return { kind: 'later', at: Date.now() + RETRY_MS }
  }
}

// ---- approvals that are handed from one to the next ----

async function approveFile(guardian: Guardian, path: string): Promise<void> {
  await signInto(guardian, path, await readApprovalFile(path))
}

async function startRollback(guardian: Guardian, given: string): Promise<void> {
  const { options } = guardian
  const target = readAddress('--rollback', given)
  const gate = readAddress('--gate', options.gate ?? '')
  const chainId = Number(options.chainId)
  const rpc = createRpc({ urls: [options.rpcUrl], chainId })
  try {
    const state = await readGateTarget(rpc, { gate, target })
    const block = await rpc.request<{ timestamp: Hex }>('eth_getBlockByNumber', ['latest', false])
    const deadline = BigInt(block.timestamp) + BigInt(options.deadline)
    const rollback = prepareRollback({ target, state, deadline })
    const digest = hashRollback({ gate, chainId }, rollback)
    const { guardians, threshold } = state
    const request = { gate, chainId, rollback, digest, guardians, threshold, signatures: [] }
    await signInto(guardian, options.out ?? `rollback-${target}.json`, { kind: 'rollback', request })
  } finally {
    rpc.close()
  }
}

async function signInto(guardian: Guardian, path: string, approval: ApprovalFile): Promise<void> {
  const { digest } = approval.request
  const answer = await examineAndSign(guardian, approval, path)
  if (answer.kind !== 'signed') {
    guardian.tell({ type: answer.kind, digest }, 'not signed')
    process.exitCode = EXIT.ineffective
    return
  }
  const { signature, quorum } = answer
  const others = approval.request.signatures.filter(
    ({ signer }) => signer !== signature.signer && quorum.signed.includes(signer),
  )
  const signatures = [...others, signature]
  const { threshold, guardians } = quorum
  const request = { ...approval.request, guardians, threshold, signatures }
  await writeApprovalFile(path, { ...approval, request } as ApprovalFile)
  const count = signatures.length
  guardian.tell(
    { type: 'signed', digest, path, signatures: count, threshold },
    `signed (${count} of ${threshold}): ${path}`,
  )
}

// ---- one decision ----

type Answer =
  | { readonly kind: 'no' | 'not-passed' }
  | { readonly kind: 'signed'; readonly signature: Signature; readonly quorum: Explanation['quorum'] }

async function examineAndSign(
  { account, options, tell }: Guardian,
  approval: ApprovalFile,
  from: string,
): Promise<Answer> {
  const { digest, gate, chainId } = approval.request
  const rpc = createRpc({ urls: [options.rpcUrl], chainId })
  try {
    const explanation = await explain(rpc, approval, from)
    const me = toAddress(account.address)
    const isGuardian = explanation.quorum.guardians.includes(me)
    const examinations: readonly Examination[] = [
      ...(await examine(rpc, approval)),
      { what: 'guardian', passed: isGuardian, detail: isGuardian ? me : `${me} is none of this gate` },
    ]
    const text = [...showExplanation(explanation), ...examinations.map(showExamination)].join('\n')
    tell({ type: 'examined', digest, examinations, explanation }, text)
    if (!examinations.every(({ passed }) => passed)) return { kind: 'not-passed' }
    if (!(options.auto || (await confirm('sign this?')))) return { kind: 'no' }
    const checkContractSignature = createContractSignatureCheck(rpc)
    const signing = { account, gate: { gate, chainId }, checkContractSignature }
    const signature = await signProposal(signing, proposalOf(approval))
    return { kind: 'signed', signature, quorum: explanation.quorum }
  } finally {
    rpc.close()
  }
}

const explain = (rpc: Rpc, approval: ApprovalFile, from: string) =>
  approval.kind === 'restriction'
    ? explainRestrictionRequest(rpc, approval.request, from)
    : explainRollbackRequest(rpc, approval.request)

const examine = (rpc: Rpc, approval: ApprovalFile): Promise<readonly Examination[]> =>
  approval.kind === 'restriction'
    ? examineRequest(rpc, approval.request)
    : examineRollback(rpc, approval.request)

const proposalOf = (approval: ApprovalFile): Proposal =>
  approval.kind === 'restriction'
    ? { kind: 'restriction', restriction: approval.request.restriction }
    : { kind: 'rollback', rollback: approval.request.rollback }

const showExamination = ({ what, passed, detail }: Examination): string =>
  printable(`  ${passed ? 'ok  ' : 'BAD '} ${what}: ${detail}`)
