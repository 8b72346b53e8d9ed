import { Command } from 'commander'
import { keccak256, stringToHex, toFunctionSelector } from 'viem'
import { SutureError } from '../core/errors.ts'
import type { Hex } from '../core/hex.ts'
import { findGateTargets } from '../governance/find-gate-target.ts'
import { planFreeze } from '../governance/plan-freeze.ts'
import type { ExecutionStep } from '../pipeline/plan-execution.ts'
import { openPlace, type Place, type PlaceOptions, readAddress, requireGate } from './place.ts'
import { addSubmitOptions } from './submit-options.ts'
import { type SubmitOptions, submitSteps } from './submit-steps.ts'

interface FreezeOptions extends PlaceOptions, SubmitOptions {
  readonly duration: string
  readonly incident?: string
}

export const freezeCommand = addSubmitOptions(
  new Command('freeze')
    .description('freeze functions by hand, as a pauser; a dry run unless --broadcast is given')
    .argument('<target>', 'the address users call')
    .argument('<function...>', "selectors (0x…), or signatures such as 'withdraw(uint256)'")
    .option('--duration <seconds>', 'how long; the Breaker may cut it', '21600')
    .option('--incident <text>', 'what it is about, for the log'),
)
  .addHelpText('after', '\nExit codes: 0 done or would succeed, 2 would revert, 1 bad input or failure.')
  .action(async (target: string, functions: string[], options: FreezeOptions) => {
    const place = await openPlace(options)
    try {
      await submitSteps(place, await planFreezes(place, { ...options, target, functions }), options)
    } finally {
      place.rpc.close()
    }
  })

async function planFreezes(
  place: Place,
  asked: FreezeOptions & { readonly target: string; readonly functions: readonly string[] },
): Promise<readonly ExecutionStep[]> {
  const gate = requireGate(place)
  const account = readAddress('<target>', asked.target)
  const selectors = asked.functions.map(selectorOf)
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

function selectorOf(text: string): Hex {
  if (/^0x[0-9a-fA-F]{8}$/.test(text)) return text.toLowerCase() as Hex
  try {
    if (/^\w+\(.*\)$/.test(text)) return toFunctionSelector(`function ${text}`)
  } catch {
    // Said below.
  }
  throw invalid('<function>', text, "give 0x and 8 digits, or a signature such as 'withdraw(uint256)'")
}

const invalid = (field: string, value: string, fix: string): SutureError =>
  new SutureError('CONFIG_INVALID', 'It cannot be frozen like this.', {
    meta: [`field: ${field}`, `value: ${value.slice(0, 120)}`, `fix: ${fix}`],
  })
