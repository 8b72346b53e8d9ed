import type { Logger } from 'pino'
import { type LocalNode, startLocalNode } from '../chain/local-node.ts'
import { toAddress } from '../core/hex.ts'
import { CAST_SIZE, type Cast, castRoles } from './accounts.ts'
import { type Actor, createActor } from './actor.ts'
import { type Attacker, createAttacker } from './attacker.ts'
import { type Deployment, deployProtocol } from './deploy.ts'
import { type PublicNode, startPublicNode } from './public-node.ts'
import { readBlockNumber } from './read.ts'
import { measureShortfall, type Shortfall } from './shortfall.ts'
import { type Crowd, createCrowd } from './users.ts'

export interface WorldOptions {
  /** Seconds between blocks; default 2. */
  readonly blockTime?: number
  /** Of everything random; the same seed makes the same users. Default 1. */
  readonly seed?: number
  readonly logger?: Logger
}

/** A chain with a lending protocol on it, its users, and somebody who means harm. */
export interface World {
  /** The node itself, as block builders see it. */
  readonly node: LocalNode
  /** The node as everybody else sees it: watch through this. */
  readonly publicNode: PublicNode
  readonly cast: Cast
  readonly dao: Actor
  readonly deployment: Deployment
  readonly crowd: Crowd
  readonly attacker: Attacker
  readonly blockTime: number
  /** The last block of the set-up: deployment and first positions. What comes behind it is use. */
  readonly inUseSince: bigint
  /** What users lost so far, from balances after `block` (default: the latest). */
  measureShortfall(block?: bigint): Promise<Shortfall>
  stop(): Promise<void>
}

const HARDFORK = 'cancun'
const GWEI = 10n ** 9n

/**
 * Starts the world: users hold positions, nobody trades yet (`crowd.start`), the attack contracts are not deployed yet
 * (`attacker.prepare`), and blocks come at intervals, ordered by fees.
 *
 * @throws NODE_START_FAILED, TRANSACTION_FAILED
 */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { blockTime = 2, seed = 1, logger } = options
  const node = await startLocalNode({
    hardfork: HARDFORK,
    accounts: CAST_SIZE,
    order: 'fees',
    baseFeePerGas: GWEI,
    ...(logger ? { logger } : {}),
  })
  const publicNode = await startPublicNode(node)
  const stop = async () => {
    await publicNode.stop()
    await node.stop()
  }
  try {
    const { rpc } = node
    const cast = castRoles()
    const dao = createActor(rpc, cast.dao)
    const deployment = await deployProtocol(rpc, cast, dao)
    const crowd = await createCrowd({ rpc, cast, dao, deployment, seed, ...(logger ? { logger } : {}) })
    const inUseSince = await readBlockNumber(rpc)
    await rpc.request('evm_setIntervalMining', [blockTime])
    const actor = createActor(rpc, cast.attacker)
    const attacker = createAttacker(rpc, { actor, dao, deployment, publicNode })
    const users = crowd.users.map(({ address }) => toAddress(address))
    return {
      node,
      publicNode,
      cast,
      dao,
      deployment,
      crowd,
      attacker,
      blockTime,
      inUseSince,
      measureShortfall: async (block) =>
        measureShortfall(rpc, deployment, { users, block: block ?? (await readBlockNumber(rpc)) }),
      async stop() {
        await crowd.stop()
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}
