import { Command, Option } from 'commander'
import { createRpc } from '../chain/rpc.ts'
import { SutureError } from '../core/errors.ts'
import type { Address } from '../core/hex.ts'
import { renderBatches } from '../governance/batches/render-batches.ts'
import type { BatchFile, BatchFormat } from '../governance/batches/types.ts'
import { type Onboarding, planOnboard } from '../pipeline/onboard.ts'
import { findObjections, type Objection } from '../pipeline/onboard-objections.ts'
import { describeOnboarding, reportOnboarding } from './onboard-describe.ts'
import { parsePauser, parseWord, readOnboardSite } from './onboard-options.ts'
import { EXIT, print, printJson } from './output.ts'
import { readAddress } from './read-address.ts'
import { writeBatches } from './write-batches.ts'

export interface OnboardCliOptions {
  readonly gate?: string
  readonly breaker?: string
  readonly rpcUrl?: string
  readonly chainId?: string
  readonly config?: string
  readonly protocol?: string
  readonly sentinel: readonly string[]
  readonly authority?: string
  readonly via?: boolean
  readonly standing?: boolean
  readonly migrateTo?: string
  readonly as?: BatchFormat
  readonly governor?: string
  readonly salt?: string
  readonly out: string
  readonly force?: boolean
  readonly json?: boolean
}

/** Of the batches of one run: both may be there. */
const NAMES = ['onboard', 'migrate', 'exit']

const collect = (value: string, list: readonly string[]) => [...list, value]

export const onboardCommand = new Command('onboard')
  .description(
    'put live contracts under a PatchGate: inspect them, try the hand-over, and write the batches for those who must sign; sends nothing',
  )
  .argument('<proxy...>', 'the addresses users call, or names of contracts in the configuration')
  .option('--gate <address>', 'the PatchGate (default: the one in the configuration)')
  .option('--breaker <address>', 'the Breaker the gate must have; it is read from the gate')
  .option(
    '--sentinel <address[:seconds]>',
    'a pauser and its budget (default 21600); may be repeated',
    collect,
    [],
  )
  .option(
    '--authority <address>',
    'who may upgrade, where the contract does not say so: the holder of a role',
  )
  .option('--via', 'where a Safe holds the authority, let it keep it and enable the gate as its module')
  .option(
    '--standing',
    'keep a shim in place for good: freezes are cheaper and count at the Breaker, every call is dearer',
  )
  .option('--migrate-to <gate>', 'move targets from the gate to this one')
  .addOption(
    new Option('--as <format>', 'what to write (default: by who has to act)').choices([
      'safe',
      'timelock',
      'governor',
      'calldata',
    ]),
  )
  .option('--governor <address>', 'the Governor that proposes to the timelock; for --as governor')
  .option('--salt <word>', 'of timelock operations (default: the hash of the block that was looked at)')
  .option('--out <folder>', 'where to write the batches', 'onboard')
  .option('--force', 'write batches that failed when they were tried')
  .option('--config <path>', 'configuration file (default: suture.config.ts here, if there is one)')
  .option('--protocol <name>', 'which protocol of the configuration (default: the only one)')
  .addOption(new Option('--rpc-url <url>', 'node to ask; it must serve debug_traceCall').env('RPC_URL'))
  .option('--chain-id <id>', 'the chain the node must serve (default: as configured, or 1)')
  .option('--json', 'print one object')
  .action(async (proxies: readonly string[], options: OnboardCliOptions) => {
    process.exitCode = await onboard(proxies, options)
  })

async function onboard(proxies: readonly string[], options: OnboardCliOptions): Promise<number> {
  const site = await readOnboardSite(proxies, options)
  const rpc = createRpc({ urls: site.urls, chainId: site.chainId })
  try {
    const found = await planOnboard({
      rpc,
      proxies: site.proxies,
      gate: site.gate,
      pausers: options.sentinel.map(parsePauser),
      ...(options.authority ? { authority: readAddress('--authority', options.authority) } : {}),
      ...(options.via ? { via: true } : {}),
      ...(options.standing ? { standing: true } : {}),
      ...(options.migrateTo ? { migrateTo: readAddress('--migrate-to', options.migrateTo) } : {}),
    })
    requireBreaker(found, site.breaker)
    const objections = findObjections(found)
    const files =
      found.targets.length === 0 || (objections.length > 0 && !options.force)
        ? []
        : await writeBatches(options.out, renderFiles(found, options, site.chainId), NAMES)
    if (options.json) printJson({ ...reportOnboarding(found), objections, files })
    else for (const line of describeOnboarding(found, files)) print(line)
    if (objections.length > 0 && !options.force) throw rejected(objections)
    return found.targets.length === 0 ? EXIT.ineffective : EXIT.ok
  } finally {
    rpc.close()
  }
}

function renderFiles(found: Onboarding, options: OnboardCliOptions, chainId: number): BatchFile[] {
  const { block, targets, site, batches, exit } = found
  const common = {
    chainId,
    createdAt: Number(block.timestamp) * 1_000,
    ...(options.as ? { as: options.as } : {}),
    ...(options.governor ? { governor: readAddress('--governor', options.governor) } : {}),
  }
  const listed = targets.map(({ proxy }) => proxy).join(', ')
  const salt = options.salt === undefined ? block.hash : parseWord(options.salt, '--salt')
  const [verb, back] = options.migrateTo
    ? [`Move ${listed} to`, `Move ${listed} back from`]
    : [`Put ${listed} under`, `Take ${listed} from`]
  const describe = (what: string) =>
    `${what} the PatchGate ${site.gate}, as things stood at block ${block.number}`
  const name = options.migrateTo ? 'migrate' : 'onboard'
  return [
    ...renderBatches(batches, { ...common, salt, name, description: describe(verb!) }),
    ...renderBatches(exit, { ...common, salt, name: 'exit', description: describe(back!) }),
  ]
}

function requireBreaker({ site }: Onboarding, expected: Address | null): void {
  if (expected === null || expected === site.breaker) return
  throw new SutureError('CONFIG_INVALID', 'The gate has another Breaker than the one that was named.', {
    meta: ['field: --breaker', `value: ${expected}`, `fix: the gate asks ${site.breaker}`],
  })
}

function rejected(objections: readonly Objection[]): SutureError {
  return new SutureError('BATCH_REJECTED', 'The batches failed when they were tried; nothing was written.', {
    meta: [
      ...objections.flatMap(({ step, what, reason }) => [`${step}: ${what}`, `reason: ${reason}`]),
      'fix: mend what the reason names, or write them all the same with --force',
    ],
  })
}
