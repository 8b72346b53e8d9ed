import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Abi } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Dao, deployDao, travel } from '../../test/e2e/governance/dao.ts'
import { deployGate, encode, startWorld, type World } from '../../test/support/onboard-world.ts'
import { type Ended, runCommand } from '../../test/support/run-command.ts'
import type { Address } from '../core/hex.ts'
import { erc1967ProxyAbi, erc1967ProxyBytecode } from '../generated/contracts.ts'
import { lendingPoolAbi, lendingPoolBytecode } from '../generated/demo.ts'
import { planOnboard } from '../pipeline/onboard.ts'

let world: World
let folder: string
let dao: Dao
let proxy: Address
let fresh: Address
beforeAll(async () => {
  world = await startWorld()
  folder = await mkdtemp(join(tmpdir(), 'suture-propose-'))
  const [, user, committee] = world.accounts as [Address, Address, Address]
  dao = await deployDao(world, committee)
  const { gate } = await deployGate(world, dao.timelock)
  const pool = { abi: lendingPoolAbi as Abi, creation: lendingPoolBytecode }
  const implementation = await world.create(pool)
  fresh = await world.create(pool)
  const setUp = encode('initialize(address,address,address)', [dao.timelock, user, user])
  const erc1967 = { abi: erc1967ProxyAbi as Abi, creation: erc1967ProxyBytecode }
  proxy = await world.create(erc1967, [implementation, setUp])
  const { batches } = await planOnboard({ rpc: world.node.rpc, proxies: [proxy], gate, pausers: [] })
  await world.perform(batches)
  await travel(world, 60n)
  const chain = { id: world.node.rpc.chainId, rpc: [world.node.url], confirmations: 1 }
  const harbor = { chain: 'local', contracts: { pool: proxy }, gate }
  await writeFile(
    join(folder, 'suture.config.mjs'),
    `export default ${JSON.stringify({ chains: { local: chain }, protocols: { harbor } })}`,
  )
}, 120_000)
afterAll(async () => {
  await world?.node.stop()
  if (folder) await rm(folder, { recursive: true, force: true })
})

/** The command as a user runs it, in their folder. */
async function propose(...flags: readonly string[]): Promise<Ended> {
  const place = ['--config', 'suture.config.mjs', '--out', 'out']
  const args = ['propose', ...flags, ...place]
  return runCommand('main.ts', args, folder)
}

/** Without what depends on the compiler and the clock. */
const mask = (text: string) =>
  text
    .replace(/0x[0-9a-f]{40,}/g, '0x…')
    .replace(/\d{4}-\d\d-\d\d [\d:]{8} UTC( \([^)]*\))?/g, 'TIME')
    .replace(/\b\d{2,}\b/g, 'N')
const written = async () => (await readdir(join(folder, 'out'))).sort()

test('an upgrade is told and written for the timelock', async () => {
  const { stdout, stderr, code } = await propose('upgrade', 'pool', fresh)
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
  expect(mask(stdout)).toMatchInlineSnapshot(`
    "Upgrade 0x… to 0x…, whose code hashes to 0x…, as things stood at block N
      by            timelock 0x… (N s)
      call          PatchGate.upgrade(0x…, 0x…, 0x, 0x…) at 0x…
      original      0x… 0x…
                  → 0x… 0x…
      runs          0x…
                  → 0x…
      nonce         0
                  → 1
      mind          the new code has N bytes (the old N) and hashes to 0x…
      mind          the implementation holds its own address in 3 places: functions that compare it (onlyProxy) are refused while a freeze lasts, and whether a patched copy may carry its own address instead is checked per patch
      mind          1 jumps could not be resolved; 2 blocks they may lead to are left out of the site map and cannot be patched
    tried on a copy of the state: it works (N gas)
    wrote out/upgrade.timelock.json
    wrote out/upgrade.calldata.json
    "
  `)
  expect(await written()).toEqual(['upgrade.calldata.json', 'upgrade.timelock.json'])
})

test('the same for the Governor, in place of what was there', async () => {
  const { code } = await propose('upgrade', proxy, fresh, '--as', 'governor', '--governor', dao.governor)
  expect(code).toBe(0)
  expect(await written()).toEqual(['upgrade.calldata.json', 'upgrade.governor.json'])
  const { governor } = JSON.parse(await readFile(join(folder, 'out/upgrade.governor.json'), 'utf8'))
  expect(governor).toBe(dao.governor)
})

test('what fails when it is tried is written only by force', async () => {
  const refused = await propose('ratify', 'pool')
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('reason: NothingProvisional(0x')
  expect(refused.stderr).toContain('[BATCH_REJECTED]')
  expect(await written()).not.toContain('ratify.timelock.json')
  expect((await propose('ratify', 'pool', '--force')).code).toBe(0)
  expect(await written()).toContain('ratify.timelock.json')
})

test('a veto is told with its times, from the file that was scheduled or from the id', async () => {
  await propose('standing', 'pool', 'on')
  const path = join(folder, 'out/standing.timelock.json')
  const scheduled = JSON.parse(await readFile(path, 'utf8'))
  await world.send(world.accounts[2]!, dao.timelock, scheduled.schedule)
  const by = ['--veto-governor', dao.veto]
  const told = await propose('veto', 'out/standing.timelock.json', ...by, '--reason', 'too dear')
  expect(told.stderr).toBe('')
  expect(mask(told.stdout)).toMatchInlineSnapshot(`
    "Veto of operation 0x… of the timelock 0x…: too dear
      governor      0x…
      proposal      N
      snapshot      TIME, if it is proposed now
      vote ends     TIME
      operation     can be executed from TIME
      propose       0x…
      vote for it   0x…
      execute       0x…
      mind          who proposes it must have N votes, in the token's smallest unit
      mind          N votes for it or abstaining make it count, and more for it than against
    wrote out/veto.governor.json
    "
  `)
  const { stdout } = await propose('veto', scheduled.operation, ...by, '--json')
  expect(JSON.parse(stdout)).toMatchObject({ operations: [scheduled.operation], objections: [] })

  const bySafe = { transactions: [{ to: dao.timelock, data: scheduled.schedule }] }
  await writeFile(join(folder, 'safe.json'), JSON.stringify(bySafe))
  expect((await propose('veto', 'safe.json', ...by, '--json')).stdout).toBe(stdout)
  await writeFile(path, JSON.stringify({ ...scheduled, operation: `0x${'00'.repeat(32)}` }))
  const forged = await propose('veto', 'out/standing.timelock.json', ...by)
  expect(forged.stderr).toContain('do not trust it')
})

test('help comes with an example', async () => {
  expect((await propose('pauser', '--help')).stdout).toContain('$ suture propose pauser pool 0x… 21600')
})
