import { type Command, Option } from 'commander'
import type { BatchFormat } from '../governance/batches/types.ts'
import { addPlaceOptions, type PlaceOptions } from './place.ts'

export interface OutputOptions extends PlaceOptions {
  readonly out: string
  readonly force?: boolean
  readonly json?: boolean
}

export interface BatchOptions extends OutputOptions {
  readonly as?: BatchFormat
  readonly governor?: string
  readonly salt?: string
}

/** Where it is looked at and what becomes of what is written. */
export const addOutputOptions = (command: Command): Command =>
  addPlaceOptions(command)
    .option('--out <folder>', 'where to write the batch', 'propose')
    .option('--force', 'write a batch that failed when it was tried')
    .option('--json', 'print one object')

/** In which form an owner takes a batch. */
export const addBatchOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--as <format>', 'what to write (default: by who the owner is)').choices([
        'safe',
        'timelock',
        'governor',
        'calldata',
      ]),
    )
    .option('--governor <address>', 'the Governor that proposes to the timelock; for --as governor')
    .option('--salt <word>', 'of a timelock operation (default: the hash of the block that was looked at)')
