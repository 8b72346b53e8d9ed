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
  const core = await deployCore(world, cast, deploy)
  const mint = (name: string, decimals: number) =>
    deploy('mocks/tokens/MintableERC20', [name, name, decimals])
  const [weth, usdc, extra] = [await mint('WETH', 18), await mint('USDC', 6), await mint('EXTRA', 18)]
  const { provider, pool } = core
  const strategy = await deploy('protocol/pool/DefaultReserveInterestRateStrategy', [
    provider,
    ...[80n, 0n, 4n, 75n, 2n, 75n, 2n, 5n, 20n].map(percent),
  ])
  const tokens = {
    aTokenImpl: await deploy('protocol/tokenization/AToken', [pool]),
    stableDebtTokenImpl: await deploy('protocol/tokenization/StableDebtToken', [pool]),
    variableDebtTokenImpl: await deploy('protocol/tokenization/VariableDebtToken', [pool]),
    interestRateStrategyAddress: strategy,
  }
  const flash = 'mocks/flashloan'
  const ready = {
    ...{ ...core, strategy, extra, treasury: TREASURY },
    nextImplementation: await deploy('mocks/helpers/MockPool:MockPoolInherited', [provider]),
    flashReceiver: await deploy(`${flash}/MockFlashLoanReceiver`, [provider]),
    flashSimpleReceiver: await deploy(`${flash}/MockSimpleFlashLoanReceiver:MockFlashLoanSimpleReceiver`, [
      provider,
    ]),
    extraListing: listingOf(tokens, { asset: extra, symbol: 'EXTRA', decimals: 18 }),
  }
  const listings = [
    listingOf(tokens, { asset: weth, symbol: 'WETH', decimals: 18 }),
    listingOf(tokens, { asset: usdc, symbol: 'USDC', decimals: 6 }),
  ]
  await listReserves(world, { ...core, admin: cast.admin, listings, assets: [weth, usdc] })
  for (const [asset, price] of [
    [weth, WETH_PRICE],
    [usdc, 10n ** 8n],
    [extra, 10n ** 8n],
  ] as const)
    await world.send(cast.admin, core.oracle, encode('setAssetPrice(address,uint256)', [asset, price]))
  for (const user of [cast.alice, cast.bob, cast.carol]) {
    for (const asset of [weth, usdc]) {
      await world.send(user, asset, encode('mint(uint256)', [PLENTY]))
      await world.send(user, asset, encode('approve(address,uint256)', [pool, PLENTY]))
    }
  }
  const reserves = { weth: await readReserve(world, pool, weth), usdc: await readReserve(world, pool, usdc) }
  return { ...ready, ...reserves }
}

type Core = Pick<Market, 'provider' | 'pool' | 'implementation' | 'configurator' | 'oracle'>

/** The addresses provider with everything it leads to; it belongs to the deployer at first. */
async function deployCore(
  world: World,
  { deployer, admin, carol }: Cast,
  deploy: ReturnType<typeof createDeployer>,
): Promise<Core> {
  const provider = await deploy('protocol/configuration/PoolAddressesProvider', ['Twin market', deployer])
  const set = (what: string, address: Address) =>
    world.send(deployer, provider, encode(`set${what}(address)`, [address]))
  const get = async (what: string) =>
    toAddress((await world.read(provider, `get${what}() view returns (address)`)) as string)
  await set('ACLAdmin', admin)
  const acl = await deploy('protocol/configuration/ACLManager', [provider])
  await set('ACLManager', acl)
  for (const [role, holder] of [
    ['PoolAdmin', admin],
    ['EmergencyAdmin', admin],
    ['Bridge', carol],
  ] as const)
    await world.send(admin, acl, encode(`add${role}(address)`, [holder]))
  const oracle = await deploy('mocks/oracle/PriceOracle')
  const base = [ZERO_ADDRESS, 10n ** 8n]
  await set('PriceOracle', await deploy('misc/AaveOracle', [provider, [], [], oracle, ...base]))
  await set('PoolDataProvider', await deploy('misc/AaveProtocolDataProvider', [provider]))
  const implementation = await deploy('protocol/pool/Pool', [provider])
  await set('PoolImpl', implementation)
  await set('PoolConfiguratorImpl', await deploy('protocol/pool/PoolConfigurator'))
  return {
    ...{ provider, implementation, oracle },
    pool: await get('Pool'),
    configurator: await get('PoolConfigurator'),
  }
}

interface Underlying {
  readonly asset: Address
  readonly symbol: string
  readonly decimals: number
}

/** What initReserves takes. */
const listingOf = (tokens: object, { asset, symbol, decimals }: Underlying) => ({
  ...tokens,
  underlyingAssetDecimals: decimals,
  underlyingAsset: asset,
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

interface Listing {
  readonly configurator: Address
  readonly admin: Address
  readonly listings: readonly object[]
  readonly assets: readonly Address[]
}

async function listReserves(world: World, { configurator, admin, listings, assets }: Listing): Promise<void> {
  const configure = encoder('protocol/pool/PoolConfigurator')
  const set = (name: string, args: readonly unknown[]) =>
    world.send(admin, configurator, configure(name, args))
  await set('initReserves', [listings])
  for (const asset of assets) {
    await set('configureReserveAsCollateral', [asset, 8_000n, 8_250n, 10_500n])
    for (const name of ['setReserveBorrowing', 'setReserveStableRateBorrowing', 'setReserveFlashLoaning'])
      await set(name, [asset, true])
    await set('setReserveFactor', [asset, 1_000n])
    await set('setUnbackedMintCap', [asset, 1_000_000n])
    await set('setLiquidationProtocolFee', [asset, 1_000n])
  }
  await set('setEModeCategory', [1, 9_000, 9_300, 10_200, ZERO_ADDRESS, 'all of it'])
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
