import { Command } from 'commander'
import { SutureError } from '../core/errors.ts'
import { readSentinelQuorum } from '../governance/attestation-quorum.ts'
import { describeDuration, describeTime } from '../governance/describe-time.ts'
import { findGateTargets } from '../governance/find-gate-target.ts'
import { readTargetStatus, type TargetStatus } from '../governance/read-target-status.ts'
import { describeKind } from '../governance/target-kinds.ts'
import { print, printJson } from './output.ts'
import {
  addPlaceOptions,
  openPlace,
  type Place,
  type PlaceOptions,
  readContract,
  requireGate,
} from './place.ts'
import { readAddress } from './read-address.ts'
import { showQuorum } from './show-attestation.ts'
import { printable } from './show-explanation.ts'

interface StatusOptions extends PlaceOptions {
  readonly fromBlock: string
  readonly quorum?: string
  readonly json?: boolean
}

export const statusCommand = addPlaceOptions(
  new Command('status')
    .description('what gate and Breaker know of a target, or who watches in a SentinelQuorum')
    .argument('[target]', 'the address users call, or by which the gate knows it'),
)
  .option(
    '--from-block <number>',
    'look for pausers from this block on: that of the Breaker’s deployment',
    '0',
  )
  .option('--quorum <address>', 'a SentinelQuorum: its watchers, their bonds, and who counts')
  .option('--json', 'print one object per line')
  .action(async (given: string | undefined, options: StatusOptions) => {
    if (given === undefined && options.quorum === undefined) throw nothingAsked()
    const place = await openPlace(options)
    try {
      if (given !== undefined) await tellTarget(place, given, options)
      if (options.quorum !== undefined) await tellQuorum(place, options.quorum, options)
    } finally {
      place.rpc.close()
    }
  })

async function tellTarget(place: Place, given: string, { fromBlock, json }: StatusOptions): Promise<void> {
  const gate = requireGate(place)
  const account = readContract(place, '<target>', given)
  const [found] = (await findGateTargets(place.rpc, { gate, account, selectors: [] })).keys()
  const pausersFrom = BigInt(fromBlock)
  const status = await readTargetStatus(place.rpc, { gate, target: found ?? account, pausersFrom })
  if (json) printJson(status)
  else for (const line of showStatus(status)) print(printable(line))
}

async function tellQuorum(place: Place, given: string, { json }: StatusOptions): Promise<void> {
  const state = await readSentinelQuorum(place.rpc, readAddress('--quorum', given))
  if (json) printJson(state)
  else for (const line of showQuorum(state)) print(line)
}

const nothingAsked = (): SutureError =>
  new SutureError('CONFIG_INVALID', 'Whose status is asked for is not said.', {
    meta: ['field: <target> or --quorum', 'value: absent', 'fix: give one of them, or both'],
  })

/** For a terminal. */
export function showStatus(status: TargetStatus): string[] {
  const { now, provisional, provisionalUntil, freezes, pausers, guardians, threshold } = status
  return [
    `${status.target}: ${describeKind(status.kind)}${status.via ? `, through the Safe ${status.via}` : ''}`,
    row(
      'gate',
      `${status.gate}${status.armed ? '' : '  THE BREAKER DOES NOT KNOW IT: NOTHING CAN BE FROZEN'}`,
    ),
    row('breaker', status.breaker),
    row('owner', status.owner),
    row('original', `${status.original}  ${status.originalCodeHash}`),
    row('current', provisional ? `${status.current}  a restriction, not ratified` : 'the original'),
    row('runs', status.shimmed ? `${status.live}  a shim before it` : 'it, without a shim'),
    row('restrictable', restrictable(status)),
    ...(provisional ? [row('rolled back by', `anyone from ${describeTime(provisionalUntil, now)}`)] : []),
    row('nonce', String(status.nonce)),
    ...(status.selectors.length > 0 ? [row('functions', status.selectors.join(', '))] : []),
    ...listed(
      'frozen',
      freezes.map(({ selector, until }) => `${selector} until ${describeTime(until, now)}`),
    ),
    ...listed(
      'pausers',
      (pausers ?? []).map((pauser) => describePauser(pauser, now)),
    ),
    ...listed('guardians', guardians, `${threshold} of ${guardians.length}: `),
  ]
}

function restrictable({ provisionalUntil, provisionalPeriod, now }: TargetStatus): string {
  if (provisionalUntil === 0n)
    return `yes; each restriction holds ${describeDuration(provisionalPeriod)} unless ratified`
  if (provisionalUntil > now) return `until ${describeTime(provisionalUntil, now)}`
  return 'no: the window is spent; the owner must ratify, upgrade or re-arm'
}

function describePauser(
  { pauser, budget, silentAfter, fuseEnd }: NonNullable<TargetStatus['pausers']>[number],
  now: bigint,
): string {
  const fuse =
    fuseEnd === 0n
      ? `fuse armed, ${describeDuration(budget)}`
      : fuseEnd > now
        ? `fuse burns until ${describeTime(fuseEnd, now)}`
        : `FUSE BLOWN at ${describeTime(fuseEnd, now)}`
  const silent = silentAfter < now ? 'SILENT since' : 'must be heard of by'
  return `${pauser}  ${fuse}; ${silent} ${describeTime(silentAfter, now)}`
}

const row = (name: string, value: string): string => `  ${name.padEnd(16)}${value}`

const listed = (name: string, values: readonly string[], before = ''): string[] =>
  values.length === 0
    ? [row(name, 'none')]
    : values.map((value, i) => row(i === 0 ? name : '', `${i === 0 ? before : ''}${value}`))
