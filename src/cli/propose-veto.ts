import { Command } from 'commander'
import { z } from 'zod'
import { SutureError } from '../core/errors.ts'
import { type Address, type Hex, toAddress } from '../core/hex.ts'
import { toJson } from '../core/json.ts'
import { readJsonFile } from '../core/read-json.ts'
import { validate } from '../core/validate.ts'
import { scheduledBy } from '../governance/batches/veto-batch.ts'
import { describeTime } from '../governance/describe-time.ts'
import type { PlannedCall } from '../governance/types.ts'
import { planVeto, type Veto } from '../pipeline/propose-veto.ts'
import { print, printJson } from './output.ts'
import { openPlace } from './place.ts'
import { addOutputOptions, type OutputOptions } from './propose-options.ts'
import { readAddress } from './read-address.ts'
import { printable } from './show-explanation.ts'
import { writeBatches } from './write-batches.ts'

interface VetoCliOptions extends OutputOptions {
  readonly vetoGovernor: string
  readonly reason?: string
}

export const vetoCommand = addOutputOptions(
  new Command('veto')
    .description('a vote of a VetoGovernor that cancels what waits in its timelock')
    .argument('<operation>', 'the id of a timelock operation, or a file that schedules it')
    .requiredOption('--veto-governor <address>', 'the VetoGovernor that may cancel')
    .option('--reason <text>', 'for those who vote; another reason makes another proposal'),
)
  .addHelpText(
    'after',
    '\nExample:\n  $ suture propose veto propose/upgrade.timelock.json --veto-governor 0x… --reason "the new code can be emptied"',
  )
  .action(async (given: string, options: VetoCliOptions) => {
    const subject = await readOperations(given)
    const place = await openPlace(options)
    try {
      const { rpc } = place
      const governor = readAddress('--veto-governor', options.vetoGovernor)
      const { reason } = options
      await tell(await planVeto({ rpc, governor, ...subject, ...(reason ? { reason } : {}) }), options)
    } finally {
      place.rpc.close()
    }
  })

async function tell(veto: Veto, { out, force, json }: OutputOptions): Promise<void> {
  const { block, objections, ...found } = veto
  const fit = objections.length === 0 || force
  const files = fit ? await writeBatches(out, [fileOf(veto)], ['veto']) : []
  if (json) {
    const head = { format: 'suture-veto/1', block: { number: block.number, hash: block.hash } }
    printJson({ ...head, ...found, objections, files })
  } else for (const line of describeVeto(veto, files)) print(printable(line))
  if (!fit) throw rejected(objections)
}

function fileOf({ proposal, operations, timelock, times }: Veto) {
  const content = toJson({ ...proposal, timelock, operations, times })
  return { name: 'veto.governor.json', text: `${JSON.stringify(content, null, 2)}\n` }
}

function describeVeto({ proposal, proposed, times, notes, block }: Veto, files: readonly string[]): string[] {
  const about = times.estimated ? 'about ' : ''
  const at = (seconds: bigint) => `${about}${describeTime(seconds, block.timestamp)}`
  return [
    proposal.description,
    `  governor      ${proposal.governor}`,
    `  proposal      ${BigInt(proposal.proposalId)}${proposed ? ', proposed already' : ''}`,
    `  snapshot      ${at(times.snapshot)}${proposed ? '' : ', if it is proposed now'}`,
    `  vote ends     ${at(times.deadline)}`,
    ...(times.ready === null
      ? []
      : [`  operation     can be executed from ${describeTime(times.ready, block.timestamp)}`]),
    ...(proposed ? [] : [`  propose       ${proposal.propose}`]),
    `  vote for it   ${proposal.castVoteFor}`,
    `  execute       ${proposal.execute}`,
    ...notes.map((note) => `  mind          ${note}`),
    ...files.map((file) => `wrote ${file}`),
  ]
}

const hex = z.string().regex(/^0x([0-9a-fA-F]{2})*$/, 'give 0x and hexadecimal digits')
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'give 0x and 40 hexadecimal digits')
/** What `suture` writes for timelocks, and what Safe's Transaction Builder reads. */
const batchFile = z.union(
  [
    z.object({ timelock: address, operation: hex, schedule: hex }),
    z.object({ transactions: z.array(z.object({ to: address, data: hex.nullable() })) }),
  ],
  { error: 'give a timelock batch of suture, or a Safe batch that schedules' },
)

interface Subject {
  readonly timelock: Address | null
  readonly operations: readonly Hex[]
}

/** The ids are worked out from what the file schedules, whatever it says they are. */
async function readOperations(given: string): Promise<Subject> {
  if (/^0x[0-9a-fA-F]{64}$/.test(given)) return { timelock: null, operations: [given.toLowerCase() as Hex] }
  const file = validate(batchFile, await readJsonFile(given), { code: 'CONFIG_INVALID', what: given })
  const calls =
    'timelock' in file
      ? [call(file.timelock, file.schedule)]
      : file.transactions.map((one) => call(one.to, one.data))
  const found = scheduledBy(calls)
  const timelocks = [...new Set(found.map(({ timelock }) => timelock))]
  if (timelocks.length !== 1) throw unclear(given, 'give a file that schedules operations of one timelock')
  const operations = found.map(({ operation }) => operation)
  if ('timelock' in file && file.operation !== operations[0])
    throw unclear(given, `it says ${file.operation} and schedules ${operations[0]}: do not trust it`)
  return { timelock: timelocks[0]!, operations }
}

const call = (to: string, data: string | null): PlannedCall => ({
  to: toAddress(to),
  data: (data ?? '0x').toLowerCase() as Hex,
})

const unclear = (value: string, fix: string): SutureError =>
  new SutureError('CONFIG_INVALID', 'What is to be vetoed is not clear.', {
    meta: ['field: <operation>', `value: ${value.slice(0, 120)}`, `fix: ${fix}`],
  })

const rejected = (objections: readonly string[]): SutureError =>
  new SutureError('BATCH_REJECTED', 'The veto would come to nothing; nothing was written.', {
    meta: [
      ...objections.map((objection) => `reason: ${objection}`),
      'fix: mend what the reason names, or write it all the same with --force',
    ],
  })
