import type { Incident } from '../incidents/types.ts'
import { drawCallTree } from './call-tree.ts'
import { type Block, code, heading, type Inline, list, listing, paragraph, table } from './document.ts'
import type { ReportDetails } from './types.ts'
import { join, type Words } from './words.ts'

/** What the sections of a report are made of. */
export interface Source {
  readonly incident: Incident
  readonly details: ReportDetails
  readonly words: Words
}

export function describeAttack({ incident, details, words }: Source): Block[] {
  const rows = incident.sightings.map(({ finding, transaction, block }) => [
    code(transaction.hash),
    block ? String(block.number) : 'pending',
    `${finding.detector}, ${finding.severity}`,
    finding.summary,
  ])
  const tree = details.execution
    ? [
        paragraph('Calls as they run without Suture; ', code('*'), ' marks protected contracts.'),
        listing(drawCallTree(details.execution, details.protection, words)),
      ]
    : []
  return [heading(2, 'The attack'), table(['Transaction', 'Block', 'Detector', 'Finding'], rows), ...tree]
}

export function describeContainment({ incident, words }: Source): Block[] {
  if (incident.freezes.length === 0) return [heading(2, 'Containment'), paragraph('Nothing was frozen.')]
  const plans = incident.freezes.flatMap(({ containment }) => {
    const { functions, leftOpen, means, duration } = containment
    const frozen = functions.map((ref) => words.function(ref))
    const open = leftOpen.map((ref) => [...words.function(ref), `: ${ref.why}`])
    return [
      paragraph(
        frozen.length > 0 ? `Frozen for at most ${duration} s, by ${kinds(means)}:` : 'Nothing was frozen.',
      ),
      ...(frozen.length > 0 ? [list(frozen)] : []),
      ...(open.length > 0 ? [paragraph('Left open on purpose:'), list(open)] : []),
    ]
  })
  return [heading(2, 'Containment'), ...plans]
}

const MEANS = { pause: "the protocol's own brake", breaker: 'the Breaker', shim: 'a shim before the proxy' }

const kinds = (means: readonly { readonly kind: keyof typeof MEANS }[]): string =>
  [...new Set(means.map(({ kind }) => MEANS[kind]))].join(' and ')

export function describeDiagnosis({ incident, words }: Source): Block[] {
  const { diagnosis } = incident
  if (!diagnosis) return [heading(2, 'Diagnosis'), paragraph('There is no diagnosis.')]
  const { target, selector, pc, slots, confidence, evidence } = diagnosis
  const facts: (readonly [string, readonly Inline[]])[] = [
    ['Class', [diagnosis.class]],
    ['Function', words.function({ target, selector })],
    ['Instruction', [`offset ${pc} of the code of `, code(diagnosis.code)]],
    [
      'Storage',
      slots.length > 0
        ? join(
            slots.map((slot) => [code(slot)]),
            ', ',
          )
        : ['none'],
    ],
    ['Confidence', [`${Math.round(confidence * 100)} %`]],
  ]
  return [
    heading(2, 'Diagnosis'),
    paragraph(diagnosis.summary),
    table(
      ['', ''],
      facts.map(([name, value]) => [name, value]),
    ),
    paragraph('Evidence, read from the execution:'),
    listing(JSON.stringify(evidence, null, 2)),
  ]
}
