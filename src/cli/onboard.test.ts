import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Abi } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deployGate, deploySafe, encode, startWorld, type World } from '../../test/support/onboard-world.ts'
import { type Ended, runCommand } from '../../test/support/run-command.ts'
import type { Address } from '../core/hex.ts'
import { erc1967ProxyAbi, erc1967ProxyBytecode } from '../generated/contracts.ts'
import { lendingPoolAbi, lendingPoolBytecode } from '../generated/demo.ts'

let world: World
let folder: string
let proxy: Address
let implementation: Address
let gate: Address
beforeAll(async () => {
  world = await startWorld()
  folder = await mkdtemp(join(tmpdir(), 'suture-onboard-'))
  const [, dao, owner] = world.accounts as [Address, Address, Address]
  const safe = await deploySafe(world, owner)
  gate = (await deployGate(world, dao)).gate
  implementation = await world.create({ abi: lendingPoolAbi as Abi, creation: lendingPoolBytecode })
  const setUp = encode('initialize(address,address,address)', [safe, dao, dao])
  const erc1967 = { abi: erc1967ProxyAbi as Abi, creation: erc1967ProxyBytecode }
  proxy = await world.create(erc1967, [implementation, setUp])
})
afterAll(async () => {
  await world?.node.stop()
  if (folder) await rm(folder, { recursive: true, force: true })
})

/** The command as a user runs it, from another folder. */
async function onboard(...flags: readonly string[]): Promise<Ended> {
  const node = ['--gate', gate, '--rpc-url', world.node.url, '--chain-id', '31337', '--out', folder]
  const args = ['onboard', ...node, ...flags]
  return runCommand('main.ts', args, folder)
}

/** Without what depends on the compiler: addresses, hashes, gas. */
const mask = (text: string) =>
  text
    .replaceAll(folder, 'FOLDER')
    .replace(/0x[0-9a-f]{40,}/g, '0x…')
    .replace(/(functions {8})\d+: [0-9a-fx ]+/g, '$1…')
    .replace(/\b\d{2,}\b/g, 'N')

test('prints what will change, and writes the files for those who must act', async () => {
  await writeFile(join(folder, 'onboard-7.safe.json'), 'of an earlier run')
  const { stdout, code } = await onboard(proxy, implementation, '--sentinel', `${world.accounts[3]}:3600`)
  expect(code).toBe(0)
  expect(mask(stdout)).toMatchInlineSnapshot(`
    "block 8; gate 0x… of key 0x…; breaker 0x… of key 0x…
    mind: 0x… is a single key and owns gate or breaker: that should be a timelock

    0x…: uups
      implementation   0x…, N bytes, 0x…
      authority        0x… (owner): Safe 0x… (1 of 1) → 0x…
      site map         0x…, N runs, N bytes patchable
      functions        …
      gas              nothing added to a call, N while a freeze lasts
      mind             whatever else its owner may do passes to the gate with it: the gate's owner then does it through PatchGate.execute
      mind             the implementation holds its own address in 3 places: functions that compare it (onlyProxy) are refused while a freeze lasts, and whether a patched copy may carry its own address instead is checked per patch
      mind             1 jumps could not be resolved; 2 blocks they may lead to are left out of the site map and cannot be patched

    0x…: cannot be taken over: there is no proxy this tool knows at the address: the code that runs can never change

    to hand over, 1 of 2: Safe 0x… (1 of 1)
      1. 0x….transferOwnership(0x…)

    to hand over, 2 of 2: key 0x…
      1. Breaker.setGate(0x…, 0x…)
      2. Breaker.setPauser(0x…, 0x…, N)
      3. PatchGate.registerTarget({ target: 0x…, kind: 1, admin: 0x…, via: 0x…, implementation: 0x…, siteMapRoot: 0x… })

    to hand back, 1 of 1: key 0x…
      1. PatchGate.deregisterTarget(0x…)
      2. PatchGate.execute: 0x….transferOwnership(0x…)
      3. Breaker.setPauser(0x…, 0x…, 0)
      4. Breaker.setGate(0x…, 0x…)

    tried on a copy of the state: the 4 calls of the hand-over work (N gas), 1 of 1 targets could be frozen, the exit works
    wrote FOLDER/onboard-1.safe.json
    wrote FOLDER/onboard.calldata.json
    wrote FOLDER/exit.calldata.json
    "
  `)
  expect((await readdir(folder)).sort()).toEqual([
    'exit.calldata.json',
    'onboard-1.safe.json',
    'onboard.calldata.json',
  ])
  const batch = JSON.parse(await readFile(join(folder, 'onboard-1.safe.json'), 'utf8'))
  expect(batch.transactions).toHaveLength(1)
})

test('--json prints one object with the batches and what came of trying them', async () => {
  const { stdout } = await onboard(proxy, '--json', '--sentinel', world.accounts[3]!)
  expect(JSON.parse(stdout)).toMatchObject({
    format: 'suture-onboard/1',
    targets: [{ proxy, kind: 'uups', implementation }],
    rehearsal: { onboard: null, freezes: [{ refused: true }], exit: null, returned: null },
    objections: [],
  })
})

test('writes nothing where the batches fail, unless it is forced', async () => {
  const empty = join(folder, 'empty')
  const flags = [proxy, '--sentinel', `${world.accounts[3]}:99999`, '--out', empty]
  const refused = await onboard(...flags)
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('[BATCH_REJECTED]')
  expect(refused.stderr).toContain('reason: DurationOutOfBounds(99999, 86400)')
  expect(existsSync(empty)).toBe(false)
  expect(await onboard(...flags, '--force')).toMatchObject({ code: 0 })
  expect(await readdir(empty)).toContain('onboard-1.safe.json')
})

test('ends with 2 where nothing can come under the gate', async () => {
  const { code, stdout } = await onboard(implementation)
  expect(code).toBe(2)
  expect(stdout).toContain('cannot be taken over')
})
