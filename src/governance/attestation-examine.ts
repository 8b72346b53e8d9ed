import { encodeFunctionData } from 'viem'
import type { Rpc } from '../chain/types.ts'
import type { Address, Hex } from '../core/hex.ts'
import { RpcError } from '../core/rpc-error.ts'
import { breakerAbi } from '../generated/contracts.ts'
import { hashAttestation, type SignedAttestation } from './attestation-data.ts'
import type { AttestationStatus } from './attestation-status.ts'
import { describeRevert } from './decode-effects.ts'
import { describeDuration, describeTime } from './describe-time.ts'
import { planFreeze } from './plan-freeze.ts'
import type { PlannedCall } from './types.ts'

/** Something that was looked at before signing. */
export interface AttestationCheck {
  readonly what: string
  readonly passed: boolean
  readonly detail: string
}

/** A watcher can be punished for what it signed as long as it may be used, and for the unbonding period afterwards. */
const LONGEST_DEADLINE = 7n * 24n * 3600n

/**
 * Checks on the watcher's own node whether its word would count and the freeze would come about. Whether the incident calls for it is for
 * the watcher to judge.
 */
export async function examineAttestation(
  rpc: Rpc,
  signed: SignedAttestation,
  { status, watcher }: { readonly status: AttestationStatus; readonly watcher: Address },
): Promise<readonly AttestationCheck[]> {
  const { attestation } = signed
  const digest = hashAttestation(signed, attestation)
  const { now } = status.quorum
  const left = attestation.deadline - now
  return [
    {
      what: 'digest',
      passed: status.digest === digest,
      detail:
        status.digest === digest
          ? 'the SentinelQuorum computes the same'
          : `the SentinelQuorum computes ${status.digest}`,
    },
    checkPauser(status),
    {
      what: 'incident',
      passed: !status.actedUpon,
      detail: status.actedUpon ? 'acted upon already at this target' : 'not acted upon yet at this target',
    },
    {
      what: 'deadline',
      passed: left > 0n && left <= LONGEST_DEADLINE,
      detail: describeTime(attestation.deadline, now),
    },
    await rehearseFreeze(rpc, signed, status),
    checkWatcher(status, watcher),
  ]
}

/** The quorum must be trusted with the target, have been heard of, and have time left for freezing it. */
function checkPauser({ pauser, quorum }: AttestationStatus): AttestationCheck {
  const { budget, silentAfter, fuseEnd } = pauser
  const { now } = quorum
  const verdict = (passed: boolean, detail: string) => ({ what: 'pauser', passed, detail })
  if (budget === 0n)
    return verdict(
      false,
      'the SentinelQuorum is no pauser of the target; behind a beacon or diamond, name the --gate',
    )
  if (silentAfter < now)
    return verdict(false, `the SentinelQuorum is silent since ${describeTime(silentAfter, now)}`)
  if (fuseEnd === 0n) return verdict(true, `its fuse is armed: ${describeDuration(budget)}`)
  return fuseEnd > now
    ? verdict(true, `its fuse burns until ${describeTime(fuseEnd, now)}, and no freeze lasts longer`)
    : verdict(false, `its fuse is blown since ${describeTime(fuseEnd, now)}`)
}

function checkWatcher({ quorum }: AttestationStatus, watcher: Address): AttestationCheck {
  const known = quorum.watchers.find((one) => one.watcher === watcher)
  const verdict = (passed: boolean, detail: string) => ({
    what: 'watcher',
    passed,
    detail: `${watcher} ${detail}`,
  })
  if (!known) return verdict(false, 'is not admitted')
  if (known.active) return verdict(true, `is active with a bond of ${known.bond} wei`)
  if (known.withdrawableAt !== 0n) return verdict(false, 'is leaving and does not count; it can bond again')
  return verdict(false, `does not count: its bond is ${known.bond} wei, and it takes ${quorum.minBond}`)
}

/** What the SentinelQuorum would do once enough watchers signed, tried on the node. */
async function rehearseFreeze(
  rpc: Rpc,
  { quorum, attestation }: SignedAttestation,
  { gate, quorum: { breaker } }: AttestationStatus,
): Promise<AttestationCheck> {
  const { to, data } = gate ? planFreeze({ gate, ...attestation }) : planBreakerFreeze(breaker, attestation)
  const via = gate ? `the gate ${gate}` : `the Breaker ${breaker}`
  const verdict = (passed: boolean, detail: string) => ({ what: 'freeze', passed, detail })
  try {
    await rpc.request<Hex>('eth_call', [{ from: quorum, to, data }, 'latest'])
    return verdict(true, `would succeed at ${via}`)
  } catch (error) {
    if (!(error instanceof RpcError) || error.retryable) throw error
    return verdict(false, `would fail at ${via}: ${describeRevert(revertOf(error))}`)
  }
}

function planBreakerFreeze(
  breaker: Address,
  { target, selectors, duration, incident }: SignedAttestation['attestation'],
): PlannedCall {
  const args = [target, selectors, duration, incident] as const
  return { to: breaker, data: encodeFunctionData({ abi: breakerAbi, functionName: 'freeze', args }) }
}

const revertOf = ({ data }: RpcError): Hex =>
  typeof data === 'string' && /^0x[0-9a-fA-F]*$/.test(data) ? (data as Hex) : '0x'
