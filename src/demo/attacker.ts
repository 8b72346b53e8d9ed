import type { Rpc } from '../chain/types.ts'
import type { Address, Hex } from '../core/hex.ts'
import {
  dollarAbi,
  poolRaiderAbi,
  poolRaiderBytecode,
  reserveRaiderAbi,
  reserveRaiderBytecode,
} from '../generated/demo.ts'
import { type Actor, calldata, create, type Deed, perform } from './actor.ts'
import { type Deployment, DOLLAR, ETHER } from './deploy.ts'
import type { PublicNode } from './public-node.ts'
import { readEther, readNumbers } from './read.ts'

/** `private`: given to a block builder, and mined when the call returns. `public`: into the pool of transactions, for all to see. */
export type Channel = 'public' | 'private'

/** Comes twice: for the pool's ether, where everybody can see it coming, and for the reserve's dollars, where nobody can. */
export interface Attacker {
  readonly address: Address
  /** The EOA and its contracts, except those the raiders made themselves, which keep nothing. */
  readonly side: readonly Address[]
  /** Deploys the attack contracts, some blocks ahead like most attackers do. */
  prepare(): Promise<void>
  /** The attack on the pool: takes all its ether. */
  strikePool(channel: Channel): Promise<Hex>
  /** The attack on the reserve: takes three quarters of its dollars. */
  strikeReserve(channel: Channel): Promise<Hex>
  /** Comes back to the reserve for three quarters of what the first strike left. */
  strikeReserveAgain(channel: Channel): Promise<Hex>
}

const STAKE = { ether: 50n * ETHER, dollars: 4_000n * DOLLAR }
/** Of a hundred; not all, because users go on, and a transfer that cannot be paid would fail for a reason of its own. */
const BITE = 75n
const GAS = 6_000_000n
/** Ten times what users pay: the attacker means to be first. */
const TIP = 10n * 10n ** 9n

interface Surroundings {
  /** The attacker's own account. */
  readonly actor: Actor
  /** Issues dollars. */
  readonly dao: Actor
  readonly deployment: Deployment
  readonly publicNode: PublicNode
}

export function createAttacker(rpc: Rpc, { actor, dao, deployment, publicNode }: Surroundings): Attacker {
  const { dollar, pool, reserve } = deployment
  const contracts: { pool?: Address; reserve?: Address } = {}

  async function prepare(): Promise<void> {
    contracts.pool = await create(rpc, actor, {
      abi: poolRaiderAbi,
      bytecode: poolRaiderBytecode,
      args: [pool],
    })
    contracts.reserve = await create(rpc, actor, {
      abi: reserveRaiderAbi,
      bytecode: reserveRaiderBytecode,
      args: [reserve, dollar],
    })
    // Its stake, honestly bought as it were.
    await perform(rpc, dao, {
      to: dollar,
      data: calldata(dollarAbi, 'mint', [contracts.reserve, STAKE.dollars]),
    })
  }

  async function strike(deed: Deed, channel: Channel): Promise<Hex> {
    const priced = { gas: GAS, tip: TIP, ...deed }
    if (channel === 'public') return actor.send(priced)
    return publicNode.sendPrivately(await actor.sign(priced))
  }
  async function strikeReserve(functionName: 'strike' | 'again', channel: Channel): Promise<Hex> {
    const view = { address: dollar, abi: dollarAbi, name: 'balanceOf', args: [reserve] }
    const [held] = await readNumbers(rpc, [view])
    const data = calldata(reserveRaiderAbi, functionName, [(held! * BITE) / 100n])
    return strike({ to: contracts.reserve!, data }, channel)
  }

  return {
    address: actor.address,
    get side() {
      return [actor.address, ...Object.values(contracts)]
    },
    prepare,
    strikePool: (channel) =>
      strike({ to: contracts.pool!, data: calldata(poolRaiderAbi, 'strike'), value: STAKE.ether }, channel),
    strikeReserve: (channel) => strikeReserve('strike', channel),
    strikeReserveAgain: (channel) => strikeReserve('again', channel),
  }
}

/** What the attacker holds: EOA and contracts together. Gas spent counts against it. */
export async function readLoot(
  rpc: Rpc,
  { side }: Attacker,
  dollar: Address,
): Promise<{ readonly ether: bigint; readonly dollars: bigint }> {
  const ether = await Promise.all(side.map((address) => readEther(rpc, address)))
  const views = side.map((address) => ({
    address: dollar,
    abi: dollarAbi,
    name: 'balanceOf',
    args: [address],
  }))
  const dollars = await readNumbers(rpc, views)
  const sum = (amounts: readonly bigint[]) => amounts.reduce((a, b) => a + b, 0n)
  return { ether: sum(ether), dollars: sum(dollars) }
}
