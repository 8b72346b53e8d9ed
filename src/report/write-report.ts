import { effectiveCandidate } from '../incidents/facts.ts'
import { stateOf } from '../incidents/state.ts'
import type { Incident } from '../incidents/types.ts'
import { type Block, code, heading, listing, paragraph, strong } from './document.ts'
import { describeApproval, describePatch, describeTransactions, describeVerification } from './remedy.ts'
import { renderHtml } from './render-html.ts'
import { renderMarkdown } from './render-markdown.ts'
import { describeAttack, describeContainment, describeDiagnosis, type Source } from './sections.ts'
import { describeTimeline, minedIn, timeTo } from './timeline.ts'
import type { Report, ReportDetails } from './types.ts'
import { count, createWords } from './words.ts'

/** Enough of an id to tell incidents apart by eye; the whole stands below the title. */
const SHORT_ID = 10

/**
 * Tells an incident to the people who have to answer for it: what happened, what was done, why, and how anybody can check that. Pure; what
 * came from the chain is escaped in both forms.
 *
 * @example
 * const { markdown, html } = writeReport(incident, { events, execution, protection, codes })
 */
export function writeReport(incident: Incident, details: ReportDetails): Report {
  const source: Source = { incident, details, words: createWords(details) }
  const title = `${incident.protocol}: incident ${incident.id.slice(0, SHORT_ID)}`
  const blocks: Block[] = [
    heading(1, title),
    ...summarize(source),
    ...(details.events.length > 0 ? describeTimeline(details.events) : []),
    ...describeAttack(source),
    ...describeContainment(source),
    ...describeDiagnosis(source),
    ...describePatch(source),
    ...describeVerification(source),
    ...describeApproval(source),
    ...describeTransactions(source),
    ...howToVerify(source),
  ]
  return { markdown: renderMarkdown(blocks), html: renderHtml(title, blocks) }
}

function summarize(source: Source): Block[] {
  const { incident, words } = source
  const sentences = [attackSentence(source), freezeSentence(source), remedySentence(source)]
  return [
    paragraph(
      strong(`State: ${stateOf(incident)}. `),
      ...words.address(incident.victim),
      ` on chain ${incident.chainId}. Incident `,
      code(incident.id),
      '.',
    ),
    paragraph(sentences.filter((sentence) => sentence !== null).join(' ')),
  ]
}

function attackSentence({ incident: { sightings } }: Source): string {
  const [first] = sightings
  if (!first) return 'Nothing was seen.'
  const where = first.block
    ? `was seen when it was mined, in block ${first.block.number}: nothing could stop it any more, only what would have followed`
    : 'was seen while it was pending'
  return `An attack ${where}. ${sentence(first.finding.summary)}`
}

function freezeSentence({ incident, details }: Source): string | null {
  const { freeze } = minedIn(incident)
  if (freeze === null) return 'No freeze was mined.'
  const functions = new Set(
    incident.freezes.flatMap(({ containment }) => containment.functions.map((f) => f.target + f.selector)),
  )
  const elapsed = timeTo(details.events, 'FreezeMined')
  const time = elapsed === null ? '' : `, ${elapsed} ms after the attack was seen`
  return `${count(functions.size, 'function')} of the protocol ${functions.size === 1 ? 'was' : 'were'} frozen in block ${freeze}${time}; everything else went on.`
}

function remedySentence({ incident, details }: Source): string | null {
  const { diagnosis, approval } = incident
  if (!diagnosis) return null
  const cause = `The cause is ${diagnosis.class}: ${sentence(diagnosis.summary)}`
  const index = effectiveCandidate(incident)
  const candidate = index === null ? undefined : incident.candidates?.[index]
  if (!candidate) return `${cause} No patch was shown to work.`
  const checks = candidate.verdict?.checks ?? []
  const passed = checks.filter(({ result }) => result === 'pass').length
  const patch = `A patch that only refuses was made and passed ${passed} of ${count(checks.length, 'check')}.`
  const { restriction } = minedIn(incident)
  if (restriction === null || !approval) return `${cause} ${patch} It is not in force.`
  const elapsed = timeTo(details.events, 'RestrictionMined')
  const time = elapsed === null ? '' : ` (${elapsed} ms after the attack was seen)`
  return `${cause} ${patch} ${count(approval.signatures.length, 'guardian')} approved it, and it is in force since block ${restriction}${time}; the freeze ended with it.`
}

const sentence = (text: string): string => {
  const trimmed = text.trim().replace(/[.;,]$/, '')
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}.`
}

/** Nothing here needs Suture: any node and any EIP-712 tool will do. Arguments are hex and numbers, never text from the chain. */
function howToVerify({ incident }: Source): Block[] {
  const { request, restriction, sightings } = incident
  const receipts = [...incident.freezes.flatMap(({ sendings }) => sendings), ...restriction].flatMap(
    ({ receipt }) => (receipt ? [receipt.hash] : []),
  )
  const commands = [
    '# what happened: the attack, and every transaction of ours',
    ...sightings.map(({ transaction }) => `cast receipt ${transaction.hash}`),
    ...receipts.map((hash) => `cast receipt ${hash}`),
  ]
  if (request) {
    const { gate, restriction: r } = request
    commands.push(
      '# the patched code stands where the gate put it, and is what the guardians signed',
      `cast codehash $(cast call ${gate} 'predict(address,bytes32)(address)' ${r.target} ${r.salt})`,
      `# must print ${r.patchedCodeHash}`,
      '# the digest, as the gate computes it',
      `cast call ${gate} 'hashRestriction((address,bytes32,bytes32,bytes32,bytes32,bytes32,uint256,uint256))(bytes32)' '(${r.target},${r.originalCodeHash},${r.patchedCodeHash},${r.certificateHash},${r.bundleHash},${r.salt},${r.nonce},${r.deadline})'`,
    )
  }
  return [
    heading(2, 'How to verify this yourself'),
    paragraph('On a node of your own; set ETH_RPC_URL to it.'),
    listing(commands.join('\n'), 'sh'),
  ]
}
