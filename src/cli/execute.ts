import { Command } from 'commander'
import { SutureError } from '../core/errors.ts'
import { type ApprovalFile, readApprovalFile } from '../governance/approval-file.ts'
import { readGranted, readRequests } from '../governance/inbox-client.ts'
import { mergeApprovals } from '../governance/merge-approvals.ts'
import { planRollback, planSettle } from '../governance/plan-rollback.ts'
import { readGateTarget } from '../governance/read-gate-target.ts'
import { explainRestrictionRequest, explainRollbackRequest } from '../pipeline/explain-request.ts'
import { type ExecutionStep, planExecution } from '../pipeline/plan-execution.ts'
import { print, printJson } from './output.ts'
import { openPlace, type Place, type PlaceOptions, readContract, requireGate } from './place.ts'
import { showExplanation } from './show-explanation.ts'
import { addSubmitOptions } from './submit-options.ts'
import { type SubmitOptions, submitSteps } from './submit-steps.ts'

interface ExecuteOptions extends PlaceOptions, SubmitOptions {
  readonly url?: string
  readonly rollback?: string
  readonly settle?: string
  readonly commit?: boolean
  readonly publish?: boolean
}

export const executeCommand = addSubmitOptions(
  new Command('execute')
    .description('submit what guardians approved; a dry run unless --broadcast is given')
    .argument(
      '[approval...]',
      'files of `suture approve` about the same thing; with --url, the beginning of a digest',
    )
    .option('--url <url>', 'take the approval from a watching process')
    .option(
      '--rollback <target>',
      'put the original back without signatures: the owner, or anyone once the time is over',
    )
    .option(
      '--settle <target>',
      'take an idle shim away, or put one in place for a freeze made at the Breaker',
    )
    .option('--commit', 'put the approval on chain first, without saying what it is for')
    .option('--publish', 'put the code on chain in a transaction of its own'),
)
  .addHelpText('after', '\nExit codes: 0 done or would succeed, 2 would revert, 1 bad input or failure.')
  .action(async (given: string[], options: ExecuteOptions) => {
    const approval = await readApproval(given, options)
    const place = await openPlace(options, approval?.request.chainId)
    try {
      const steps = approval ? await planApproved(place, approval, options) : await planOpen(place, options)
      await submitSteps(place, steps, options)
    } finally {
      place.rpc.close()
    }
  })

/** null when something that needs no approval is asked for. */
async function readApproval(
  given: readonly string[],
  { url, rollback, settle }: ExecuteOptions,
): Promise<ApprovalFile | null> {
  const asked = [given.length > 0, rollback !== undefined, settle !== undefined].filter(Boolean)
  if (asked.length !== 1) {
    throw new SutureError('CONFIG_INVALID', 'What to execute is not clear.', {
      meta: ['field: [approval...], --rollback or --settle', 'fix: give one of them'],
    })
  }
  if (given.length === 0) return null
  if (url === undefined) {
    const [first, ...others] = await Promise.all(given.map(readApprovalFile))
    return mergeApprovals([first!, ...others])
  }
  // One that lacks signatures is found too: what is missing is said later.
  const known = (await Promise.all([readGranted(url), readRequests(url)])).flat()
  const found = known.filter(({ digest }) => digest.startsWith(given[0]!))
  if (found.length === 1) return { kind: 'restriction', request: found[0]! }
  throw new SutureError('APPROVAL_INVALID', 'Which approval is meant is not clear.', {
    meta: [`value: ${given[0]}`, `fix: give more of the digest; ${found.length} requests fit`],
  })
}

async function planApproved(
  place: Place,
  approval: ApprovalFile,
  { url, json, commit = false, publish = false }: ExecuteOptions,
): Promise<readonly ExecutionStep[]> {
  const explanation =
    approval.kind === 'restriction'
      ? await explainRestrictionRequest(place.rpc, approval.request, url ?? 'the file')
      : await explainRollbackRequest(place.rpc, approval.request)
  if (json) printJson({ type: 'approval', explanation })
  else for (const line of showExplanation(explanation)) print(line)
  return planExecution(place.rpc, approval, { commit, publish })
}

/** What needs no signatures. */
async function planOpen(
  place: Place,
  { rollback, settle }: ExecuteOptions,
): Promise<readonly ExecutionStep[]> {
  const gate = requireGate(place)
  const target = readContract(
    place,
    rollback === undefined ? '--settle' : '--rollback',
    (rollback ?? settle)!,
  )
  // Known to the gate, or this says so. Each restriction, and so each way back, has a nonce of its own.
  const { nonce } = await readGateTarget(place.rpc, { gate, target })
  if (rollback !== undefined) {
    return [
      { name: 'rollback', key: `${gate}/${target}/rollback/${nonce}`, ...planRollback({ gate, target }) },
    ]
  }
  const block = await place.rpc.request<string>('eth_blockNumber')
  return [{ name: 'settle', key: `${gate}/${target}/settle/${block}`, ...planSettle({ gate, target }) }]
}
