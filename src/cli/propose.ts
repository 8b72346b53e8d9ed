import { Command } from 'commander'
import { SutureError } from '../core/errors.ts'
import { renderBatches } from '../governance/batches/render-batches.ts'
import type { BatchFile } from '../governance/batches/types.ts'
import { type OwnerAction, type OwnerProposal, planProposal } from '../pipeline/propose.ts'
import { parseWord } from './onboard-options.ts'
import { print, printJson } from './output.ts'
import { openPlace, type Place, requireGate } from './place.ts'
import { OWNER_COMMANDS, type OwnerCommand } from './propose-actions.ts'
import { describeProposal, reportProposal } from './propose-describe.ts'
import { addBatchOptions, addOutputOptions, type BatchOptions } from './propose-options.ts'
import { vetoCommand } from './propose-veto.ts'
import { readAddress } from './read-address.ts'
import { printable } from './show-explanation.ts'
import { writeBatches } from './write-batches.ts'

export const proposeCommand = new Command('propose').description(
  'write what only the owner of gate or Breaker may do as a batch for a Safe, timelock or Governor, and try it on a copy of the state; sends nothing',
)
for (const command of OWNER_COMMANDS) proposeCommand.addCommand(open(command))
proposeCommand.addCommand(vetoCommand)

function open({ usage, does, example, options = [], read }: OwnerCommand): Command {
  const command = new Command(usage.split(' ')[0]).description(does)
  for (const argument of usage.split(' ').slice(1)) command.argument(argument)
  for (const [flags, text] of options) command.option(flags, text)
  addOutputOptions(addBatchOptions(command)).addHelpText(
    'after',
    `\nExample:\n  $ suture propose ${example} --as governor --governor 0x…`,
  )
  return command.action(async () => {
    const given = command.opts<BatchOptions>()
    const place = await openPlace(given)
    try {
      await propose(place, read({ place, args: command.processedArgs, options: command.opts() }), given)
    } finally {
      place.rpc.close()
    }
  })
}

async function propose(place: Place, action: OwnerAction, options: BatchOptions): Promise<void> {
  const { rpc } = place
  const proposal = await planProposal({ rpc, gate: requireGate(place), action })
  const { failed } = proposal
  const files =
    failed && !options.force
      ? []
      : await writeBatches(options.out, render(proposal, options, rpc.chainId), [proposal.action])
  if (options.json) printJson(reportProposal(proposal, files))
  else for (const line of describeProposal(proposal, files)) print(printable(line))
  if (failed && !options.force) throw rejected(failed.call.what, failed.reason)
}

function render(
  { action: name, block, batch, description }: OwnerProposal,
  { as, governor, salt }: BatchOptions,
  chainId: number,
): BatchFile[] {
  return renderBatches([batch], {
    ...{ chainId, name, description, createdAt: Number(block.timestamp) * 1_000 },
    salt: salt === undefined ? block.hash : parseWord(salt, '--salt'),
    ...(as ? { as } : {}),
    ...(governor ? { governor: readAddress('--governor', governor) } : {}),
  })
}

const rejected = (what: string, reason: string): SutureError =>
  new SutureError('BATCH_REJECTED', 'The call failed when it was tried; nothing was written.', {
    meta: [
      `call: ${what}`,
      `reason: ${reason}`,
      'fix: mend what the reason names, or write it all the same with --force',
    ],
  })
