import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Rpc } from '../chain/types.ts'
import { messageOf } from '../core/errors.ts'
import { type Address, toAddress } from '../core/hex.ts'
import {
  dollarAbi,
  lendingPoolAbi,
  savingsReserveAbi,
  smartWalletAbi,
  smartWalletBytecode,
} from '../generated/demo.ts'
import { type Cast, hasWallet } from './accounts.ts'
import { type Actor, awaitOutcome, calldata, create, createActor, type Outcome, perform } from './actor.ts'
import { type Deployment, DOLLAR, ETHER } from './deploy.ts'
import { readPosition } from './positions.ts'
import { createRandom, type Random } from './random.ts'
import { readRecovery } from './shortfall.ts'
import { type Action, chooseAction, exitActions } from './strategies.ts'

/** A use of the protocol that was mined. */
export interface Activity extends Outcome {
  readonly user: number
  readonly action: string
}

export interface User {
  /** The account the protocol knows: the contract wallet where there is one. */
  readonly address: Address
  /** Uses the protocol once, and waits until that is mined. */
  act(action: Action): Promise<Outcome>
}

/** Twenty users, each with a mind of its own. */
export interface Crowd {
  readonly users: readonly User[]
  /** Uses that were mined, in order of being seen. */
  readonly activity: readonly Activity[]
  /** Starts to use the protocol all the time, about `perSecond` times a second altogether. */
  start(perSecond: number): void
  /** Stops, and waits for what is under way. */
  stop(): Promise<void>
  /**
   * Stops, and lets `count` users leave as far as they can, contract wallets first. Where savings are missing each takes its part of what
   * is left. Their last transactions.
   */
  leave(count: number): Promise<Activity[]>
}

const WALLET_ETHER = 100n * ETHER
const STARTING_DOLLARS = 50_000n * DOLLAR
const UNLIMITED = (1n << 256n) - 1n

interface Setting {
  readonly rpc: Rpc
  readonly cast: Cast
  readonly dao: Actor
  readonly deployment: Deployment
  readonly seed: number
  readonly logger?: Logger
}

/** Makes the users, gives them dollars and their first positions. Fast only while the node mines on demand. */
export async function createCrowd(setting: Setting): Promise<Crowd> {
  const random = createRandom(setting.seed)
  const users = await Promise.all(
    setting.cast.users.map(async (account, index) => {
      const actor = createActor(setting.rpc, account)
      return hasWallet(index) ? walletUser(setting.rpc, actor) : plainUser(setting.rpc, actor)
    }),
  )
  const { dao, deployment, rpc } = setting
  await Promise.all(
    users.map(({ address }) => {
      const data = calldata(dollarAbi, 'mint', [address, STARTING_DOLLARS])
      return perform(rpc, dao, { to: deployment.dollar, data })
    }),
  )
  await Promise.all(users.map((user) => settleIn(user, deployment, random)))
  return runCrowd(setting, users, random)
}

function plainUser(rpc: Rpc, actor: Actor): User {
  return {
    address: actor.address,
    act: async ({ to, data, value }) => awaitOutcome(rpc, await actor.send({ to, data, value })),
  }
}

async function walletUser(rpc: Rpc, actor: Actor): Promise<User> {
  const artifact = { abi: smartWalletAbi, bytecode: smartWalletBytecode, args: [actor.address] }
  const wallet = await create(rpc, actor, { ...artifact, value: WALLET_ETHER })
  return {
    address: toAddress(wallet),
    async act({ to, data, value }) {
      const execute = calldata(smartWalletAbi, 'execute', [to, value, data])
      return awaitOutcome(rpc, await actor.send({ to: wallet, data: execute }))
    },
  }
}

/** Approvals, and a first position in each contract. */
async function settleIn(user: User, { dollar, pool, reserve }: Deployment, random: Random): Promise<void> {
  const call = (to: Address, abi: readonly unknown[], name: string, args: readonly unknown[], value = 0n) =>
    user.act({ name, to, data: calldata(abi, name, args), value })
  await call(dollar, dollarAbi, 'approve', [pool, UNLIMITED])
  await call(dollar, dollarAbi, 'approve', [reserve, UNLIMITED])
  const collateral = BigInt(8 + Math.floor(random.next() * 20)) * ETHER
  await call(pool, lendingPoolAbi, 'addCollateral', [], collateral)
  await call(pool, lendingPoolAbi, 'supply', [BigInt(5 + Math.floor(random.next() * 10)) * 1_000n * DOLLAR])
  const savings = BigInt(4 + Math.floor(random.next() * 10)) * 1_000n * DOLLAR
  await call(reserve, savingsReserveAbi, 'deposit', [savings])
}

function runCrowd({ rpc, deployment, logger }: Setting, users: readonly User[], random: Random): Crowd {
  const activity: Activity[] = []
  const busy = new Set<number>()
  const underWay = new Set<Promise<void>>()
  let trading: AbortController | null = null
  let loop: Promise<void> = Promise.resolve()

  async function useOnce(index: number): Promise<void> {
    const user = users[index]!
    const position = await readPosition(rpc, deployment, user.address)
    const friend = users[(index + 1 + Math.floor(random.next() * (users.length - 1))) % users.length]!.address
    const action = chooseAction({ position, deployment, random, friend })
    if (action) activity.push({ ...(await user.act(action)), user: index, action: action.name })
  }

  /** Whatever fails for one user (a node that goes away, a timeout) ends that use, not the crowd. */
  function begin(index: number): void {
    busy.add(index)
    const use = useOnce(index)
      .catch((error) => logger?.warn({ user: index, reason: messageOf(error) }, 'a user gave up'))
      .finally(() => {
        busy.delete(index)
        underWay.delete(use)
      })
    underWay.add(use)
  }

  async function trade(pauseMs: number, { signal }: AbortController): Promise<void> {
    while (!signal.aborted) {
      const idle = users.map((_, index) => index).filter((index) => !busy.has(index))
      if (idle.length > 0) begin(random.pick(idle))
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
    }
  }

  async function stop(): Promise<void> {
    trading?.abort()
    trading = null
    await loop
    await Promise.all(underWay)
  }

  async function leaveAs(index: number, recovery: bigint): Promise<Activity[]> {
    const user = users[index]!
    const done: Activity[] = []
    const position = await readPosition(rpc, deployment, user.address)
    for (const action of exitActions(deployment, position, recovery)) {
      done.push({ ...(await user.act(action)), user: index, action: action.name })
    }
    return done
  }

  return {
    users,
    activity,
    start(perSecond) {
      trading ??= new AbortController()
      loop = trade(1_000 / perSecond, trading)
    },
    stop,
    async leave(count) {
      await stop()
      const recovery = await readRecovery(
        rpc,
        deployment,
        users.map(({ address }) => address),
      )
      const leaving = users.map((_, index) => index).slice(-count)
      return (await Promise.all(leaving.map((index) => leaveAs(index, recovery)))).flat()
    },
  }
}
