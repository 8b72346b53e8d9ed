import { SutureError } from '../core/errors.ts'
import type { ApprovalFile } from './approval-file.ts'
import { hashProposal } from './typed-data.ts'

/**
 * One approval of several files about the same thing, with the signatures of all, good or bad: guardians need not wait for one another.
 *
 * @throws APPROVAL_INVALID when they are about different things
 */
export function mergeApprovals(files: readonly [ApprovalFile, ...ApprovalFile[]]): ApprovalFile {
  const [first, ...others] = files
  const digest = digestOf(first)
  const stranger = others.find((other) => digestOf(other) !== digest)
  if (stranger) {
    throw new SutureError('APPROVAL_INVALID', 'The approvals are about different things.', {
      meta: [`digest: ${digest}`, `digest: ${digestOf(stranger)}`, 'fix: give files with the same digest'],
    })
  }
  const signatures = files.flatMap((file) => file.request.signatures)
  return { ...first, request: { ...first.request, signatures } } as ApprovalFile
}

/** Of what the file says, whatever digest it claims. */
function digestOf(file: ApprovalFile): string {
  const { gate, chainId } = file.request
  return file.kind === 'restriction'
    ? hashProposal({ gate, chainId }, { kind: 'restriction', restriction: file.request.restriction })
    : hashProposal({ gate, chainId }, { kind: 'rollback', rollback: file.request.rollback })
}
