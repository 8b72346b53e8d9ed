import { domainSeparator, hashStruct } from 'viem'
import type { Address, Hex } from '../core/hex.ts'
import { describeDuration, describeTime } from './describe-time.ts'
import type { ExplainedGuard } from './explain-guards.ts'
import type { TargetStatus } from './read-target-status.ts'
import { hashSafeMessage, type SafeMessage } from './safe-message.ts'
import { describeKind } from './target-kinds.ts'
import { hashProposal, proposalTypedData } from './typed-data.ts'
import type { GateRef, Proposal, Restriction, Rollback, Signature } from './types.ts'

/** One field of what is signed: as it is, and what it means. */
export interface ExplainedField {
  readonly name: string
  readonly value: string
  readonly meaning: string
}

/** What a signature would stand for, for a person to read. Everything in it comes from the chain and from what is signed. */
export interface Explanation {
  readonly headline: string
  readonly domain: {
    readonly name: string
    readonly version: string
    readonly chainId: number
    readonly verifyingContract: Address
    readonly separator: Hex
  }
  readonly primaryType: string
  readonly fields: readonly ExplainedField[]
  readonly structHash: Hex
  /** EIP-712. */
  readonly digest: Hex
  /** What happens when it is used, one sentence each. */
  readonly effects: readonly string[]
  readonly quorum: {
    readonly threshold: number
    readonly guardians: readonly Address[]
    readonly signed: readonly Address[]
  }
  /** What the owners of guardians that are Safes compare with the Safe's own interface. */
  readonly safes: readonly SafeMessage[]
}

interface Explained {
  readonly gate: GateRef
  readonly status: TargetStatus
  readonly signatures: readonly Signature[]
  /** Guardians that are contracts. */
  readonly contracts: readonly Address[]
}

interface RestrictionDetails {
  readonly guards: readonly ExplainedGuard[]
  /** Where the patched code will be. */
  readonly patched: Address
  /** Where the evidence can be read. */
  readonly evidenceAt: string
}

/** Explains what guardians are asked to sign to restrict a target. */
export function explainRestriction(
  explained: Explained,
  restriction: Restriction,
  details: RestrictionDetails,
): Explanation {
  const { status } = explained
  return explain(
    explained,
    { kind: 'restriction', restriction },
    {
      headline: `restrict ${restriction.target}`,
      effects: effectsOfRestriction(status, details),
      fields: [
        targetField(status),
        field(
          'originalCodeHash',
          restriction.originalCodeHash,
          restriction.originalCodeHash === status.originalCodeHash
            ? `code registered for the target, at ${status.original}`
            : `NOT the code registered for the target, which is ${status.originalCodeHash}`,
        ),
        field(
          'patchedCodeHash',
          restriction.patchedCodeHash,
          `code that will run instead, at ${details.patched}`,
        ),
        field(
          'certificateHash',
          restriction.certificateHash,
          'proof that it can only refuse more; the gate checks it',
        ),
        field('bundleHash', restriction.bundleHash, `evidence, to be read at ${details.evidenceAt}`),
        field('salt', restriction.salt, 'random; names the address of the patched code'),
        ...freshnessFields(restriction, status),
      ],
    },
  )
}

/** Explains what guardians are asked to sign to take a restriction back. */
export function explainRollback(explained: Explained, rollback: Rollback): Explanation {
  const { status } = explained
  return explain(
    explained,
    { kind: 'rollback', rollback },
    {
      headline: `roll back ${rollback.target}`,
      effects: effectsOfRollback(status),
      fields: [targetField(status), ...freshnessFields(rollback, status)],
    },
  )
}

function explain(
  { gate, status, signatures, contracts }: Explained,
  proposal: Proposal,
  words: Pick<Explanation, 'headline' | 'effects' | 'fields'>,
): Explanation {
  const { domain, types, primaryType, message } = proposalTypedData(gate, proposal)
  const digest = hashProposal(gate, proposal)
  return {
    ...words,
    domain: { ...domain, separator: domainSeparator({ domain }) },
    primaryType,
    structHash: hashStruct<Record<string, unknown>, string>({ data: { ...message }, primaryType, types }),
    digest,
    quorum: {
      threshold: status.threshold,
      guardians: status.guardians,
      signed: signatures.map(({ signer }) => signer),
    },
    safes: contracts.map((safe) => hashSafeMessage({ safe, chainId: gate.chainId }, digest)),
  }
}

const field = (name: string, value: string, meaning: string): ExplainedField => ({ name, value, meaning })

const targetField = ({ target, kind }: TargetStatus): ExplainedField =>
  field('target', target, describeKind(kind))

function freshnessFields(
  { nonce, deadline }: Pick<Rollback, 'nonce' | 'deadline'>,
  status: TargetStatus,
): ExplainedField[] {
  const fits =
    nonce === status.nonce ? 'the next of the target' : `NOT the next of the target, which is ${status.nonce}`
  return [
    field('nonce', String(nonce), fits),
    field('deadline', String(deadline), `usable until ${describeTime(deadline, status.now)}`),
  ]
}

function effectsOfRestriction(status: TargetStatus, { guards }: RestrictionDetails): string[] {
  const { restrictableUntil, provisionalPeriod, now, freezes, provisional, current } = {
    ...status,
    restrictableUntil: status.provisionalUntil,
  }
  const until = restrictableUntil === 0n ? now + provisionalPeriod : restrictableUntil
  return [
    'The target runs the registered original with these guards; the gate refuses code that is anything else:',
    ...guards.map((guard) => `  ${describeGuarded(guard)}`),
    ...(provisional
      ? [`It takes the place of the restriction at ${current}, whose guards are gone unless they are above.`]
      : []),
    freezes.length > 0
      ? `It lifts the freezes of ${freezes.map(({ selector }) => selector).join(', ')}, and re-arms the pausers.`
      : 'Nothing is frozen now; freezes made until then are lifted.',
    until <= now
      ? `THE GATE WILL REFUSE IT: the time for restricting was over at ${describeTime(until, now)}.`
      : `It is provisional: unless the owner ratifies it, anyone may put the original back from ${describeTime(until, now)}.`,
  ]
}

function describeGuarded({ pc, template, words, functions }: ExplainedGuard): string {
  const where = functions.length > 0 ? `in ${functions.join(', ')}` : 'in code no known function leads to'
  return `${words}; ${where} (${template} at ${pc})`
}

function effectsOfRollback({
  provisional,
  original,
  current,
  provisionalUntil,
  now,
}: TargetStatus): string[] {
  if (!provisional) return ['THE GATE WILL REFUSE IT: the target runs its original already.']
  const left = provisionalUntil > now ? describeDuration(provisionalUntil - now) : null
  return [
    `The target runs its original ${original} again, with every flaw it has; the restriction at ${current} is gone.`,
    'Freezes that last stay.',
    left === null
      ? 'Guardians cannot restrict it again until the owner re-arms it.'
      : `Guardians can restrict it again for ${left}.`,
  ]
}
