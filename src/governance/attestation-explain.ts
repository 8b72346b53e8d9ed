import { domainSeparator, hashStruct } from 'viem'
import type { Address } from '../core/hex.ts'
import { attestationTypedData, hashAttestation, type SignedAttestation } from './attestation-data.ts'
import type { AttestationStatus } from './attestation-status.ts'
import { describeDuration, describeTime } from './describe-time.ts'
import type { ExplainedField, Explanation } from './explain-proposal.ts'
import type { PauserState } from './read-pauser.ts'
import { hashSafeMessage } from './safe-message.ts'

/** What a watcher's signature would stand for, for a person to read. */
export interface AttestationExplanation extends Omit<Explanation, 'quorum'> {
  readonly quorum: {
    readonly needed: number
    readonly active: readonly Address[]
    /** Active watchers whose signatures are good. */
    readonly signed: readonly Address[]
  }
}

interface Explained {
  readonly status: AttestationStatus
  /** Active watchers whose signatures are good. */
  readonly signed: readonly Address[]
  /** Signers that are contracts. */
  readonly contracts: readonly Address[]
}

/** Explains what watchers are asked to sign. */
export function explainAttestation(
  request: SignedAttestation,
  { status, signed, contracts }: Explained,
): AttestationExplanation {
  const { attestation, chainId } = request
  const { target, selectors, duration, incident, evidence, deadline } = attestation
  const { quorum, gate } = status
  const { domain, types, primaryType } = attestationTypedData(request, attestation)
  const digest = hashAttestation(request, attestation)
  return {
    headline: `freeze functions of ${target}`,
    domain: { ...domain, separator: domainSeparator({ domain }) },
    primaryType,
    fields: [
      field('target', target, gate ? `registered at the gate ${gate}` : 'asks the Breaker itself'),
      ...selectors.map((selector, i) =>
        field('selectors', selector, frozen(status.frozenUntil[i]!, quorum.now)),
      ),
      field('duration', String(duration), `${describeDuration(duration)} from when it is submitted`),
      field(
        'incident',
        incident,
        status.actedUpon ? 'ACTED UPON ALREADY' : 'acted upon once for this target',
      ),
      field('evidence', evidence, 'hash of what was seen, by which the owner judges who signed'),
      field('deadline', String(deadline), `usable until ${describeTime(deadline, quorum.now)}`),
    ],
    structHash: hashStruct<Record<string, unknown>, string>({
      data: { ...attestation },
      primaryType,
      types,
    }),
    digest,
    effects: effectsOf(status),
    quorum: {
      needed: quorum.quorum,
      active: quorum.watchers.filter(({ active }) => active).map(({ watcher }) => watcher),
      signed,
    },
    safes: contracts.map((safe) => hashSafeMessage({ safe, chainId }, digest)),
  }
}

const field = (name: string, value: string, meaning: string): ExplainedField => ({ name, value, meaning })

const frozen = (until: bigint, now: bigint): string =>
  until > now ? `frozen already until ${describeTime(until, now)}` : 'not frozen now'

function effectsOf({ quorum, pauser }: AttestationStatus): string[] {
  return [
    'Anyone may submit it once enough watchers signed. Calls to these functions are refused then.',
    describeFuse(pauser, quorum.now),
    'Only the owner or the gate can lift it before its end.',
    `Who signs stakes its bond: the owner can take it until ${describeDuration(quorum.unbondingPeriod)} after the deadline.`,
  ]
}

function describeFuse({ fuseEnd, budget }: PauserState, now: bigint): string {
  if (fuseEnd === 0n)
    return `It lights the fuse: all freezes by this quorum end ${describeDuration(budget)} later.`
  const end = describeTime(fuseEnd, now)
  return fuseEnd > now
    ? `It ends at ${end} at the latest, with the fuse that burns already.`
    : `THE BREAKER WILL REFUSE IT: the fuse of this quorum was blown at ${end}.`
}
