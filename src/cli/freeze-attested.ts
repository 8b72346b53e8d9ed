import { collectAttestation } from '../governance/attestation-collect.ts'
import { hashAttestation, type SignedAttestation } from '../governance/attestation-data.ts'
import { explainAttestation } from '../governance/attestation-explain.ts'
import { mergeAttestations, readAttestationFile } from '../governance/attestation-file.ts'
import { planAttestedFreeze } from '../governance/attestation-plan.ts'
import { type AttestationStatus, readAttestationStatus } from '../governance/attestation-status.ts'
import { describeTime } from '../governance/describe-time.ts'
import type { ExecutionStep } from '../pipeline/plan-execution.ts'
import { EXIT, print, printJson } from './output.ts'
import type { Place } from './place.ts'
import { showAttestation } from './show-attestation.ts'

/** @throws FILE_UNREADABLE, ATTESTATION_INVALID */
export async function readAttested(paths: readonly string[]): Promise<SignedAttestation> {
  const [first, ...others] = await Promise.all(paths.map(readAttestationFile))
  return mergeAttestations([first!, ...others])
}

/**
 * Shows what watchers attested to, and plans the freeze; nothing for an incident that was acted upon.
 *
 * @throws ATTESTATION_INVALID when too few active watchers signed
 */
export async function planAttested(
  { rpc }: Place,
  signed: SignedAttestation,
  { json = false }: { readonly json?: boolean },
): Promise<readonly ExecutionStep[]> {
  const { quorum, attestation } = signed
  const status = await readAttestationStatus(rpc, signed, attestation)
  if (status.actedUpon) {
    tellActedUpon(signed, status, json)
    return []
  }
  const collected = await collectAttestation(rpc, signed, status.quorum)
  const signers = collected.signatures.map(({ signer }) => signer)
  const explanation = explainAttestation(signed, { status, signed: signers, contracts: [] })
  if (json) printJson({ type: 'attestation', explanation, ignored: collected.ignored })
  else for (const line of showAttestation(explanation, collected.ignored)) print(line)
  const digest = hashAttestation(signed, attestation)
  const call = planAttestedFreeze(signed, collected)
  return [{ name: 'freeze', key: `${quorum}/${digest}/freeze`, ...call }]
}

/** Whoever acted upon the incident may have frozen something else: that is said, and is no success. */
function tellActedUpon(
  { attestation: { target, incident, selectors } }: SignedAttestation,
  { frozenUntil, quorum: { now } }: AttestationStatus,
  json: boolean,
): void {
  const freezes = selectors.map((selector, i) => ({ selector, until: frozenUntil[i]! }))
  if (json) printJson({ type: 'acted-upon', target, incident, freezes })
  else {
    print(`incident ${incident} was acted upon already at ${target}; nothing is sent`)
    for (const { selector, until } of freezes) {
      print(`  ${selector} ${until > now ? `frozen until ${describeTime(until, now)}` : 'NOT frozen now'}`)
    }
  }
  if (freezes.some(({ until }) => until <= now)) process.exitCode = EXIT.ineffective
}
