import type { Abi } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compileVaults } from '../../test/e2e/governance/contracts.ts'
import { deployGate, encode, startWorld, type World } from '../../test/support/onboard-world.ts'
import type { Address } from '../core/hex.ts'
import { erc1967ProxyAbi, erc1967ProxyBytecode, patchGateAbi } from '../generated/contracts.ts'
import { readGateTarget } from '../governance/read-gate-target.ts'
import { readPauser } from '../governance/read-pauser.ts'
import { readView } from '../governance/read-view.ts'
import { planOnboard } from './onboard.ts'
import { type OwnerAction, type OwnerProposal, planProposal } from './propose.ts'
import {
  ratify,
  rearm,
  rollBack,
  setGuardians,
  setPauser,
  setStanding,
  unfreeze,
  upgradeTo,
} from './propose-actions.ts'

const WITHDRAW = '0x2e1a7d4d'
const GUARDIANS: readonly Address[] = [`0x${'0b'.repeat(20)}`, `0x${'0a'.repeat(20)}`, `0x${'0c'.repeat(20)}`]

let world: World
let dao: Address
let security: Address
let sentinel: Address
let gate: Address
let breaker: Address
let proxy: Address
let implementation: Address
let fixed: Address
beforeAll(async () => {
  world = await startWorld()
  ;[, dao, security, sentinel] = world.accounts as [Address, Address, Address, Address]
  ;({ gate, breaker } = await deployGate(world, dao, security))
  const { Vault, FixedVault } = compileVaults()
  implementation = await world.create(Vault!)
  fixed = await world.create(FixedVault!)
  proxy = await world.create({ abi: erc1967ProxyAbi as Abi, creation: erc1967ProxyBytecode }, [
    implementation,
    encode('initialize(address)', [dao]),
  ])
  const pausers = [{ account: sentinel, budget: 3_600 }]
  const { batches } = await planOnboard({ rpc: world.node.rpc, proxies: [proxy], gate, pausers })
  await world.perform(batches)
}, 120_000)
afterAll(() => world?.node.stop())

const propose = (action: OwnerAction): Promise<OwnerProposal> =>
  planProposal({ rpc: world.node.rpc, gate, action })

const changed = ({ changes }: OwnerProposal) => changes.map(({ what }) => what)

test('what happens is what was said: a shim that stays, and goes again', async () => {
  const on = await propose(setStanding(proxy, true))
  expect(on.batch.sender).toEqual({ kind: 'eoa', address: dao })
  expect(changed(on)).toEqual(['runs', 'shim'])
  await world.perform([on.batch])
  const off = await propose(setStanding(proxy, false))
  expect(off.changes.find(({ what }) => what === 'shim')).toEqual({
    what: 'shim',
    before: 'always there',
    after: 'only where it is needed',
  })
  await world.perform([off.batch])
  expect(changed(await propose(setStanding(proxy, false)))).toEqual([])
})

test('a pauser is the business of the owner of the Breaker', async () => {
  const state = () => readPauser(world.node.rpc, { breaker, target: proxy, pauser: dao })
  const more = await propose(setPauser({ account: proxy, pauser: dao, budget: 60 }))
  expect(more.batch.sender.address).toBe(security)
  expect(more.changes).toEqual([{ what: 'budget', before: 'no pauser', after: '1 min' }])
  await world.perform([more.batch])
  expect((await state()).budget).toBe(60n)
  await world.perform([(await propose(setPauser({ account: proxy, pauser: dao, budget: 0 }))).batch])
  expect((await state()).budget).toBe(0n)
})

test('a budget the Breaker refuses is told in its words', async () => {
  const { failed, changes } = await propose(setPauser({ account: proxy, pauser: dao, budget: 86_401 }))
  expect(failed?.reason).toBe('DurationOutOfBounds(86401, 86400)')
  expect(changes).toEqual([])
})

test('freezes are lifted, each by name', async () => {
  const freeze = encode('freeze(address,bytes4[],uint64,bytes32)', [
    proxy,
    [WITHDRAW],
    60n,
    `0x${'00'.repeat(32)}`,
  ])
  await world.send(sentinel, gate, freeze)
  const proposal = await propose(unfreeze(proxy))
  expect(changed(proposal)).toEqual(['runs', `function ${WITHDRAW}`])
  expect(proposal.changes[1]!.after).toBe('not frozen')
  await world.perform([proposal.batch])
  expect((await propose(unfreeze(proxy))).notes).toHaveLength(1)
})

test('guardians are put in the order the gate wants', async () => {
  const proposal = await propose(setGuardians(GUARDIANS, 3))
  expect(changed(proposal)).toEqual(['guardians', 'threshold'])
  await world.perform([proposal.batch])
  const at = { abi: patchGateAbi, address: gate, what: 'a PatchGate' } as const
  const known = await readView(world.node.rpc, at, 'guardians', [])
  expect(known.map((one) => one.toLowerCase())).toEqual([...GUARDIANS].sort())
  expect((await propose(setGuardians(GUARDIANS, 1))).failed?.reason).toBe('GuardiansInvalid()')
})

test.each([
  ['ratify', ratify],
  ['rollback', rollBack],
])('without a restriction there is nothing to %s', async (_, action) => {
  expect((await propose(action(proxy))).failed?.reason).toMatch(/^NothingProvisional\(0x/)
})

test('re-arming what was never spent changes nothing', async () => {
  expect(await propose(rearm(proxy))).toMatchObject({ failed: null, changes: [] })
})

test('code that cannot be upgraded again is told, and fails when it is tried', async () => {
  const proposal = await propose(upgradeTo({ account: proxy, implementation: gate, data: '0x' }))
  expect(proposal.notes).toContainEqual(expect.stringContaining('WARNING: it has no proxiableUUID'))
  expect(proposal.failed).not.toBeNull()
})

test('there must be code to upgrade to', async () => {
  const upgrade = upgradeTo({ account: proxy, implementation: sentinel, data: '0x' })
  await expect(propose(upgrade)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})

test('a target the gate does not know is refused', async () => {
  await expect(propose(unfreeze(implementation))).rejects.toMatchObject({ code: 'APPROVAL_INVALID' })
})

test('an upgrade registers the site map of the new code', async () => {
  const proposal = await propose(upgradeTo({ account: proxy, implementation: fixed, data: '0x' }))
  expect(changed(proposal)).toEqual(['original', 'site map', 'runs', 'nonce'])
  await world.perform([proposal.batch])
  const { original, siteMapRoot, live } = await readGateTarget(world.node.rpc, { gate, target: proxy })
  expect({ original, live }).toEqual({ original: fixed, live: fixed })
  expect(proposal.changes[1]!.after).toBe(siteMapRoot)
})
