import type { Abi } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CompiledContract } from '../../test/support/compile-solidity.ts'
import { compileDiamond, compileOldVaults, compileVaults } from '../../test/support/onboard-source.ts'
import { deployGate, encode, readArtifact, startWorld, type World } from '../../test/support/onboard-world.ts'
import type { Address, Hex } from '../core/hex.ts'
import { toWord } from '../core/hex.ts'
import {
  beaconProxyAbi,
  beaconProxyBytecode,
  erc1967ProxyAbi,
  erc1967ProxyBytecode,
  transparentUpgradeableProxyAbi,
  transparentUpgradeableProxyBytecode,
  upgradeableBeaconAbi,
  upgradeableBeaconBytecode,
} from '../generated/contracts.ts'
import { type Onboarding, type OnboardOptions, planOnboard } from './onboard.ts'
import { findObjections } from './onboard-objections.ts'

const DEPOSIT: Hex = '0xd0e30db0'
const generated = {
  erc1967: { abi: erc1967ProxyAbi as Abi, creation: erc1967ProxyBytecode },
  transparent: { abi: transparentUpgradeableProxyAbi as Abi, creation: transparentUpgradeableProxyBytecode },
  beacon: { abi: upgradeableBeaconAbi as Abi, creation: upgradeableBeaconBytecode },
  beaconProxy: { abi: beaconProxyAbi as Abi, creation: beaconProxyBytecode },
}

let world: World
let protocols: Readonly<Record<string, CompiledContract>>
let dao: Address
let holder: Address
let sentinel: Address
let user: Address
let gate: Address
beforeAll(async () => {
  world = await startWorld()
  protocols = { ...compileVaults(), ...compileOldVaults(), ...compileDiamond() }
  ;[, dao, holder, sentinel, user] = world.accounts as [Address, Address, Address, Address, Address]
  gate = (await deployGate(world, dao)).gate
}, 120_000)
afterAll(() => world?.node.stop())

const plan = (proxies: readonly Address[], options: Partial<OnboardOptions> = {}): Promise<Onboarding> =>
  planOnboard({
    rpc: world.node.rpc,
    proxies,
    gate,
    pausers: [{ account: sentinel, budget: 3_600 }],
    ...options,
  })

/** Executes the hand-over, freezes as the sentinel, executes the exit; what `upgrade` says must work before and after for its holder. */
async function liveThrough(
  found: Onboarding,
  upgrade: { from: Address; to: Address; data: Hex },
): Promise<void> {
  expect(findObjections(found)).toEqual([])
  expect(await world.works(upgrade.from, upgrade.to, upgrade.data)).toBe(true)
  await world.perform(found.batches)
  expect(await world.works(upgrade.from, upgrade.to, upgrade.data)).toBe(false)
  const [target] = found.targets
  const args = [target!.key, [DEPOSIT], 600n, toWord(1n)]
  await world.send(sentinel, found.site.gate, encode('freeze(address,bytes4[],uint64,bytes32)', args))
  expect(await world.works(user, target!.proxy, DEPOSIT)).toBe(false)
  expect(await world.read(target!.proxy, 'version() view returns (uint256)')).toBe(1n)
  await world.perform(found.exit)
  expect(await world.works(user, target!.proxy, DEPOSIT)).toBe(true)
  expect(await world.works(upgrade.from, upgrade.to, upgrade.data)).toBe(true)
}

const deployUups = async (name: string) => {
  const implementation = await world.create(protocols[name]!)
  const proxy = await world.create(generated.erc1967, [
    implementation,
    encode('initialize(address)', [holder]),
  ])
  return { implementation, proxy }
}

/** Behind the provider Aave has, which is the admin of the proxy it makes. */
async function deployPool(shared?: Address) {
  const folder = '@aave/core-v3/artifacts/contracts/protocol'
  const provider = await world.create(
    readArtifact(`${folder}/configuration/PoolAddressesProvider.sol/PoolAddressesProvider.json`),
    ['test market', holder],
  )
  const implementation = shared ?? (await world.create(protocols.OldPoolLike!))
  await world.send(holder, provider, encode('setPoolImpl(address)', [implementation]))
  const proxy = (await world.read(provider, 'getPool() view returns (address)')) as Address
  return { provider, implementation, proxy }
}

describe('onboarding a proxy of each kind, freezing it and leaving again', () => {
  test.each([
    ['OwnedVault', 'uups', 'owner'],
    ['TwoStepVault', 'uups', 'two-step-owner'],
    ['RoleVault', 'uups', 'role'],
    ['AdminVault', 'uups', 'role'],
    ['OldVault', 'uups-legacy', 'owner'],
  ])('UUPS: %s is %s, handed over as %s', async (name, kind, by) => {
    const { implementation, proxy } = await deployUups(name)
    const found = await plan([proxy], by === 'role' ? { authority: holder } : {})
    expect(found.unsuitable).toEqual([])
    expect(found.targets[0]).toMatchObject({
      kind,
      authority: { by, holder: { kind: 'eoa', address: holder } },
    })
    const data =
      kind === 'uups'
        ? encode('upgradeToAndCall(address,bytes)', [implementation, '0x'])
        : encode('upgradeTo(address)', [implementation])
    await liveThrough(found, { from: holder, to: proxy, data })
  })

  test('a shim that stands for good lets a freeze at the Breaker count at once, and leaves with the exit', async () => {
    const { implementation, proxy } = await deployUups('OwnedVault')
    const found = await plan([proxy], { standing: true })
    expect(findObjections(found)).toEqual([])
    await world.perform(found.batches)
    const args = [proxy, [DEPOSIT], 600n, toWord(1n)]
    await world.send(sentinel, found.site.breaker, encode('freeze(address,bytes4[],uint64,bytes32)', args))
    expect(await world.works(user, proxy, DEPOSIT)).toBe(false)
    await world.perform(found.exit)
    expect(await world.works(user, proxy, DEPOSIT)).toBe(true)
    const upgrade = encode('upgradeToAndCall(address,bytes)', [implementation, '0x'])
    expect(await world.works(holder, proxy, upgrade)).toBe(true)
  })

  test('a transparent proxy of OpenZeppelin 5 goes by its ProxyAdmin', async () => {
    const implementation = await world.create(protocols.Vault!)
    const proxy = await world.create(generated.transparent, [implementation, holder, DEPOSIT])
    const found = await plan([proxy])
    expect(found.targets[0]).toMatchObject({ kind: 'transparent', authority: { by: 'owner' } })
    const { proxyAdmin } = found.targets[0]!
    const data = encode('upgradeAndCall(address,address,bytes)', [proxy, implementation, '0x'])
    await liveThrough(found, { from: holder, to: proxyAdmin!, data })
  })

  test('a transparent proxy of OpenZeppelin 4 goes by its ProxyAdmin too', async () => {
    const implementation = await world.create(protocols.Vault!)
    const admin = await world.create(protocols.OldProxyAdmin!)
    await world.send(world.accounts[0]!, admin, encode('transferOwnership(address)', [holder]))
    const proxy = await world.create(protocols.OldTransparentUpgradeableProxy!, [implementation, admin, '0x'])
    const found = await plan([proxy])
    expect(found.targets[0]).toMatchObject({ kind: 'transparent-legacy', proxyAdmin: admin })
    const data = encode('upgrade(address,address)', [proxy, implementation])
    await liveThrough(found, { from: holder, to: admin, data })
  })

  test('a proxy whose admin is a key changes its admin', async () => {
    const implementation = await world.create(protocols.Vault!)
    const proxy = await world.create(protocols.OldTransparentUpgradeableProxy!, [
      implementation,
      holder,
      '0x',
    ])
    const found = await plan([proxy])
    expect(found.targets[0]).toMatchObject({ kind: 'direct', authority: { by: 'admin', contract: proxy } })
    await liveThrough(found, {
      from: holder,
      to: proxy,
      data: encode('upgradeTo(address)', [implementation]),
    })
  })

  test('a beacon proxy goes by its beacon', async () => {
    const implementation = await world.create(protocols.Vault!)
    const beacon = await world.create(generated.beacon, [implementation, holder])
    const proxy = await world.create(generated.beaconProxy, [beacon, '0x'])
    const twin = await world.create(generated.beaconProxy, [beacon, '0x'])
    const found = await plan([proxy, twin])
    expect(found.targets).toHaveLength(1)
    expect(found.unsuitable).toEqual([expect.objectContaining({ proxy: twin })])
    expect(found.targets[0]).toMatchObject({ kind: 'beacon', target: beacon, key: beacon })
    await liveThrough(found, {
      from: holder,
      to: beacon,
      data: encode('upgradeTo(address)', [implementation]),
    })
  })

  test('a diamond goes facet by facet, without its own functions', async () => {
    const diamond = await world.create(protocols.Diamond!)
    const facet = await world.create(protocols.Facet!)
    const selectors = Object.values(protocols.Facet!.selectors).map((selector) => `0x${selector}`)
    const cut = (action: number) =>
      encode(
        'diamondCut((address facet, uint8 action, bytes4[] selectors)[] cuts, address init, bytes data)',
        [[{ facet, action, selectors }], '0x0000000000000000000000000000000000000000', '0x'],
      )
    await world.send(world.accounts[0]!, diamond, cut(0))
    await world.send(world.accounts[0]!, diamond, encode('transferOwnership(address)', [holder]))
    await world.send(holder, diamond, encode('acceptOwnership()'))
    const found = await plan([diamond])
    expect(found.targets).toHaveLength(1)
    expect(found.targets[0]).toMatchObject({ kind: 'facet', authority: { by: 'two-step-owner' } })
    expect(found.unsuitable[0]!.reason).toContain("are the diamond's own")
    const other = await world.create(protocols.Facet!)
    const data = encode(
      'diamondCut((address facet, uint8 action, bytes4[] selectors)[] cuts, address init, bytes data)',
      [[{ facet: other, action: 1, selectors }], '0x0000000000000000000000000000000000000000', '0x'],
    )
    await liveThrough(found, { from: holder, to: diamond, data })
  })

  test('a proxy under a provider that calls what it installs gets a forwarder to a beacon', async () => {
    const { provider, implementation, proxy } = await deployPool()
    const found = await plan([proxy])
    expect(found.unsuitable).toEqual([])
    expect(found.targets[0]).toMatchObject({
      kind: 'beacon',
      authority: { contract: provider, holder: { address: holder } },
      forwarder: { installer: provider, selector: '0xa1564406' },
    })
    expect(findObjections(found)).toEqual([])
    expect(found.rehearsal.freezes[0]!.addedGas!.idle).toBeGreaterThan(1_000n)
    await world.send(user, proxy, DEPOSIT, 5n)
    await world.perform(found.batches)
    expect(await world.read(proxy, 'balanceOf(address) view returns (uint256)', [user])).toBe(5n)
    expect(await world.read(proxy, 'provider() view returns (address)')).toMatch(new RegExp(provider, 'i'))
    const freeze = [found.targets[0]!.key, [DEPOSIT], 600n, toWord(1n)]
    await world.send(sentinel, gate, encode('freeze(address,bytes4[],uint64,bytes32)', freeze))
    expect(await world.works(user, proxy, DEPOSIT)).toBe(false)
    await world.perform(found.exit)
    expect(await world.works(user, proxy, DEPOSIT)).toBe(true)
    const beacon = found.targets[0]!.target
    expect(await world.works(holder, beacon, encode('upgradeTo(address)', [implementation]))).toBe(true)
    // The forwarder stays, so coming back is a matter of the beacon.
    const again = await plan([proxy])
    expect(again.targets[0]).toMatchObject({
      kind: 'beacon',
      target: beacon,
      authority: { contract: beacon },
    })
    expect(again.targets[0]).not.toHaveProperty('forwarder')
    expect(findObjections(again)).toEqual([])
  })

  test('a hand-over that stopped before the forwarder was installed is taken up again', async () => {
    const { provider, proxy } = await deployPool()
    const { batches } = await plan([proxy])
    await world.perform(batches.slice(0, -1))
    expect(batches.at(-1)!.calls[0]!.what).toContain(`${provider}.setPoolImpl(`)
    const found = await plan([proxy])
    expect(findObjections(found)).toEqual([])
    expect(found.batches.map(({ calls }) => calls.map(({ to }) => to))).toEqual([[provider]])
    await world.perform(found.batches)
    expect((await plan([proxy])).unsuitable[0]!.reason).toContain('knows')
  })

  test('proxies that share an implementation share the beacon, and come under the gate one after the other', async () => {
    const first = await deployPool()
    const second = await deployPool(first.implementation)
    const { batches, unsuitable } = await plan([first.proxy, second.proxy])
    expect(unsuitable).toHaveLength(1)
    expect(unsuitable[0]!.reason).toContain('shares the beacon')
    await world.perform(batches)
    const found = await plan([second.proxy])
    expect(findObjections(found)).toEqual([])
    await world.perform(found.batches)
    const freeze = [found.targets[0]!.key, [DEPOSIT], 600n, toWord(1n)]
    await world.send(sentinel, gate, encode('freeze(address,bytes4[],uint64,bytes32)', freeze))
    expect(await world.works(user, first.proxy, DEPOSIT)).toBe(false)
    expect(await world.works(user, second.proxy, DEPOSIT)).toBe(false)
  })

  test('a forwarder that somebody deployed already is not deployed again', async () => {
    const { provider, proxy } = await deployPool()
    const [first] = (await plan([proxy])).batches[0]!.calls
    await world.send(user, first!.to, first!.data)
    const found = await plan([proxy])
    expect(findObjections(found)).toEqual([])
    expect(found.batches[0]!.calls.filter(({ what }) => what.startsWith('deploy '))).toHaveLength(1)
    expect(found.batches.at(-1)!.calls.map(({ to }) => to)).toEqual([provider])
  })
})

describe('what cannot come under a gate', () => {
  const reasonOf = async (address: Address, options: Partial<OnboardOptions> = {}) => {
    const { targets, unsuitable } = await plan([address], options)
    expect(targets).toEqual([])
    return unsuitable[0]!.reason
  }

  test('a contract that is no proxy', async () => {
    expect(await reasonOf(await world.create(protocols.Vault!))).toContain(
      'the code that runs can never change',
    )
  })

  test('a minimal proxy', async () => {
    const implementation = await world.create(protocols.Vault!)
    const cloner = await world.create(protocols.Cloner!)
    await world.send(user, cloner, encode('make(address)', [implementation]))
    const clone = (await world.read(cloner, 'clone() view returns (address)')) as Address
    expect(await reasonOf(clone)).toContain(`delegates to ${implementation} for ever`)
  })

  test('a proxy whose holder is not to be found, until somebody names it', async () => {
    const { proxy } = await deployUups('RoleVault')
    expect(await reasonOf(proxy)).toContain('name the holder with --authority')
    expect((await plan([proxy], { authority: holder })).targets).toHaveLength(1)
    expect(await reasonOf(proxy, { authority: user })).toContain('nobody was found')
  })

  test('what another gate holds, unless it is to be moved', async () => {
    const { proxy } = await deployUups('OwnedVault')
    await world.perform((await plan([proxy])).batches)
    const next = await deployGate(world, user)
    expect(await reasonOf(proxy, { gate: next.gate })).toContain(`--gate ${gate} --migrate-to ${next.gate}`)
  })

  test('what the gate knows already', async () => {
    const { proxy } = await deployUups('OwnedVault')
    await world.perform((await plan([proxy])).batches)
    expect(await reasonOf(proxy)).toContain('knows')
  })
})

describe('trying before writing', () => {
  test('an address that is no gate is refused', async () => {
    const { proxy } = await deployUups('OwnedVault')
    await expect(plan([proxy], { gate: user })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  test('a batch that would fail is named with the reason of the contract that refused', async () => {
    const { proxy } = await deployUups('OwnedVault')
    const found = await plan([proxy], { pausers: [{ account: sentinel, budget: 86_401 }] })
    expect(findObjections(found)).toEqual([
      {
        step: 'hand-over',
        what: `Breaker.setPauser(${proxy}, ${sentinel}, 86401) from ${dao}`,
        reason: 'DurationOutOfBounds(86401, 86400)',
      },
    ])
  })

  test('nothing is changed on the node', async () => {
    const { proxy } = await deployUups('OwnedVault')
    const before = await world.node.rpc.request('eth_blockNumber')
    const found = await plan([proxy])
    expect(found.rehearsal.freezes[0]).toMatchObject({ refused: true, failed: null, addedGas: { idle: 0n } })
    expect(await world.node.rpc.request('eth_blockNumber')).toBe(before)
    expect(await world.read(proxy, 'owner() view returns (address)')).toMatch(new RegExp(holder, 'i'))
  })

  test('proxies under one ProxyAdmin are handed over once', async () => {
    const implementation = await world.create(protocols.Vault!)
    const admin = await world.create(protocols.OldProxyAdmin!)
    await world.send(world.accounts[0]!, admin, encode('transferOwnership(address)', [holder]))
    const make = () => world.create(protocols.OldTransparentUpgradeableProxy!, [implementation, admin, '0x'])
    const found = await plan([await make(), await make()])
    expect(findObjections(found)).toEqual([])
    expect(found.batches.map(({ sender, calls }) => [sender.address, calls.length])).toEqual([
      [holder, 1],
      [dao, 6],
    ])
  })
})

test('targets move from one gate to another and back', async () => {
  const { implementation, proxy } = await deployUups('TwoStepVault')
  await world.perform((await plan([proxy])).batches)
  const next = await deployGate(world, user)
  const found = await plan([proxy], { migrateTo: next.gate })
  expect(findObjections(found)).toEqual([])
  await world.perform(found.batches)
  const upgrade = encode('upgradeToAndCall(address,bytes)', [implementation, '0x'])
  expect(await world.works(next.gate, proxy, upgrade)).toBe(true)
  expect(await world.works(gate, proxy, upgrade)).toBe(false)
  await world.perform(found.exit)
  expect(await world.works(gate, proxy, upgrade)).toBe(true)
})
