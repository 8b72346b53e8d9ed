import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRpc } from '../chain/rpc.ts'
import type { Rpc } from '../chain/types.ts'
import { patchGateAbi } from '../generated/contracts.ts'
import { readGateTarget } from '../governance/read-gate-target.ts'
import { hasWallet, USERS } from './accounts.ts'
import { awaitOutcome, calldata } from './actor.ts'
import { type Announcements, hearAnnouncements } from './announcements.ts'
import { readLoot } from './attacker.ts'
import { DOLLAR, ETHER } from './deploy.ts'
import { readBlockNumber, readEther } from './read.ts'
import { startWorld, type World } from './world.ts'

const SEED = 7

describe(`the world of the demo, unprotected (seed ${SEED})`, () => {
  let world: World
  let watching: Rpc
  let announced: Announcements

  beforeAll(async () => {
    world = await startWorld({ blockTime: 1, seed: SEED })
    watching = createRpc({ urls: [world.publicNode.url], chainId: world.node.rpc.chainId })
    announced = await hearAnnouncements(world.publicNode.wsUrl)
    await world.attacker.prepare()
  }, 120_000)
  afterAll(async () => {
    announced?.stop()
    watching?.close()
    await world?.stop()
  })

  test('has both proxies under the gate, and nothing missing', async () => {
    const { deployment, node } = world
    for (const target of [deployment.pool, deployment.reserve]) {
      const state = await readGateTarget(node.rpc, { gate: deployment.gate, target })
      expect(state.threshold).toBe(3)
      expect(state.live).toBe(state.original)
    }
    expect(await world.measureShortfall()).toEqual({ ether: 0n, dollars: 0n })
    expect(await readEther(node.rpc, deployment.pool)).toBeGreaterThan(200n * ETHER)
    const stranger = { from: world.attacker.address, to: deployment.gate }
    const data = calldata(patchGateAbi, 'unfreeze', [deployment.pool])
    await expect(node.rpc.request('eth_call', [{ ...stranger, data }])).rejects.toMatchObject({
      code: 'RPC_ERROR',
    })
  })

  test('has users who use all of it, some through contract wallets, without an error', async () => {
    world.crowd.start(12)
    while (world.crowd.activity.length < 60) await sleep(100)
    await world.crowd.stop()
    const { activity } = world.crowd
    expect(activity.filter(({ succeeded }) => !succeeded)).toEqual([])
    expect(new Set(activity.map(({ user }) => user)).size).toBeGreaterThan(USERS / 2)
    expect(activity.some(({ user }) => hasWallet(user))).toBe(true)
    expect(new Set(activity.map(({ action }) => action)).size).toBeGreaterThan(7)
    expect(await world.measureShortfall()).toEqual({ ether: 0n, dollars: 0n })
  })

  test('loses all its ether to the attack everybody can see', async () => {
    const { node, deployment, attacker } = world
    const before = await readLoot(node.rpc, attacker, deployment.dollar)
    const hash = await attacker.strikePool('public')
    const { succeeded, block } = await awaitOutcome(node.rpc, hash)
    expect(succeeded).toBe(true)
    expect(announced.has(hash)).toBe(true)
    const gained = (await readLoot(node.rpc, attacker, deployment.dollar)).ether - before.ether
    const held = await readEther(node.rpc, deployment.pool, block - 1n)
    expect(gained).toBeGreaterThan((held * 8n) / 10n)
    const { ether } = await world.measureShortfall()
    expect(ether).toBeGreaterThanOrEqual(gained)
    expect(ether - gained).toBeLessThan(ETHER / 10n)
  })

  test('loses most dollars to the attack nobody sees before its block, and the rest when it returns', async () => {
    const { node, deployment, attacker } = world
    const before = await readLoot(node.rpc, attacker, deployment.dollar)
    const polled = watchPool(watching)
    const hash = await attacker.strikeReserve('private')
    expect((await awaitOutcome(node.rpc, hash)).succeeded).toBe(true)
    const gained = (await readLoot(node.rpc, attacker, deployment.dollar)).dollars - before.dollars
    expect(gained).toBeGreaterThan(50_000n * DOLLAR)
    const { dollars } = await world.measureShortfall()
    expect(dollars - gained).toBeLessThan(DOLLAR)

    const again = await attacker.strikeReserveAgain('public')
    expect((await awaitOutcome(node.rpc, again)).succeeded).toBe(true)
    expect((await world.measureShortfall()).dollars).toBeGreaterThan(dollars)
    expect(announced.has(again)).toBe(true)
    expect(announced.has(hash)).toBe(false)
    expect(await polled()).not.toContain(hash)
  })

  test('leaves users who want to go empty-handed', async () => {
    const left = await world.crowd.leave(4)
    expect(left.some(({ action, succeeded }) => action === 'removeCollateral' && !succeeded)).toBe(true)
  })

  test('goes on making blocks at its pace', async () => {
    const before = await readBlockNumber(world.node.rpc)
    await sleep(2_500)
    expect(await readBlockNumber(world.node.rpc)).toBeGreaterThanOrEqual(before + 2n)
  })
})

/** Reads the pool as fast as the public can, until asked for everything that was in there. */
function watchPool(rpc: Rpc): () => Promise<string> {
  let seen = ''
  let over = false
  const polling = (async () => {
    while (!over) seen += JSON.stringify(await rpc.request('txpool_content'))
  })()
  return async () => {
    over = true
    await polling
    return seen
  }
}
