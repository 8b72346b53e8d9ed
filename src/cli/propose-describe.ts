import type { OwnerProposal } from '../pipeline/propose.ts'
import { describeAccount } from './onboard-describe.ts'

/** What `--json` prints, without the block's transactions. */
export function reportProposal({ block, ...proposal }: OwnerProposal, files: readonly string[]): object {
  return {
    format: 'suture-propose/1',
    block: { number: block.number, hash: block.hash },
    ...proposal,
    files,
  }
}

/** The same for people. */
export function describeProposal(proposal: OwnerProposal, files: readonly string[]): string[] {
  const { batch, changes, notes, failed, gas, description } = proposal
  return [
    description,
    `  by            ${describeAccount(batch.sender)}`,
    ...batch.calls.map(({ what, to }) => `  call          ${what} at ${to}`),
    ...changes.flatMap(({ what, before, after }) => [
      `  ${what.padEnd(14)}${before}`,
      `${' '.repeat(13)} → ${after}`,
    ]),
    ...notes.map((note) => `  mind          ${note}`),
    failed
      ? `tried on a copy of the state: it fails, ${failed.reason}`
      : `tried on a copy of the state: it works (${gas} gas)${changes.length === 0 ? ' and changes nothing' : ''}`,
    ...files.map((file) => `wrote ${file}`),
  ]
}
