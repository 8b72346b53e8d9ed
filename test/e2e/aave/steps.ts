import type { Address, Hex } from '../../../src/core/hex.ts'
import { encode, type World } from '../../support/onboard-world.ts'
import { aaveAbi, encoder } from './artifacts.ts'
import { type Cast, ETHER, type Market, PLENTY, USD, WETH_PRICE } from './market.ts'
import { signPermit } from './permit.ts'
import type { Question, Step } from './twin.ts'

const pool = encoder('protocol/pool/Pool')
const configure = encoder('protocol/pool/PoolConfigurator')

const VARIABLE = 2n
const STABLE = 1n
const TOO_MUCH = 10n ** 25n

/** A round of everyday life at a market: every function a user, a bridge or an administrator can call, and what is refused today. */
export function marketSteps(market: Market, cast: Cast): Step[] {
  const { alice, bob, carol } = cast
  const { weth, usdc } = market
  const at = (name: string, from: Step['from'], functionName: string, args: readonly unknown[]): Step => ({
    name,
    from,
    to: market.pool,
    data: () => pool(functionName, args),
  })
  const refused = (...step: Parameters<typeof at>): Step => ({ ...at(...step), reverts: true })
  const price = (name: string, data: Step['data']): Step => ({ name, from: carol, to: market.oracle, data })
  const permit = (plain: World, owner: Address, value: bigint) =>
    signPermit(plain, { token: usdc.asset, owner, spender: market.pool, value })
  /** A permit replaces the allowance there is. */
  const allow = (from: Address): Step => ({
    name: 'approve',
    from,
    to: usdc.asset,
    data: () => encode('approve(address,uint256)', [market.pool, PLENTY]),
  })

  return [
    at('supply', alice, 'supply', [weth.asset, 10n * ETHER, alice, 0]),
    at('supply USDC', bob, 'supply', [usdc.asset, 50_000n * USD, bob, 0]),
    {
      ...at('supplyWithPermit', carol, 'supplyWithPermit', []),
      data: async (plain) => {
        const { deadline, v, r, s } = await permit(plain, carol, 10_000n * USD)
        return pool('supplyWithPermit', [usdc.asset, 10_000n * USD, carol, 0, deadline, v, r, s])
      },
    },
    allow(carol),
    at('deposit', carol, 'deposit', [weth.asset, ETHER, carol, 0]),
    at('collateral off', carol, 'setUserUseReserveAsCollateral', [usdc.asset, false]),
    at('collateral on', carol, 'setUserUseReserveAsCollateral', [usdc.asset, true]),
    at('borrow', alice, 'borrow', [usdc.asset, 8_000n * USD, VARIABLE, 0, alice]),
    at('borrow WETH', bob, 'borrow', [weth.asset, ETHER, VARIABLE, 0, bob]),
    refused('borrow too much', alice, 'borrow', [usdc.asset, TOO_MUCH, VARIABLE, 0, alice]),
    at('swapBorrowRateMode to stable', alice, 'swapBorrowRateMode', [usdc.asset, VARIABLE]),
    refused('rebalanceStableBorrowRate', bob, 'rebalanceStableBorrowRate', [usdc.asset, alice]),
    at('swapBorrowRateMode to variable', alice, 'swapBorrowRateMode', [usdc.asset, STABLE]),
    at('repay', alice, 'repay', [usdc.asset, 1_000n * USD, VARIABLE, alice]),
    {
      ...at('repayWithPermit', alice, 'repayWithPermit', []),
      data: async (plain) => {
        const { deadline, v, r, s } = await permit(plain, alice, 500n * USD)
        return pool('repayWithPermit', [usdc.asset, 500n * USD, VARIABLE, alice, deadline, v, r, s])
      },
    },
    allow(alice),
    {
      name: 'aToken transfer',
      from: carol,
      to: weth.aToken,
      data: () => encode('transfer(address,uint256)', [bob, ETHER / 2n]),
    },
    at('repayWithATokens', bob, 'repayWithATokens', [weth.asset, ETHER / 4n, VARIABLE]),
    at('withdraw', bob, 'withdraw', [usdc.asset, 1_000n * USD, bob]),
    refused('withdraw too much', bob, 'withdraw', [usdc.asset, TOO_MUCH, bob]),
    at('flashLoanSimple', carol, 'flashLoanSimple', [
      market.flashSimpleReceiver,
      usdc.asset,
      5_000n * USD,
      '0x',
      0,
    ]),
    at('flashLoan', carol, 'flashLoan', [
      market.flashReceiver,
      [usdc.asset, weth.asset],
      [1_000n * USD, ETHER],
      [0n, 0n],
      carol,
      '0x',
      0,
    ]),
    at('flashLoan that stays a debt', bob, 'flashLoan', [
      market.flashReceiver,
      [usdc.asset],
      [100n * USD],
      [VARIABLE],
      bob,
      '0x',
      0,
    ]),
    at('setUserEMode on', carol, 'setUserEMode', [1]),
    at('setUserEMode off', carol, 'setUserEMode', [0]),
    at('mintUnbacked', carol, 'mintUnbacked', [usdc.asset, 100n * USD, carol, 0]),
    at('backUnbacked', carol, 'backUnbacked', [usdc.asset, 100n * USD, USD]),
    refused('mintUnbacked by a stranger', alice, 'mintUnbacked', [usdc.asset, 100n * USD, alice, 0]),
    at('mintToTreasury', carol, 'mintToTreasury', [[usdc.asset, weth.asset]]),
    refused('liquidationCall of the healthy', carol, 'liquidationCall', [
      weth.asset,
      usdc.asset,
      alice,
      1_000n * USD,
      false,
    ]),
    price('price falls', async (plain) => priceAt97Percent(plain, market, cast)),
    at('liquidationCall', carol, 'liquidationCall', [weth.asset, usdc.asset, alice, 1_000n * USD, false]),
    price('price recovers', () => setPrice(market, WETH_PRICE)),
    ...administration(market, cast),
    refused('initialize', alice, 'initialize', [market.provider]),
    { name: 'unknown function', from: alice, to: market.pool, reverts: true, data: () => '0x12345678' },
    { name: 'plain transfer', from: alice, to: market.pool, value: 1n, reverts: true, data: () => '0x' },
  ]
}

/** What the administrators of a market do through its configurator, and the functions that reaches. */
function administration(market: Market, { admin, alice }: Cast): Step[] {
  const { extra, usdc, strategy } = market
  const through = (name: string, args: readonly unknown[]): Step => ({
    name,
    from: admin,
    to: market.configurator,
    data: () => configure(name, args),
  })
  return [
    through('initReserves', [[market.extraListing]]),
    through('setDebtCeiling', [extra, 0n]),
    through('dropReserve', [extra]),
    through('setReserveFactor', [usdc.asset, 1_500n]),
    through('setReserveInterestRateStrategyAddress', [usdc.asset, strategy]),
    through('setEModeCategory', [2, 8_500, 8_800, 10_300, `0x${'0'.repeat(40)}`, 'another']),
    through('updateBridgeProtocolFee', [100n]),
    through('updateFlashloanPremiumTotal', [9n]),
    {
      name: 'a gift',
      from: alice,
      to: extra,
      data: () => encode('mint(address,uint256)', [market.pool, 5n]),
    },
    {
      name: 'rescueTokens',
      from: admin,
      to: market.pool,
      data: () => pool('rescueTokens', [extra, admin, 5n]),
    },
    {
      name: 'initReserve by a stranger',
      from: alice,
      to: market.pool,
      reverts: true,
      data: () => pool('initReserve', [extra, extra, extra, extra, strategy]),
    },
  ]
}

const setPrice = ({ weth }: Market, price: bigint): Hex =>
  encode('setAssetPrice(address,uint256)', [weth.asset, price])

/** The price at which Alice is just below what her debt asks for. */
async function priceAt97Percent(plain: World, market: Market, { alice }: Cast): Promise<Hex> {
  const answer = 'getUserAccountData(address) view returns (uint256,uint256,uint256,uint256,uint256,uint256)'
  const account = (await plain.read(market.pool, answer, [alice])) as readonly bigint[]
  return setPrice(market, (WETH_PRICE * 97n * ETHER) / (account[5]! * 100n))
}

/** Everything a market can be asked, and what its people hold. */
export function marketQuestions(market: Market, cast: Cast): Question[] {
  const people = [cast.alice, cast.bob, cast.carol]
  const reserves = [market.weth, market.usdc]
  const argumentsOf = (types: readonly string[], name: string): readonly (readonly unknown[])[] => {
    if (types.length === 0) return [[]]
    if (types[0] === 'uint8' || types[0] === 'uint16') return [[0], [1]]
    return (name.includes('User') ? people : reserves.map(({ asset }) => asset)).map((one) => [one])
  }
  const views = aaveAbi('protocol/pool/Pool').flatMap((item) =>
    item.type === 'function' && item.stateMutability === 'view' ? [item] : [],
  )
  const asked = views.flatMap(({ name, inputs }) =>
    argumentsOf(
      inputs.map(({ type }) => type),
      name,
    ).map((args) => ({ to: market.pool, data: pool(name, args) })),
  )
  const holders = [...people, market.treasury, market.flashReceiver, market.pool]
  const held = reserves
    .flatMap(({ asset, aToken, stableDebt, variableDebt }) => [asset, aToken, stableDebt, variableDebt])
    .flatMap((to) => holders.map((holder) => ({ to, data: encode('balanceOf(address)', [holder]) })))
  return [...asked, ...held]
}
