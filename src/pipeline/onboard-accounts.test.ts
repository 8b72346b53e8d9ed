import type { Abi } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CompiledContract } from '../../test/support/compile-solidity.ts'
import { compileDao, compileVaults } from '../../test/support/onboard-source.ts'
import {
  deployGate,
  deploySafe,
  encode,
  readArtifact,
  sendBySafe,
  startWorld,
  type World,
} from '../../test/support/onboard-world.ts'
import type { Address, Hex } from '../core/hex.ts'
import { toWord, ZERO_ADDRESS } from '../core/hex.ts'
import { erc1967ProxyAbi, erc1967ProxyBytecode } from '../generated/contracts.ts'
import { renderBatches } from '../governance/batches/render-batches.ts'
import { type Onboarding, type OnboardOptions, planOnboard } from './onboard.ts'
import { findObjections } from './onboard-objections.ts'

const DEPOSIT: Hex = '0xd0e30db0'
const DELAY = 172_800n
const SALT = toWord(7n)

let world: World
let contracts: Readonly<Record<string, CompiledContract>>
let deployer: Address
let dao: Address
let owner: Address
let sentinel: Address
let user: Address
beforeAll(async () => {
  world = await startWorld()
  contracts = { ...compileVaults(), ...compileDao() }
  ;[deployer, dao, owner, sentinel, user] = world.accounts as [Address, Address, Address, Address, Address]
}, 120_000)
afterAll(() => world?.node.stop())

const plan = (proxy: Address, gate: Address, options: Partial<OnboardOptions> = {}): Promise<Onboarding> =>
  planOnboard({
    rpc: world.node.rpc,
    proxies: [proxy],
    gate,
    pausers: [{ account: sentinel, budget: 3_600 }],
    ...options,
  })

async function deployVault(holder: Address): Promise<Address> {
  const implementation = await world.create(contracts.OwnedVault!)
  const erc1967 = { abi: erc1967ProxyAbi as Abi, creation: erc1967ProxyBytecode }
  return world.create(erc1967, [implementation, encode('initialize(address)', [holder])])
}

const render = (batches: Onboarding['batches'], name: string, options: object = {}) =>
  renderBatches(batches, {
    chainId: 31_337,
    name,
    description: `To ${name}`,
    createdAt: 1_700_000_000_000,
    salt: SALT,
    ...options,
  }).map((file) => ({ name: file.name, content: JSON.parse(file.text) }))

const freeze = (gate: Address, key: Address) =>
  world.send(
    sentinel,
    gate,
    encode('freeze(address,bytes4[],uint64,bytes32)', [key, [DEPOSIT], 600n, toWord(1n)]),
  )

const warp = async (seconds: bigint) => {
  await world.node.rpc.request('evm_increaseTime', [Number(seconds)])
  await world.node.rpc.request('evm_mine')
}

describe('a Safe that holds the authority', () => {
  let safe: Address
  let gate: Address
  beforeAll(async () => {
    safe = await deploySafe(world, owner)
    gate = (await deployGate(world, dao)).gate
  })

  /** Through the Safe what the Safe must do, as its owners would after importing the file; the rest by whoever must. */
  async function perform(batches: Onboarding['batches'], name: string): Promise<void> {
    const files = render(batches, name)
    for (const [index, { sender, calls }] of batches.entries()) {
      if (sender.address !== safe) {
        await world.perform([{ sender, calls }])
        continue
      }
      const { content } = files.find((file) => file.name === `${name}-${index + 1}.safe.json`)!
      for (const { to, data } of content.transactions) await sendBySafe(world, { safe, owner }, { to, data })
    }
  }

  test.each([
    [
      false,
      [
        ['safe', 1],
        ['eoa', 3],
      ],
    ],
    [
      true,
      [
        ['safe', 1],
        ['eoa', 3],
      ],
    ],
  ])('is handed a file for its app, is frozen for and gets it back (as a module: %s)', async (via, shape) => {
    const proxy = await deployVault(safe)
    const found = await plan(proxy, gate, { via })
    expect(findObjections(found)).toEqual([])
    expect(found.targets[0]!.authority.holder).toMatchObject({ kind: 'safe', threshold: 1, owners: [owner] })
    expect(found.batches.map(({ sender, calls }) => [sender.kind, calls.length])).toEqual(shape)
    await perform(found.batches, 'onboard')
    expect(await world.read(proxy, 'owner() view returns (address)')).toMatch(
      new RegExp(via ? safe : gate, 'i'),
    )
    await freeze(gate, proxy)
    expect(await world.works(user, proxy, DEPOSIT)).toBe(false)
    await perform(found.exit, 'exit')
    expect(await world.works(user, proxy, DEPOSIT)).toBe(true)
    expect(await world.read(proxy, 'owner() view returns (address)')).toMatch(new RegExp(safe, 'i'))
    expect(await world.read(safe, 'isModuleEnabled(address) view returns (bool)', [gate])).toBe(false)
  })
})

test('a Safe whose role it cannot hand on lends it, without being asked', async () => {
  const safe = await deploySafe(world, owner)
  const { gate } = await deployGate(world, dao)
  const implementation = await world.create(contracts.RoleVault!)
  const erc1967 = { abi: erc1967ProxyAbi as Abi, creation: erc1967ProxyBytecode }
  const proxy = await world.create(erc1967, [implementation, encode('initialize(address)', [dao])])
  const role = await world.read(proxy, 'UPGRADER_ROLE() view returns (bytes32)')
  await world.send(dao, proxy, encode('grantRole(bytes32,address)', [role, safe]))
  const found = await plan(proxy, gate, { authority: safe })
  expect(findObjections(found)).toEqual([])
  expect(found.targets[0]).toMatchObject({
    via: true,
    authority: { by: 'nothing', holder: { kind: 'safe' } },
  })
  expect(found.batches.map(({ sender }) => sender.kind)).toEqual(['safe', 'eoa'])
})

test('a Safe that is the admin in the code of a proxy lends that too', async () => {
  const safe = await deploySafe(world, owner)
  const { gate } = await deployGate(world, dao)
  const folder = '@aave/core-v3/artifacts/contracts/protocol/libraries/aave-upgradeability'
  const name = 'InitializableImmutableAdminUpgradeabilityProxy'
  const proxy = await world.create(readArtifact(`${folder}/${name}.sol/${name}.json`), [safe])
  const implementation = await world.create(contracts.Vault!)
  await world.send(user, proxy, encode('initialize(address,bytes)', [implementation, '0x']))
  const found = await plan(proxy, gate)
  expect(findObjections(found)).toEqual([])
  expect(found.targets[0]).toMatchObject({
    kind: 'direct',
    via: true,
    authority: { holder: { address: safe } },
  })
})

describe('a timelock that owns everything', () => {
  async function deployTimelock(proposers: readonly Address[]): Promise<Address> {
    const file = '@openzeppelin/contracts/build/contracts/TimelockController.json'
    return world.create(readArtifact(file), [DELAY, proposers, [ZERO_ADDRESS], deployer])
  }

  test('schedules one operation, executes it after its delay, and leaves again', async () => {
    const timelock = await deployTimelock([owner])
    const { gate } = await deployGate(world, timelock)
    const proxy = await deployVault(timelock)
    const found = await plan(proxy, gate)
    expect(findObjections(found)).toEqual([])
    const run = async (batches: Onboarding['batches'], name: string) => {
      const [file] = render(batches, name)
      expect(file!.name).toBe(`${name}.timelock.json`)
      const { schedule, execute, operation } = file!.content
      await world.send(owner, timelock, schedule)
      expect(await world.read(timelock, 'isOperationPending(bytes32) view returns (bool)', [operation])).toBe(
        true,
      )
      expect(await world.works(user, timelock, execute)).toBe(false)
      await warp(DELAY)
      await world.send(user, timelock, execute)
    }
    await run(found.batches, 'onboard')
    await freeze(gate, proxy)
    expect(await world.works(user, proxy, DEPOSIT)).toBe(false)
    await run(found.exit, 'exit')
    expect(await world.works(user, proxy, DEPOSIT)).toBe(true)
    expect(await world.read(proxy, 'owner() view returns (address)')).toMatch(new RegExp(timelock, 'i'))
  })

  test('waits for its own earlier operation where another account acts in between', async () => {
    const timelock = await deployTimelock([owner])
    const { gate } = await deployGate(world, timelock, dao)
    const found = await plan(await deployVault(timelock), gate)
    const files = render(found.batches, 'onboard')
    expect(files.map(({ name }) => name)).toEqual([
      'onboard-1.timelock.json',
      'onboard-3.timelock.json',
      'onboard.calldata.json',
    ])
    expect(files[1]!.content.predecessor).toBe(files[0]!.content.operation)
  })

  test('takes the same batch as a proposal of its Governor', async () => {
    const timelock = await deployTimelock([])
    const governor = await world.create(contracts.Dao!, [timelock])
    const role = (await world.read(timelock, 'PROPOSER_ROLE() view returns (bytes32)')) as Hex
    await world.send(deployer, timelock, encode('grantRole(bytes32,address)', [role, governor]))
    const { gate } = await deployGate(world, timelock)
    const proxy = await deployVault(timelock)
    const found = await plan(proxy, gate)
    const [file] = render(found.batches, 'onboard', { as: 'governor', governor })
    expect(file!.name).toBe('onboard.governor.json')
    const { propose, queue, execute, proposalId } = file!.content
    await world.send(user, governor, propose)
    await warp(1n)
    await world.send(user, governor, encode('castVote(uint256,uint8)', [BigInt(proposalId), 1]))
    await warp(1n)
    await warp(1n)
    await world.send(user, governor, queue)
    await warp(DELAY)
    await world.send(user, governor, execute)
    await freeze(gate, proxy)
    expect(await world.works(user, proxy, DEPOSIT)).toBe(false)
  })
})

test('a format no account takes is refused', async () => {
  const { gate } = await deployGate(world, dao)
  const found = await plan(await deployVault(owner), gate)
  expect(() => render(found.batches, 'onboard', { as: 'safe' })).toThrowError(
    expect.objectContaining({ code: 'CONFIG_INVALID' }),
  )
  expect(render(found.batches, 'onboard').map(({ name }) => name)).toEqual(['onboard.calldata.json'])
})
