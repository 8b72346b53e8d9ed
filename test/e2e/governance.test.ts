import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeErrorResult, getAddress, parseAbi, toFunctionSelector } from 'viem'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Address, type Hex, toAddress, toWord, ZERO_ADDRESS } from '../../src/core/hex.ts'
import { encode } from '../support/onboard-world.ts'
import type { Ended, Going } from './governance/command-line.ts'
import { now, TIMELOCK_DELAY, travel } from './governance/dao.ts'
import {
  balanceOf,
  ETHER,
  isFrozen,
  ownerOf,
  programmed,
  readTarget,
  refusal,
  type Stage,
  setStage,
  signedBy,
} from './governance/stage.ts'

// One walk with a DAO, a committee and guardians, each step on what the one before left. What people do with Suture they do through its
// command line; what they do without it (vote, sign for a Safe, attack) they do on the chain.

const WITHDRAW = toFunctionSelector('withdraw(uint256)')
const BUDGET = 21_600
const PROVISIONAL = 7n * 86_400n
const ERRORS = parseAbi([
  'error Error(string reason)',
  'error FunctionFrozen(bytes4 selector)',
  'error TargetUnknown(address target)',
  'error TimelockUnexpectedOperationState(bytes32 operationId, bytes32 expectedStates)',
])
/** Of `TimelockController`: the set of states in which it executes. */
const READY = toWord(1n << 2n)
const FROZEN = encodeErrorResult({ abi: ERRORS, errorName: 'FunctionFrozen', args: [WITHDRAW] })
/** What a thief hears whose second withdrawal was refused while the first was paying. */
const REFUSED = encodeErrorResult({ abi: ERRORS, errorName: 'Error', args: ['refused'] })
const STRANGER = { STRANGER: generatePrivateKey() }
const strangerAddress = toAddress(privateKeyToAddress(STRANGER.STRANGER))

let stage: Stage
let sentinel: Address
let guardian: Address
let site: { gate: Address; breaker: Address; verifier: Address }
let users: readonly [Address, Address]
let attacker: Address
let thieves: Record<'dao' | 'safe', Address>
let watch: Going
let inbox: string

beforeAll(async () => {
  stage = await setStage()
  const { accounts } = stage.world
  users = [accounts[3]!, accounts[4]!]
  attacker = accounts[5]!
  const { vaults, createThief } = stage
  thieves = { dao: await createThief(vaults.dao), safe: await createThief(vaults.safe) }
}, 180_000)
afterAll(async () => {
  await watch?.stop()
  await stage?.stop()
}, 60_000)

// ---- helpers ----

/** Runs `suture` and expects it to end like this; what it said is in the message otherwise. */
async function suture(args: readonly string[], { code = 0, env = {} as Record<string, string> } = {}) {
  const configured = ['--config', stage.file('suture.config.mjs')]
  const ended: Ended = await stage.suture.run([...args, ...(args[0] === 'keystore' ? [] : configured)], env)
  expect(ended.code, `suture ${args.join(' ')}\n${ended.out}\n${ended.err}`).toBe(code)
  return ended
}

const fund = (account: Address) =>
  stage.world.node.rpc.request('anvil_setBalance', [account, '0x56bc75e2d63100000'])

const withdraw = (amount: bigint) => encode('withdraw(uint256)', [amount])
const strike = (times: bigint) => encode('strike(uint256)', [times])

/** A robbery with a deposit of one ether; null if it would succeed. */
const robbery = (at: 'dao' | 'safe', times: bigint) =>
  refusal(stage.world, { from: attacker, to: thieves[at], data: strike(times), value: ETHER })

/** Takes one ether more than it gave. The flaw leaves a thief with a balance it cannot add to: each robs once. */
const rob = async (at: 'dao' | 'safe') =>
  stage.world.send(attacker, await stage.createThief(stage.vaults[at]), strike(2n), ETHER)

const readJson = async (name: string) => JSON.parse(await readFile(stage.file(name), 'utf8'))

/** What the committee proposes to the timelock, by the file that was written for it. */
async function scheduleByCommittee(batch: { timelock: Address; schedule: Hex }): Promise<void> {
  await stage.committee.execute([{ to: batch.timelock, data: batch.schedule }])
}

/** An operation that nobody stopped is executed by anyone. */
async function executeAfterDelay(batch: { timelock: Address; execute: Hex }): Promise<void> {
  await travel(stage.world, TIMELOCK_DELAY)
  await stage.world.send(attacker, batch.timelock, batch.execute)
}

/** An upgrade by the gate, as an operation of the timelock that owns it. */
async function proposeUpgrade(name: 'dao' | 'safe', implementation: Address, folder: string) {
  const { lines } = await suture([
    'propose',
    'upgrade',
    name,
    implementation,
    '--out',
    stage.file(folder),
    '--json',
  ])
  expect(lines[0]).toMatchObject({ failed: null })
  return readJson(`${folder}/upgrade.timelock.json`)
}

/** Waits until the watch has shown that a patch stops the attack on a vault. */
async function untilVerified(victim: Address): Promise<string> {
  for (let state: string | undefined; ; await sleep(100)) {
    const rows = (await (await fetch(`${inbox}/incidents`)).json()) as Record<string, string>[]
    const row = rows.find((one) => one.victim === victim)
    if (row?.state === 'verified') return row.id!
    expect(row?.state, `after ${state}`).not.toBe('needs-human')
    state = row?.state
  }
}

/** Guardians, each with a process and a node of their own, until what is asked for has all their signatures. */
async function approveAsked(guardians: readonly (readonly string[])[]): Promise<string> {
  const examine = ['--auto', '--json', '--rpc-url', stage.world.node.url]
  const going = guardians.map((who) => stage.suture.start(['approve', '--url', inbox, ...examine, ...who]))
  try {
    const signed = await Promise.all(going.map((one) => one.until({ type: 'signed' })))
    return String(signed[0]!.digest)
  } finally {
    await Promise.all(going.map((one) => one.stop()))
  }
}

const names = ({ lines }: Ended, type: string) =>
  lines.filter((line) => line.type === type).map(({ name }) => name)

// ---- the walk ----

test('1. the on-chain half is deployed, owned by the DAO’s timelock, at the addresses that were said before', async () => {
  const { dao, world, committee } = stage
  await stage.configure()
  sentinel = String((await suture(['keystore', 'new', 'sentinel', '--json'])).lines[0]!.address) as Address
  guardian = String((await suture(['keystore', 'new', 'guardian', '--json'])).lines[0]!.address) as Address
  await fund(sentinel)
  await fund(strangerAddress)

  const guardians = [guardian, programmed.address, committee.address].flatMap((one) => ['--guardian', one])
  const deploy = ['deploy', '--owner', dao.timelock, ...guardians, '--threshold', '2', '--json']
  const said = (await suture(deploy)).lines.filter(({ type }) => type === 'contract')
  const [breaker, verifier, gate] = said.map(({ address }) => String(address)) as [Address, Address, Address]
  expect(await world.node.rpc.request('eth_getCode', [gate, 'latest'])).toBe('0x')
  const sent = await suture([...deploy, '--broadcast'])
  expect(names(sent, 'mined')).toEqual(['deploy Breaker', 'deploy RestrictionVerifier', 'deploy PatchGate'])
  const again = await suture([...deploy, '--broadcast'])
  expect(again.lines).toEqual(said.map((line) => ({ ...line, present: true })))

  site = { gate, breaker, verifier }
  for (const contract of [gate, breaker, verifier]) expect(await ownerOf(world, contract)).toBe(dao.timelock)
  const known = (await world.read(gate, 'guardians() view returns (address[])')) as Address[]
  expect(known.map(toAddress)).toEqual([guardian, programmed.address, committee.address].sort())
  await stage.configure(gate)
}, 120_000)

test('2. a vault of the DAO comes under the gate by a vote, one of a Safe by a Safe transaction and the timelock', async () => {
  const { world, dao, committee, vaults, implementation } = stage
  const watched = ['--sentinel', `${sentinel}:${BUDGET}`]
  const asProposal = ['--as', 'governor', '--governor', dao.governor]
  await suture(['onboard', 'dao', ...watched, ...asProposal, '--out', stage.file('of-dao')])
  await suture(['onboard', 'safe', '--via', ...watched, '--out', stage.file('of-safe')])

  await dao.decide(await readJson('of-dao/onboard.governor.json'))
  expect(await ownerOf(world, vaults.dao)).toBe(site.gate)

  const operation = await readJson('of-safe/onboard-2.timelock.json')
  await scheduleByCommittee(operation)
  await committee.executeFile(stage.file('of-safe/onboard-1.safe.json'))
  await executeAfterDelay(operation)
  expect(await ownerOf(world, vaults.safe)).toBe(committee.address)

  for (const [name, via] of [
    ['dao', ZERO_ADDRESS],
    ['safe', committee.address],
  ] as const) {
    const { lines } = await suture(['status', vaults[name], '--json'])
    expect(lines[0]).toMatchObject({
      ...{ kind: 'uups', original: implementation, live: implementation, armed: true, freezes: [] },
      pausers: [{ pauser: sentinel }],
      ...(via === ZERO_ADDRESS ? {} : { via }),
    })
  }
}, 180_000)

test('3. the sentinel freezes what is attacked by hand, nothing else, and nobody else can', async () => {
  const { world, vaults } = stage
  for (const vault of [vaults.dao, vaults.safe]) {
    for (const user of users) await world.send(user, vault, encode('deposit()'), 5n * ETHER)
    await world.send(users[0], vault, withdraw(ETHER))
  }
  const watching = ['watch', '--json', '--hardfork', 'prague', '--config', stage.file('suture.config.mjs')]
  watch = stage.suture.start(watching)
  inbox = String((await watch.until({ type: 'watching' })).url)
  await rob('dao')
  expect(await balanceOf(world, vaults.dao)).toBe(8n * ETHER)
  expect(await robbery('dao', 9n)).toBeNull()

  const freeze = ['freeze', vaults.dao, 'withdraw(uint256)', '--json']
  expect(names(await suture(freeze), 'step')).toEqual(['freeze'])
  const stranger = { code: 1, env: STRANGER }
  const refused = await suture([...freeze, '--broadcast', '--signer', 'env:STRANGER'], stranger)
  expect(refused.err).toContain(`NotPermitted(${getAddress(vaults.dao)}, ${getAddress(strangerAddress)})`)
  expect(await isFrozen(stage, site, vaults.dao, WITHDRAW)).toBe(false)
  expect(await robbery('dao', 9n)).toBeNull()

  expect(names(await suture([...freeze, '--broadcast']), 'mined')).toEqual(['freeze'])
  expect(await robbery('dao', 9n)).toBe(FROZEN)
  expect(await refusal(world, { from: users[0], to: vaults.dao, data: withdraw(1n) })).toBe(FROZEN)
  await world.send(users[1], vaults.dao, encode('deposit()'), ETHER)
  expect(await balanceOf(world, vaults.dao)).toBe(9n * ETHER)
  expect(await refusal(world, { from: users[0], to: vaults.safe, data: withdraw(1n) })).toBeNull()
}, 120_000)

test('4. two guardians restrict a vault: committed and published first, or at once; the robbery is over, users leave', async () => {
  const { world, vaults, committee, implementation } = stage
  const release = async (victim: Address) => suture(['incident', 'release', await untilVerified(victim)])
  const bySafe = signedBy(committee.address, 'safe', committee.keys)

  await release(vaults.dao)
  const digest = await approveAsked([['--keystore', 'guardian'], programmed.options])
  const execute = ['execute', digest, '--url', inbox, '--json']
  const inSteps = [...execute, '--commit', '--publish']
  expect(names(await suture(inSteps), 'step')).toEqual(['commit', 'publish', 'restrict'])
  expect((await readTarget(stage, site, vaults.dao)).nonce).toBe(0n)
  expect(names(await suture([...inSteps, '--broadcast']), 'mined')).toEqual(['commit', 'publish', 'restrict'])

  await rob('safe')
  await release(vaults.safe)
  const next = await approveAsked([['--keystore', 'guardian'], bySafe])
  const atOnce = await suture(['execute', next, '--url', inbox, '--json', '--broadcast'])
  expect(names(atOnce, 'mined')).toEqual(['restrict'])
  await watch.stop()

  for (const name of ['dao', 'safe'] as const) {
    const target = await readTarget(stage, site, vaults[name])
    expect(target).toMatchObject({ original: implementation, nonce: 1n })
    expect(target.current).not.toBe(implementation)
    expect(target.provisionalUntil).toBeGreaterThan(await now(world))
    expect(await robbery(name, 2n)).toBe(REFUSED)
    const held = await balanceOf(world, vaults[name])
    await world.send(users[0], vaults[name], withdraw(ETHER))
    expect(await balanceOf(world, vaults[name])).toBe(held - ETHER)
  }
}, 240_000)

test('5. guardians take a restriction back, and anyone does once its time is over', async () => {
  const { world, vaults, file, implementation } = stage
  for (const [action, changes] of [
    ['ratify', ['original', 'site map', 'restriction', 'runs', 'restrictable']],
    ['rearm', ['restrictable']],
    ['rollback', ['restriction', 'runs', 'restrictable', 'nonce']],
  ] as const) {
    const said = await suture(['propose', action, 'dao', '--json', '--out', file('others')])
    const { failed, changes: told } = said.lines[0] as { failed: unknown; changes: { what: string }[] }
    expect({ failed, told: told.map(({ what }) => what) }).toEqual({ failed: null, told: changes })
  }
  const signing = ['--auto', '--json', '--rpc-url', world.node.url]
  const chain = ['--gate', site.gate, '--chain-id', String(world.node.rpc.chainId)]
  const asked = file('back.json')
  const ask = ['approve', '--rollback', vaults.dao, ...chain, '--out', asked, '--keystore', 'guardian']
  const join = ['approve', '--file', asked, ...programmed.options]
  for (const [index, args] of [ask, join].entries()) {
    const ended = await stage.suture.run([...args, ...signing])
    expect(ended.lines.at(-1), ended.err).toMatchObject({ type: 'signed', signatures: index + 1 })
  }
  await suture(['execute', asked, '--broadcast'])
  expect(await readTarget(stage, site, vaults.dao)).toMatchObject({ live: implementation })

  const anyone = { env: STRANGER }
  const back = ['execute', '--rollback', vaults.safe, '--broadcast', '--signer', 'env:STRANGER']
  const early = await suture(back, { ...anyone, code: 1 })
  expect(early.err).toContain('RollbackTooEarly(')
  await travel(world, PROVISIONAL)
  await suture(back, anyone)
  expect(await readTarget(stage, site, vaults.safe)).toMatchObject({ live: implementation })
  for (const name of ['dao', 'safe'] as const) expect(await robbery(name, 2n)).toBeNull()
}, 120_000)

test('6. the DAO vetoes an upgrade that steals; one that nobody vetoes goes through', async () => {
  const { world, dao, committee, vaults, stealing, fixed, implementation, file } = stage
  const bad = await proposeUpgrade('dao', stealing, 'bad')
  const about = [file('bad/upgrade.timelock.json'), '--veto-governor', dao.veto, '--out', file('veto')]
  const early = await suture(['propose', 'veto', ...about], { code: 1 })
  expect(early.err).toContain(`the timelock does not know ${bad.operation}`)
  await scheduleByCommittee(bad)
  await suture(['propose', 'veto', ...about])
  const veto = await readJson('veto/veto.governor.json')
  expect(veto).toMatchObject({ governor: dao.veto, timelock: dao.timelock, operations: [bad.operation] })
  await dao.cancel(veto)
  await travel(world, TIMELOCK_DELAY)
  expect(await refusal(world, { from: attacker, to: dao.timelock, data: bad.execute })).toBe(
    encodeErrorResult({
      abi: ERRORS,
      errorName: 'TimelockUnexpectedOperationState',
      args: [bad.operation, READY],
    }),
  )
  expect(await readTarget(stage, site, vaults.dao)).toMatchObject({ live: implementation })

  const good = await proposeUpgrade('dao', fixed, 'good')
  await scheduleByCommittee(good)
  const cancel = encode('cancel(bytes32)', [good.operation])
  expect(await world.works(committee.address, dao.timelock, cancel)).toBe(false)
  await travel(world, (TIMELOCK_DELAY * 3n) / 4n)
  const late = ['propose', 'veto', good.operation, '--veto-governor', dao.veto, '--out', file('late')]
  expect((await suture(late, { code: 1 })).err).toContain('the vote ends')
  await executeAfterDelay(good)
  expect(await readTarget(stage, site, vaults.dao)).toMatchObject({ original: fixed, live: fixed })
  expect(await robbery('dao', 2n)).toBe(REFUSED)
  await world.send(users[0], vaults.dao, withdraw(ETHER))
}, 120_000)

test('7. both leave the gate by the batches that were written when they came, and upgrade by themselves again', async () => {
  const { world, dao, committee, vaults, fixed, stealing } = stage
  await dao.decide(await readJson('of-dao/exit.governor.json'))
  expect(await ownerOf(world, vaults.dao)).toBe(dao.timelock)
  const operation = await readJson('of-safe/exit-1.timelock.json')
  await scheduleByCommittee(operation)
  await executeAfterDelay(operation)
  await committee.executeFile(stage.file('of-safe/exit-2.safe.json'))
  const modules = 'isModuleEnabled(address) view returns (bool)'
  expect(await world.read(committee.address, modules, [site.gate])).toBe(false)

  for (const target of [vaults.dao, vaults.safe]) {
    const upgrade = encode('upgradeToAndCall(address,bytes)', [stealing, '0x'])
    expect(await world.works(site.gate, target, upgrade)).toBe(false)
    const byOwner = encode('upgrade(address,address,bytes,bytes32)', [target, stealing, '0x', toWord(0n)])
    const unknown = encodeErrorResult({ abi: ERRORS, errorName: 'TargetUnknown', args: [target] })
    expect(await refusal(world, { from: dao.timelock, to: site.gate, data: byOwner })).toBe(unknown)
    const freeze = encode('freeze(address,bytes4[],uint64,bytes32)', [target, [WITHDRAW], 60n, toWord(0n)])
    expect(await world.works(sentinel, site.gate, freeze)).toBe(false)
    expect(await world.works(sentinel, site.breaker, freeze)).toBe(false)
    const { err } = await suture(['status', target], { code: 1 })
    expect(err).toContain('The gate does not know the target.')
  }

  const repair = (to: Address) => ({ to, data: encode('upgradeToAndCall(address,bytes)', [fixed, '0x']) })
  await dao.decideOn([repair(vaults.dao)])
  await committee.execute([repair(vaults.safe)])
  for (const name of ['dao', 'safe'] as const) {
    expect(await robbery(name, 2n)).toBe(REFUSED)
    const held = await balanceOf(world, vaults[name])
    await world.send(users[1], vaults[name], withdraw(ETHER))
    expect(await balanceOf(world, vaults[name])).toBe(held - ETHER)
  }
}, 180_000)
