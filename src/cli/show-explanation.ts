import type { Explanation } from '../governance/explain-proposal.ts'

/** What would be signed, for a terminal. */
export function showExplanation(explanation: Explanation): string[] {
  const { headline, domain, primaryType, fields, structHash, digest, effects, quorum, safes } = explanation
  const { signed, threshold, guardians } = quorum
  const missing = Math.max(threshold - signed.length, 0)
  return [
    `approval asked for: ${headline}`,
    row('domain', `${domain.name}, version ${domain.version}, chain ${domain.chainId}`),
    row('contract', domain.verifyingContract),
    row('separator', domain.separator),
    row('type', primaryType),
    ...fields.flatMap(({ name, value, meaning }) => [row(name, value), row('', meaning)]),
    row('struct hash', structHash),
    row('digest', `${digest} (EIP-712)`),
    ...effects.map((effect, i) => row(i === 0 ? 'effect' : '', effect)),
    row(
      'threshold',
      `${threshold} of ${guardians.length} guardians; ${missing === 0 ? 'reached' : `${missing} missing`}`,
    ),
    ...(signed.length > 0 ? signed : ['nobody']).map((signer, i) => row(i === 0 ? 'signed by' : '', signer)),
    ...safes.flatMap(({ safe, domainHash, messageHash, safeMessageHash }) => [
      row('contract guardian', `${safe}; if it is a Safe, its interface shows:`),
      row('', `SafeMessage hash ${safeMessageHash}`),
      row('', `domain hash      ${domainHash}`),
      row('', `message hash     ${messageHash}`),
    ]),
  ].map(printable)
}

const row = (name: string, value: string): string => `  ${name.padEnd(18)}${value}`

/** A terminal obeys control characters, and turns text around at others; none of them belongs in what is shown. */
export const printable = (line: string): string => line.replaceAll(/[\p{Cc}\p{Cf}]/gu, '?')
