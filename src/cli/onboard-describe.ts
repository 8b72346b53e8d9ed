import type { Account } from '../chain/deployment/types.ts'
import type { Batch } from '../governance/batches/types.ts'
import type { Onboarding } from '../pipeline/onboard.ts'
import type { OnboardTarget } from '../pipeline/onboard-targets.ts'

/** What `--json` prints, without the block's transactions and the calldata that goes into the files. */
export function reportOnboarding(found: Onboarding): object {
  const { block, site, targets, unsuitable, batches, exit, rehearsal } = found
  return {
    format: 'suture-onboard/1',
    block: { number: block.number, hash: block.hash },
    site,
    targets: targets.map(({ forwarder, ...target }) => ({
      ...target,
      ...(forwarder ? { forwarder: { beacon: forwarder.beacon, address: forwarder.forwarder } } : {}),
    })),
    unsuitable,
    batches,
    exit,
    rehearsal,
  }
}

/** The same for people, line by line. */
export function describeOnboarding(found: Onboarding, files: readonly string[]): string[] {
  const { block, site, targets, unsuitable, batches, exit, rehearsal } = found
  return [
    `block ${block.number}; gate ${site.gate} of ${describeAccount(site.owner)}; breaker ${site.breaker} of ${describeAccount(site.breakerOwner)}`,
    ...[site.owner, site.breakerOwner]
      .filter(({ kind }) => kind === 'eoa')
      .slice(0, 1)
      .map(ownerRisk),
    ...targets.flatMap((target, index) => [
      '',
      ...describeTarget(target, rehearsal.freezes[index] ?? null, site.gate),
    ]),
    ...unsuitable.map(({ proxy, reason }) => `\n${proxy}: cannot be taken over: ${reason}`),
    ...describeBatches('to hand over', batches),
    ...delayRisk(batches),
    ...describeBatches('to hand back', exit),
    ...(targets.length > 0 ? ['', describeRehearsal(found)] : []),
    ...files.map((file) => `wrote ${file}`),
  ]
}

function describeTarget(
  target: OnboardTarget,
  trial: Onboarding['rehearsal']['freezes'][number],
  gate: string,
): string[] {
  const { facts, authority, via, forwarder } = target
  const { siteMap, functions } = facts
  const after = via
    ? `stays there; the gate acts through it as a module`
    : forwarder
      ? `stays there; the proxy obeys the beacon ${forwarder.beacon} of the gate ${gate}`
      : `→ ${gate}`
  return [
    `${target.proxy}: ${target.kind}${target.target === target.proxy ? '' : ` by ${target.target}`}`,
    `  implementation   ${target.implementation}, ${facts.bytes} bytes, ${facts.codeHash}`,
    `  authority        ${authority.contract} (${authority.by}): ${describeAccount(authority.holder)} ${after}`,
    ...(target.key === target.target ? [] : [`  known as         ${target.key}`]),
    `  site map         ${siteMap.root}, ${siteMap.runs} runs, ${siteMap.patchableBytes} bytes patchable`,
    `  functions        ${functions.length}: ${functions.join(' ')}`,
    `  gas              ${describeGas(trial)}`,
    ...[...target.notes, ...facts.risks].map((note) => `  mind             ${note}`),
  ]
}

function describeGas(trial: Onboarding['rehearsal']['freezes'][number]): string {
  if (!trial?.addedGas) return 'not measured'
  const { idle, frozen } = trial.addedGas
  return `${idle === 0n ? 'nothing' : idle} added to a call, ${frozen} while a freeze lasts`
}

/** The targets are in between as long as not all batches are executed. */
function delayRisk(batches: readonly Batch[]): string[] {
  if (batches.length === 1 || !batches.some(({ sender }) => sender.kind === 'timelock')) return []
  return [
    'mind: schedule what goes through a timelock before the first batch is executed; in between, upgrades need PatchGate.execute',
  ]
}

function ownerRisk({ address }: Account): string {
  return `mind: ${address} is a single key and owns gate or breaker: that should be a timelock`
}

function describeBatches(title: string, batches: readonly Batch[]): string[] {
  return batches.flatMap(({ sender, calls }, index) => [
    '',
    `${title}, ${index + 1} of ${batches.length}: ${describeAccount(sender)}`,
    ...calls.map(({ what }, at) => `  ${at + 1}. ${what}`),
  ])
}

function describeRehearsal({ rehearsal, batches }: Onboarding): string {
  const { onboard, exit, returned, freezes, gas } = rehearsal
  if (onboard) return 'tried on a copy of the state: the hand-over fails'
  const total = gas.reduce((sum, one) => sum + one, 0n)
  const tried = freezes.filter((trial) => trial?.failed === null).length
  const rest = exit || returned ? 'the exit FAILS' : 'the exit works'
  const calls = batches.flatMap((batch) => batch.calls).length
  const frozen =
    tried === 0
      ? 'no freeze was tried: name a pauser with --sentinel'
      : `${tried} of ${freezes.length} targets could be frozen`
  return `tried on a copy of the state: the ${calls} calls of the hand-over work (${total} gas), ${frozen}, ${rest}`
}

export function describeAccount(account: Account): string {
  const { kind, address } = account
  if (kind === 'safe') return `Safe ${address} (${account.threshold} of ${account.owners.length})`
  if (kind === 'timelock') return `timelock ${address} (${account.minDelay} s)`
  if (kind === 'governor') return `Governor ${address} (${account.name})`
  if (kind === 'gate') return `gate ${address}`
  return kind === 'eoa' ? `key ${address}` : `contract ${address}`
}
