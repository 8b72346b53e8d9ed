import { Command } from 'commander'
import { keccak256, stringToHex } from 'viem'
import { SutureError } from '../core/errors.ts'
import { findGateTargets } from '../governance/find-gate-target.ts'
import { planFreeze } from '../governance/plan-freeze.ts'
import type { ExecutionStep } from '../pipeline/plan-execution.ts'
import { planAttested, readAttested } from './freeze-attested.ts'
import { openPlace, type Place, type PlaceOptions, readContract, requireGate } from './place.ts'
import { readSelector } from './read-selector.ts'
import { addSubmitOptions } from './submit-options.ts'
import { type SubmitOptions, submitSteps } from './submit-steps.ts'

interface FreezeOptions extends PlaceOptions, SubmitOptions {
  readonly duration: string
  readonly incident?: string
  readonly attested?: readonly string[]
}

export const freezeCommand = addSubmitOptions(
  new Command('freeze')
    .description('freeze functions by hand, as a pauser; a dry run unless --broadcast is given')
    .argument('[target]', 'the address users call')
    .argument('[function...]', "selectors (0x…), or signatures such as 'withdraw(uint256)'")
    .option('--duration <seconds>', 'how long; the Breaker may cut it', '21600')
    .option('--incident <text>', 'what it is about, for the log')
    .option(
      '--attested <file...>',
      'instead: what watchers attested to (`suture attest`), through their SentinelQuorum; anyone may send it',
    ),
)
  .addHelpText('after', '\nExit codes: 0 done or would succeed, 2 would revert, 1 bad input or failure.')
  .action(async (target: string | undefined, functions: string[], options: FreezeOptions) => {
    const attested = options.attested ? await readAttested(options.attested) : null
    if ((target === undefined) !== (attested !== null) || (target && functions.length === 0)) {
      throw invalid('<target>, <function...>', target ?? 'absent', 'give both, or --attested without them')
    }
    if (attested && options.incident !== undefined) {
      throw invalid('--incident', options.incident, 'leave it out; the attestation names the incident')
    }
    const place = await openPlace(options, attested?.chainId)
    try {
      const steps = attested
        ? await planAttested(place, attested, options)
        : await planFreezes(place, { ...options, target: target!, functions })
      if (steps.length > 0) await submitSteps(place, steps, options)
    } finally {
      place.rpc.close()
    }
  })

async function planFreezes(
  place: Place,
  asked: FreezeOptions & { readonly target: string; readonly functions: readonly string[] },
): Promise<readonly ExecutionStep[]> {
  const gate = requireGate(place)
  const account = readContract(place, '<target>', asked.target)
  const selectors = asked.functions.map(readSelector)
  if (!/^[1-9]\d*$/.test(asked.duration)) throw invalid('--duration', asked.duration, 'give whole seconds')
  const targets = await findGateTargets(place.rpc, { gate, account, selectors })
  const known = [...targets.values()].flat()
  const unknown = selectors.filter((selector) => !known.includes(selector))
  if (unknown.length > 0) {
    throw invalid(
      '<target>',
      `${account} ${unknown.join(', ')}`,
      'register the target at the gate, or freeze others',
    )
  }
  // Freezing twice does no harm, and not freezing would: so nothing keeps it from being done again later.
  const block = await place.rpc.request<string>('eth_blockNumber')
  const incident = keccak256(stringToHex(asked.incident ?? `by hand at block ${BigInt(block)}`))
  const duration = BigInt(asked.duration)
  return [...targets].map(([target, of]) => {
    const call = planFreeze({ gate, target, selectors: of, duration, incident })
    return { name: 'freeze', key: `${gate}/${target}/freeze/${block}/${keccak256(call.data)}`, ...call }
  })
}

const invalid = (field: string, value: string, fix: string): SutureError =>
  new SutureError('CONFIG_INVALID', 'It cannot be frozen like this.', {
    meta: [`field: ${field}`, `value: ${value.slice(0, 120)}`, `fix: ${fix}`],
  })
