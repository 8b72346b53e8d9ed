import type { Command } from 'commander'
import { addPlaceOptions } from './place.ts'
import { addSignerOptions } from './signer-option.ts'

/** Adds the options of every command that may send. */
export function addSubmitOptions(command: Command): Command {
  return addSignerOptions(addPlaceOptions(command))
    .option('--broadcast', 'send; without it nothing leaves, and what would happen is shown')
    .option('--private', 'hand it to block builders by way of the node, and not to the public pool')
    .option('--again', 'send although a transaction for the same thing was sent before and reverted')
    .option('--from <address>', 'in a dry run: who would send it (default: the signer)')
    .option('--max-fee <gwei>', 'the most to pay per gas (default: the configuration’s, or 500)')
    .option('--json', 'print one JSON object per line')
}
