import { SutureError } from '../core/errors.ts'
import type { Hex } from '../core/hex.ts'
import type { OwnerAction } from '../pipeline/propose.ts'
import {
  ratify,
  rearm,
  rollBack,
  setGuardians,
  setPauser,
  setStanding,
  unfreeze,
  upgradeTo,
} from '../pipeline/propose-actions.ts'
import { type Place, readContract } from './place.ts'
import { readAddress } from './read-address.ts'

interface Given {
  readonly place: Place
  readonly args: readonly unknown[]
  readonly options: Readonly<Record<string, string | undefined>>
}

/** An action of an owner on the command line. */
export interface OwnerCommand {
  /** Its name and arguments. */
  readonly usage: string
  readonly does: string
  readonly example: string
  readonly options?: readonly (readonly [flags: string, text: string])[]
  readonly read: (given: Given) => OwnerAction
}

export const OWNER_COMMANDS: readonly OwnerCommand[] = [
  {
    usage: 'upgrade <target> <implementation>',
    does: 'upgrade to another implementation, and register its site map',
    example: 'upgrade pool 0x…',
    options: [['--data <calldata>', 'a call the proxy makes on the new implementation right after']],
    read: ({ place, args, options }) =>
      upgradeTo({
        account: targetOf(place, args),
        implementation: readAddress('<implementation>', String(args[1])),
        data: parseData(options.data ?? '0x'),
      }),
  },
  {
    usage: 'ratify <target>',
    does: 'keep the restriction guardians put in place as the new original',
    example: 'ratify pool',
    read: ({ place, args }) => ratify(targetOf(place, args)),
  },
  {
    usage: 'rollback <target>',
    does: 'take the restriction back at once',
    example: 'rollback pool',
    read: ({ place, args }) => rollBack(targetOf(place, args)),
  },
  {
    usage: 'unfreeze <target>',
    does: 'lift every freeze early',
    example: 'unfreeze pool',
    read: ({ place, args }) => unfreeze(targetOf(place, args)),
  },
  {
    usage: 'rearm <target>',
    does: 'give guardians a new time for restricting',
    example: 'rearm pool',
    read: ({ place, args }) => rearm(targetOf(place, args)),
  },
  {
    usage: 'standing <target> <on|off>',
    does: 'keep a shim in place for good, or no longer',
    example: 'standing pool on',
    read: ({ place, args }) => setStanding(targetOf(place, args), parseSwitch(String(args[1]))),
  },
  {
    usage: 'guardians <address...>',
    does: 'replace the guardians of the gate',
    example: 'guardians 0x… 0x… 0x… --threshold 2',
    options: [['--threshold <n>', 'how many of them decide; at least 2']],
    read: ({ args, options }) => {
      const guardians = (args[0] as string[]).map((one) => readAddress('<address>', one))
      const repeated = guardians.find((one, index) => guardians.indexOf(one) !== index)
      if (repeated) throw invalid('<address>', repeated, 'name each guardian once')
      return setGuardians(guardians, parseThreshold(options.threshold, guardians.length))
    },
  },
  {
    usage: 'pauser <target> <address> <seconds>',
    does: 'let somebody freeze functions for so many seconds, or no longer (0)',
    example: 'pauser pool 0x… 21600',
    read: ({ place, args }) =>
      setPauser({
        account: targetOf(place, args),
        pauser: readAddress('<address>', String(args[1])),
        budget: parseBudget(String(args[2])),
      }),
  },
]

const targetOf = (place: Place, args: readonly unknown[]) => readContract(place, '<target>', String(args[0]))

function parseData(value: string): Hex {
  if (/^0x([0-9a-fA-F]{2})*$/.test(value)) return value.toLowerCase() as Hex
  throw invalid('--data', value, 'give 0x and an even number of hexadecimal digits')
}

function parseSwitch(value: string): boolean {
  if (value === 'on' || value === 'off') return value === 'on'
  throw invalid('<on|off>', value, 'give on or off')
}

/** Below two the gate refuses, above their number it could never be met. */
function parseThreshold(value: string | undefined, guardians: number): number {
  const threshold = Number(value)
  if (Number.isInteger(threshold) && threshold >= 2 && threshold <= guardians) return threshold
  throw invalid('--threshold', value ?? 'absent', `give a number from 2 to ${guardians}`)
}

function parseBudget(value: string): number {
  const seconds = Number(value)
  if (/^\d+$/.test(value) && seconds < 2 ** 32) return seconds
  throw invalid('<seconds>', value, 'give whole seconds; 0 takes the role away')
}

const invalid = (field: string, value: string, fix: string): SutureError =>
  new SutureError('CONFIG_INVALID', 'This cannot be proposed.', {
    meta: [`field: ${field}`, `value: ${value.slice(0, 80)}`, `fix: ${fix}`],
  })
