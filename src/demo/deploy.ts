import { zeroAddress } from 'viem'
import type { Rpc } from '../chain/types.ts'
import { type Address, addressOfWord, bytesOf, type Hex, toAddress } from '../core/hex.ts'
import { buildCfg } from '../evm/cfg.ts'
import {
  breakerAbi,
  breakerBytecode,
  erc1967ProxyAbi,
  erc1967ProxyBytecode,
  patchGateAbi,
  patchGateBytecode,
  restrictionVerifierAbi,
  restrictionVerifierBytecode,
  transparentUpgradeableProxyAbi,
  transparentUpgradeableProxyBytecode,
} from '../generated/contracts.ts'
import {
  dollarAbi,
  dollarBytecode,
  lendingPoolAbi,
  lendingPoolBytecode,
  priceFeedAbi,
  priceFeedBytecode,
  savingsReserveAbi,
  savingsReserveBytecode,
} from '../generated/demo.ts'
import { buildSiteMap } from '../patching/site-map.ts'
import { toRegistration } from '../patching/templates/registration.ts'
import { TEMPLATES } from '../patching/templates/table.ts'
import { type Cast, THRESHOLD } from './accounts.ts'
import { type Actor, calldata, create, perform } from './actor.ts'

/** The protocol and what protects it, by address. */
export interface Deployment {
  readonly dollar: Address
  readonly feed: Address
  /** UUPS proxy. */
  readonly pool: Address
  /** Transparent proxy. */
  readonly reserve: Address
  readonly breaker: Address
  readonly verifier: Address
  readonly gate: Address
}

/** Six decimals. */
export const DOLLAR = 10n ** 6n
export const ETHER = 10n ** 18n
/** Dollars for one ether. */
export const ETHER_PRICE = 3_000n * DOLLAR

const KIND = { uups: 1, transparent: 3 }
const DAY = 24n * 3600n
/** ERC-1967: where a proxy keeps its admin. */
const ADMIN_SLOT = '0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103'

/**
 * Deploys a lending protocol behind unmodified OpenZeppelin proxies, and hands its upgrade authority to a PatchGate: what a protocol
 * does to be protected, from `new PatchGate` to the registered site maps.
 */
export async function deployProtocol(rpc: Rpc, cast: Cast, dao: Actor): Promise<Deployment> {
  const deploy = (abi: readonly unknown[], bytecode: Hex, args: readonly unknown[] = []) =>
    create(rpc, dao, { abi, bytecode, args })
  const breaker = await deploy(breakerAbi, breakerBytecode, [dao.address, DAY, 90n * DAY])
  const verifier = await deploy(restrictionVerifierAbi, restrictionVerifierBytecode, [
    dao.address,
    TEMPLATES.map(toRegistration),
  ])
  const guardians = cast.guardians.map(({ address }) => toAddress(address)).sort()
  const gateArguments = [dao.address, breaker, verifier, 7n * DAY, guardians, BigInt(THRESHOLD)]
  const gate = await deploy(patchGateAbi, patchGateBytecode, gateArguments)

  const dollar = await deploy(dollarAbi, dollarBytecode)
  const feed = await deploy(priceFeedAbi, priceFeedBytecode, [dao.address, ETHER_PRICE])
  const poolCode = await deploy(lendingPoolAbi, lendingPoolBytecode)
  const poolSetUp = calldata(lendingPoolAbi, 'initialize', [gate, dollar, feed])
  const pool = await deploy(erc1967ProxyAbi, erc1967ProxyBytecode, [poolCode, poolSetUp])
  const reserveCode = await deploy(savingsReserveAbi, savingsReserveBytecode)
  const reserveSetUp = calldata(savingsReserveAbi, 'initialize', [dollar])
  const reserve = await deploy(transparentUpgradeableProxyAbi, transparentUpgradeableProxyBytecode, [
    reserveCode,
    gate,
    reserveSetUp,
  ])

  const deployment = { dollar, feed, pool, reserve, breaker, verifier, gate }
  const sentinel = toAddress(cast.sentinel.address)
  const protect = (target: Address, kind: number, implementation: Address) =>
    registerTarget({ rpc, dao, deployment, sentinel }, { target, kind, implementation })
  await protect(pool, KIND.uups, poolCode)
  await protect(reserve, KIND.transparent, reserveCode)
  return deployment
}

interface Registrar {
  readonly rpc: Rpc
  readonly dao: Actor
  readonly deployment: Deployment
  readonly sentinel: Address
}

/** The sentinel may freeze the target, the gate may lift, and the gate learns where the code may be patched. */
async function registerTarget(
  { rpc, dao, deployment: { breaker, gate }, sentinel }: Registrar,
  { target, kind, implementation }: { target: Address; kind: number; implementation: Address },
): Promise<void> {
  const pauser = calldata(breakerAbi, 'setPauser', [target, sentinel, Number(DAY)])
  await perform(rpc, dao, { to: breaker, data: pauser })
  await perform(rpc, dao, { to: breaker, data: calldata(breakerAbi, 'setGate', [target, gate]) })
  const word = await rpc.request<Hex>('eth_getStorageAt', [target, ADMIN_SLOT, 'latest'])
  const code = await rpc.request<Hex>('eth_getCode', [implementation, 'latest'])
  const { root } = buildSiteMap(buildCfg(bytesOf(code)))
  const registration = {
    target,
    kind,
    admin: addressOfWord(BigInt(word)),
    via: zeroAddress,
    implementation,
    siteMapRoot: root,
    selectors: [],
  }
  const data = calldata(patchGateAbi, 'registerTarget', [registration])
  await perform(rpc, dao, { to: gate, data, gas: 5_000_000n })
}
