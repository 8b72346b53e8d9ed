import { type Address, toAddress, ZERO_ADDRESS } from '../../../src/core/hex.ts'
import { encode, type World } from '../../support/onboard-world.ts'
import { createDeployer, encoder } from './artifacts.ts'

/** What people do at a market; the accounts are the node's own. */
export interface Cast {
  readonly deployer: Address
  /** Pool admin, as Aave's risk stewards and executors are. */
  readonly admin: Address
  readonly alice: Address
  readonly bob: Address
  /** Also the bridge and the liquidator. */
  readonly carol: Address
}

export interface Market {
  readonly provider: Address
  readonly pool: Address
  readonly implementation: Address
  readonly configurator: Address
  /** A later revision of the pool, deployed and not in use. */
  readonly nextImplementation: Address
  readonly oracle: Address
  readonly strategy: Address
  readonly treasury: Address
  readonly flashReceiver: Address
  readonly flashSimpleReceiver: Address
  readonly weth: Reserve
  readonly usdc: Reserve
  /** Not listed at first. */
  readonly extra: Address
  /** What initReserves takes, for `extra`. */
  readonly extraListing: object
}

export interface Reserve {
  readonly asset: Address
  readonly aToken: Address
  readonly stableDebt: Address
  readonly variableDebt: Address
}

export const ETHER = 10n ** 18n
export const USD = 10n ** 6n
const RAY = 10n ** 27n
export const PLENTY = 10n ** 30n
export const WETH_PRICE = 2_000n * 10n ** 8n
const TREASURY: Address = '0x00000000000000000000000000000000007ea5e1'
const percent = (share: bigint) => (share * RAY) / 100n

/**
 * Aave's own contracts with two reserves, ready for use. The same calls from the same accounts in the same order give the same addresses
 * on every fresh node, so that two markets can be compared byte by byte.
 */
export async function deployMarket(world: World, cast: Cast): Promise<Market> {
  const deploy = createDeployer(world)
  const { deployer, admin } = cast
  const provider = await deploy('protocol/configuration/PoolAddressesProvider', ['Twin market', deployer])
  const tell = (signature: string, args: readonly unknown[]) =>
    world.send(deployer, provider, encode(signature, args))
  const ask = async (name: string) =>
    toAddress((await world.read(provider, `${name}() view returns (address)`)) as string)

  await tell('setACLAdmin(address)', [admin])
  const acl = await deploy('protocol/configuration/ACLManager', [provider])
  await tell('setACLManager(address)', [acl])
  for (const role of ['addPoolAdmin', 'addEmergencyAdmin'])
    await world.send(admin, acl, encode(`${role}(address)`, [admin]))
  await world.send(admin, acl, encode('addBridge(address)', [cast.carol]))

  const oracle = await deploy('mocks/oracle/PriceOracle')
  const aaveOracle = await deploy('misc/AaveOracle', [provider, [], [], oracle, ZERO_ADDRESS, 10n ** 8n])
  await tell('setPriceOracle(address)', [aaveOracle])
  await tell('setPoolDataProvider(address)', [await deploy('misc/AaveProtocolDataProvider', [provider])])
  const implementation = await deploy('protocol/pool/Pool', [provider])
  await tell('setPoolImpl(address)', [implementation])
  await tell('setPoolConfiguratorImpl(address)', [await deploy('protocol/pool/PoolConfigurator')])
  const pool = await ask('getPool')
  const configurator = await ask('getPoolConfigurator')

  const mint = async (name: string, decimals: number) =>
    deploy('mocks/tokens/MintableERC20', [name, name, decimals])
  const [weth, usdc, extra] = [await mint('WETH', 18), await mint('USDC', 6), await mint('EXTRA', 18)]
  const strategy = await deploy('protocol/pool/DefaultReserveInterestRateStrategy', [
    provider,
    ...[80n, 0n, 4n, 75n, 2n, 75n, 2n, 5n, 20n].map(percent),
  ])
  const implementations = {
    aTokenImpl: await deploy('protocol/tokenization/AToken', [pool]),
    stableDebtTokenImpl: await deploy('protocol/tokenization/StableDebtToken', [pool]),
    variableDebtTokenImpl: await deploy('protocol/tokenization/VariableDebtToken', [pool]),
  }
  const listing = (underlyingAsset: Address, symbol: string, underlyingAssetDecimals: number) => ({
    ...implementations,
    underlyingAssetDecimals,
    interestRateStrategyAddress: strategy,
    underlyingAsset,
    treasury: TREASURY,
    incentivesController: ZERO_ADDRESS,
    aTokenName: `Aave ${symbol}`,
    aTokenSymbol: `a${symbol}`,
    variableDebtTokenName: `Aave variable debt ${symbol}`,
    variableDebtTokenSymbol: `variableDebt${symbol}`,
    stableDebtTokenName: `Aave stable debt ${symbol}`,
    stableDebtTokenSymbol: `stableDebt${symbol}`,
    params: '0x',
  })
  const configure = encoder('protocol/pool/PoolConfigurator')
  const set = (name: string, args: readonly unknown[]) =>
    world.send(admin, configurator, configure(name, args))
  await set('initReserves', [[listing(weth, 'WETH', 18), listing(usdc, 'USDC', 6)]])
  for (const [asset, price] of [
    [weth, WETH_PRICE],
    [usdc, 10n ** 8n],
    [extra, 10n ** 8n],
  ] as const)
    await world.send(admin, oracle, encode('setAssetPrice(address,uint256)', [asset, price]))
  for (const asset of [weth, usdc]) {
    await set('configureReserveAsCollateral', [asset, 8_000n, 8_250n, 10_500n])
    for (const name of ['setReserveBorrowing', 'setReserveStableRateBorrowing', 'setReserveFlashLoaning'])
      await set(name, [asset, true])
    await set('setReserveFactor', [asset, 1_000n])
    await set('setUnbackedMintCap', [asset, 1_000_000n])
    await set('setLiquidationProtocolFee', [asset, 1_000n])
  }
  await set('setEModeCategory', [1, 9_000, 9_300, 10_200, ZERO_ADDRESS, 'all of it'])
  for (const user of [cast.alice, cast.bob, cast.carol]) {
    for (const asset of [weth, usdc]) {
      await world.send(user, asset, encode('mint(uint256)', [PLENTY]))
      await world.send(user, asset, encode('approve(address,uint256)', [pool, PLENTY]))
    }
  }
  const market: Market = {
    ...{ provider, pool, implementation, configurator, oracle, strategy, extra, treasury: TREASURY },
    nextImplementation: await deploy('mocks/helpers/MockPool:MockPoolInherited', [provider]),
    flashReceiver: await deploy('mocks/flashloan/MockFlashLoanReceiver', [provider]),
    flashSimpleReceiver: await deploy(
      'mocks/flashloan/MockSimpleFlashLoanReceiver:MockFlashLoanSimpleReceiver',
      [provider],
    ),
    weth: await readReserve(world, pool, weth),
    usdc: await readReserve(world, pool, usdc),
    extraListing: listing(extra, 'EXTRA', 18),
  }
  return market
}

async function readReserve(world: World, pool: Address, asset: Address): Promise<Reserve> {
  const data = encoder('protocol/pool/Pool')('getReserveData', [asset])
  const output = await world.node.rpc.request<string>('eth_call', [{ to: pool, data }, 'latest'])
  // Words 8 to 10 of the reserve: its three tokens.
  const [aToken, stableDebt, variableDebt] = [8, 9, 10].map((word) =>
    toAddress(`0x${output.slice(2 + word * 64 + 24, 2 + word * 64 + 64)}`),
  ) as [Address, Address, Address]
  return { asset, aToken, stableDebt, variableDebt }
}
