import { Command } from 'commander'
import { SutureError } from '../core/errors.ts'
import type { Hex } from '../core/hex.ts'
import { FACTORY } from '../governance/batches/forwarder.ts'
import { type Deployment, planDeployment } from '../governance/plan-deploy.ts'
import { toRegistration } from '../patching/templates/registration.ts'
import { TEMPLATES } from '../patching/templates/table.ts'
import type { ExecutionStep } from '../pipeline/plan-execution.ts'
import { print, printJson } from './output.ts'
import { openPlace, type Place, type PlaceOptions } from './place.ts'
import { readAddress } from './read-address.ts'
import { addSubmitOptions } from './submit-options.ts'
import { type SubmitOptions, submitSteps } from './submit-steps.ts'

interface DeployOptions extends PlaceOptions, SubmitOptions {
  readonly owner: string
  readonly guardian: readonly string[]
  readonly threshold: string
  readonly maxFreeze: string
  readonly heartbeat: string
  readonly provisional: string
  readonly salt: string
}

const SECONDS = { s: 1n, m: 60n, h: 3_600n, d: 86_400n } as const

const collect = (value: string, previous: readonly string[]): string[] => [...previous, value]

export const deployCommand = addSubmitOptions(
  new Command('deploy')
    .description(
      'put Breaker, RestrictionVerifier and PatchGate on a chain; a dry run unless --broadcast is given',
    )
    .requiredOption('--owner <address>', 'the DAO’s timelock: it owns all of it from the first moment')
    .requiredOption('--guardian <address>', 'may approve restrictions; give it once for each', collect, [])
    .requiredOption('--threshold <count>', 'how many guardians must agree, at least 2')
    .option('--max-freeze <duration>', 'the longest freeze', '1d')
    .option('--heartbeat <duration>', 'how long a pauser may be silent', '90d')
    .option('--provisional <duration>', 'how long a restriction holds unless it is ratified', '7d')
    .option('--salt <text>', 'another one gives other addresses', 'suture'),
)
  .addHelpText(
    'after',
    '\nThe addresses depend on the options and the release alone, not on who sends: anyone can compute them again.' +
      '\nExit codes: 0 done or would succeed, 2 would revert, 1 bad input or failure.',
  )
  .action(async (options: DeployOptions) => {
    const place = await openPlace(options)
    try {
      const deployments = plan(options)
      await requireFactory(place)
      const missing = await withoutCode(place, deployments)
      tell(deployments, missing, options)
      if (missing.length > 0) await submitSteps(place, missing.map(stepOf), options)
    } finally {
      place.rpc.close()
    }
  })

function plan(options: DeployOptions): readonly Deployment[] {
  const guardians = options.guardian.map((text) => readAddress('--guardian', text))
  const threshold = Number(options.threshold)
  if (new Set(guardians).size !== guardians.length)
    throw invalid('--guardian', 'twice the same', 'name each once')
  if (!Number.isInteger(threshold) || threshold < 2 || threshold > guardians.length) {
    const fix = `give a whole number from 2 to ${guardians.length}: nobody may decide alone`
    throw invalid('--threshold', options.threshold, fix)
  }
  return planDeployment({
    owner: readAddress('--owner', options.owner),
    guardians,
    threshold,
    maxFreeze: secondsOf('--max-freeze', options.maxFreeze),
    heartbeat: secondsOf('--heartbeat', options.heartbeat),
    provisional: secondsOf('--provisional', options.provisional),
    templates: TEMPLATES.map(toRegistration),
    salt: options.salt,
  })
}

/** `90d`, `6h`, `30m`, or seconds. */
function secondsOf(field: string, text: string): bigint {
  const [, count, unit = 's'] = /^([1-9]\d{0,9})([smhd])?$/.exec(text) ?? []
  const seconds = count === undefined ? 0n : BigInt(count) * SECONDS[unit as keyof typeof SECONDS]
  if (seconds > 0n && seconds < 2n ** 32n) return seconds
  throw invalid(field, text, 'give a duration such as 90d, 6h, 30m, or seconds')
}

async function requireFactory({ rpc }: Place): Promise<void> {
  if ((await rpc.request<Hex>('eth_getCode', [FACTORY, 'latest'])) !== '0x') return
  throw invalid(
    'the chain',
    `no code at ${FACTORY}`,
    'deploy the deterministic deployment proxy of the ecosystem there first',
  )
}

async function withoutCode({ rpc }: Place, deployments: readonly Deployment[]): Promise<Deployment[]> {
  const codes = await Promise.all(
    deployments.map(({ address }) => rpc.request<Hex>('eth_getCode', [address, 'latest'])),
  )
  return deployments.filter((_, i) => codes[i] === '0x')
}

function tell(
  deployments: readonly Deployment[],
  missing: readonly Deployment[],
  { json, owner, salt }: DeployOptions,
): void {
  for (const { name, address } of deployments) {
    const present = !missing.some((one) => one.name === name)
    if (json) printJson({ type: 'contract', name, address, present })
    else print(`${name.padEnd(20)} ${address}${present ? '  is there already' : ''}`)
  }
  if (!json) print(`owned by ${owner}, salt '${salt}'`)
}

const stepOf = ({ name, address, call }: Deployment): ExecutionStep => ({
  name: `deploy ${name}`,
  key: `deploy/${address}`,
  ...call,
})

const invalid = (field: string, value: string, fix: string): SutureError =>
  new SutureError('CONFIG_INVALID', 'It cannot be deployed like this.', {
    meta: [`field: ${field}`, `value: ${value}`, `fix: ${fix}`],
  })
