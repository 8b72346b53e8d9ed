import type { CollectedAttestation } from '../governance/attestation-collect.ts'
import type { AttestationExplanation } from '../governance/attestation-explain.ts'
import type { SentinelQuorumState, Watcher } from '../governance/attestation-quorum.ts'
import { describeDuration, describeTime } from '../governance/describe-time.ts'
import { printable } from './show-explanation.ts'

/** What watchers attest to, for a terminal. */
export function showAttestation(
  explanation: AttestationExplanation,
  ignored: CollectedAttestation['ignored'],
): string[] {
  const { headline, domain, primaryType, fields, structHash, digest, effects, quorum, safes } = explanation
  const { needed, active, signed } = quorum
  const missing = Math.max(needed - signed.length, 0)
  return [
    `attestation: ${headline}`,
    row('domain', `${domain.name}, version ${domain.version}, chain ${domain.chainId}`),
    row('contract', domain.verifyingContract),
    row('separator', domain.separator),
    row('type', primaryType),
    ...fields.flatMap(({ name, value, meaning }) => [row(name, value), row('', meaning)]),
    row('struct hash', structHash),
    row('digest', `${digest} (EIP-712)`),
    ...listed('effect', effects),
    row(
      'quorum',
      `${needed} of ${active.length} active watchers; ${missing === 0 ? 'reached' : `${missing} missing`}`,
    ),
    ...listed('signed by', signed),
    ...listed(
      'does not count',
      ignored.map(({ signer, why }) => `${signer} ${why}`),
    ),
    ...safes.flatMap(({ safe, domainHash, messageHash, safeMessageHash }) => [
      row('contract watcher', `${safe}; if it is a Safe, its interface shows:`),
      row('', `SafeMessage hash ${safeMessageHash}`),
      row('', `domain hash      ${domainHash}`),
      row('', `message hash     ${messageHash}`),
    ]),
  ].map(printable)
}

/** Who watches, for a terminal. */
export function showQuorum(state: SentinelQuorumState): string[] {
  const { address, owner, breaker, quorum, minBond, unbondingPeriod, watchers, now } = state
  const active = watchers.filter((one) => one.active).length
  return [
    `${address}: SentinelQuorum`,
    row('owner', owner),
    row('breaker', breaker),
    row(
      'quorum',
      `${quorum} of ${active} active watchers${active < quorum ? '  TOO FEW: IT CANNOT FREEZE' : ''}`,
    ),
    row('least bond', `${minBond} wei`),
    row('unbonding', describeDuration(unbondingPeriod)),
    ...listed(
      'watchers',
      watchers.map((watcher) => describeWatcher(watcher, now)),
    ),
  ]
}

function describeWatcher({ watcher, bond, withdrawableAt, active }: Watcher, now: bigint): string {
  if (active) return `${watcher}  active, bond ${bond} wei`
  if (withdrawableAt === 0n) return `${watcher}  NOT ACTIVE, bond ${bond} wei`
  return `${watcher}  LEAVING, bond ${bond} wei, withdrawable ${describeTime(withdrawableAt, now)}`
}

const row = (name: string, value: string): string => `  ${name.padEnd(18)}${value}`

const listed = (name: string, values: readonly string[]): string[] =>
  values.map((value, i) => row(i === 0 ? name : '', value))
