import { bytesOf } from '../core/hex.ts'
import { hashRestriction } from '../governance/typed-data.ts'
import { effectiveCandidate } from '../incidents/facts.ts'
import type { Candidate } from '../incidents/types.ts'
import { annotatePatch } from '../patching/annotate.ts'
import type { Certificate, Patch } from '../patching/types.ts'
import { type Block, code, heading, type Inline, list, listing, paragraph, table } from './document.ts'
import type { Source } from './sections.ts'
import { count } from './words.ts'

export function describePatch({ incident, details }: Source): Block[] {
  const index = effectiveCandidate(incident)
  const candidate = index === null ? undefined : incident.candidates?.[index]
  if (!candidate) return [heading(2, 'The patch'), paragraph('There is no patch that was shown to work.')]
  const { patches, description } = candidate.patch
  return [
    heading(2, 'The patch'),
    paragraph('It can only make calls revert that used to succeed. Guards:'),
    list(description),
    ...patches.flatMap((patch) => describeCode(patch, details.codes.get(patch.target) ?? null)),
  ]
}

function describeCode({ target, runtime, certificate }: Patch, original: `0x${string}` | null): Block[] {
  if (!runtime || !certificate) return []
  const annotated = original
    ? [listing(annotatePatch({ original: bytesOf(original), runtime, certificate }), 'diff')]
    : [paragraph('The original code was not kept, so it cannot be set beside the patch here.')]
  return [
    heading(3, `Code of ${target}`),
    ...annotated,
    heading(3, 'Certificate'),
    describeCertificate(certificate),
  ]
}

function describeCertificate({ original, patched, siteMap, sites, self }: Certificate): Block {
  const guards = sites.reduce((sum, site) => sum + site.guards.length, 0)
  const rows: (readonly [string, Inline])[] = [
    ['Original code', code(original)],
    ['Patched code', code(patched)],
    ['Site map', code(siteMap)],
    ['Sites', `${count(sites.length, 'window')} with ${count(guards, 'guard')}`],
    ['Own address', self ? `moved in ${count(self.offsets.length, 'place')}` : 'not in the code'],
  ]
  return table(['', 'keccak256 or count'], rows)
}

export function describeVerification({ incident }: Source): Block[] {
  const tried = (incident.candidates ?? []).filter(({ verdict }) => verdict !== null)
  if (tried.length === 0) return [heading(2, 'Verification'), paragraph('Nothing was verified.')]
  return [heading(2, 'Verification'), ...tried.flatMap(describeCandidate)]
}

function describeCandidate({ patch, verdict }: Candidate, index: number): Block[] {
  const { checks, gas, bundle } = verdict!
  return [
    heading(3, `Candidate ${index + 1}: ${verdict!.verdict}`),
    paragraph(`Refuses at most ${count(patch.cost, 'function')}. Evidence bundle `, code(bundle.hash), '.'),
    table(
      ['Check', 'Result', 'Detail'],
      checks.map(({ name, result, detail }) => [name, result, detail]),
    ),
    paragraph(
      `Gas of all benign transactions: ${gas.benignBefore} before, ${gas.benignAfter} after${change(gas)}.`,
    ),
  ]
}

function change({ benignBefore, benignAfter }: { benignBefore: bigint; benignAfter: bigint }): string {
  if (benignBefore === 0n) return ''
  const hundredths = Number(((benignAfter - benignBefore) * 10_000n) / benignBefore)
  return ` (${hundredths >= 0 ? '+' : ''}${(hundredths / 100).toFixed(2)} %)`
}

export function describeApproval({ incident }: Source): Block[] {
  const { request, approval } = incident
  if (!request) return [heading(2, 'Approval'), paragraph('Guardians were not asked.')]
  const { gate, restriction } = request
  const digest = hashRestriction({ gate, chainId: incident.chainId }, restriction)
  const signers = approval?.signatures.map(({ signer }) => [code(signer)]) ?? []
  return [
    heading(2, 'Approval'),
    table(
      ['', ''],
      [
        ['Gate', code(gate)],
        ['Digest (EIP-712)', code(digest)],
        ['Patched code', code(restriction.patchedCodeHash)],
        ['Certificate', code(restriction.certificateHash)],
        ['Evidence bundle', code(restriction.bundleHash)],
        ['Nonce', String(restriction.nonce)],
        ['Deadline', timeOf(restriction.deadline)],
      ],
    ),
    paragraph(
      signers.length > 0 ? `Signed by ${count(signers.length, 'guardian')}:` : 'Not enough guardians signed.',
    ),
    ...(signers.length > 0 ? [list(signers)] : []),
  ]
}

const timeOf = (seconds: bigint): string => {
  const date = new Date(Number(seconds) * 1_000)
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString()
}

export function describeTransactions({ incident }: Source): Block[] {
  const freezes = incident.freezes.flatMap(({ sendings }) => sendings)
  const rows = [
    ...freezes.map((sending) => ({ ...sending, purpose: 'freeze' })),
    ...incident.restriction.map((sending) => ({ ...sending, purpose: 'restriction' })),
  ].map(({ purpose, receipt }) =>
    receipt
      ? [
          purpose,
          code(receipt.hash),
          `${receipt.blockNumber}, position ${receipt.transactionIndex}`,
          receipt.status,
          String(receipt.gasUsed),
        ]
      : [purpose, 'not mined', '', '', ''],
  )
  if (rows.length === 0) return [heading(2, 'Transactions'), paragraph('Nothing was sent.')]
  return [heading(2, 'Transactions'), table(['For', 'Transaction', 'Block', 'Status', 'Gas'], rows)]
}
