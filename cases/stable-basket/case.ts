import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'
import type { Contract } from '../lib/types.ts'

const NAME = 'stable-basket'
const owner = actor(`${NAME}/owner`)
const fees = actor(`${NAME}/fee recipient`)
const issuer = actor(`${NAME}/issuer`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const units = (amount: number) => BigInt(amount) * ETHER
const cents = (amount: number) => BigInt(amount) * 10n ** 6n

export default declareCase({
  about:
    'a basket of stablecoins takes any address for a coin and credits at par what that address says it received',
  class: 'input-validation',
  hardfork: 'cancun',
  units: [
    { compiler: '0.8.30', optimizerRuns: 1000, files: ['StableBasket.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, fees, issuer, attacker, ...users], 10n * ETHER)
    const basket = await deployProxied(world, 'transparent', 'StableBasket', {
      deployer: owner,
      initialize: [owner, fees, 10],
    })
    const dollar = await world.deploy('StandardToken', ['Dollar', 'USDX', 18], issuer)
    const cent = await world.deploy('StandardToken', ['Cent Dollar', 'USDC6', 6], issuer)
    const late = await world.deploy('StandardToken', ['Late Dollar', 'USDL', 8], issuer)
    const wallet = await deployWallet(world, users[0]!)
    const approve = (holder: (typeof users)[number], token: Contract) =>
      call(holder, token, 'approve', [basket.address, 2n ** 256n - 1n])
    for (const token of [dollar, cent, late]) {
      const decimals = await world.read<number>(token, 'decimals')
      for (const holder of [...users, wallet.address])
        await world.run(call(issuer, token, 'mint', [holder, 20_000n * 10n ** BigInt(decimals)]))
      for (const user of users) await world.run(approve(user, token))
      await world.run(through(wallet.address, approve(users[0]!, token)))
    }
    for (const token of [dollar, cent])
      await world.run(call(owner, basket, 'setListed', [token.address, true]))
    for (const user of users.slice(0, 4)) {
      await world.run(call(user, basket, 'deposit', [dollar.address, units(5_000)]))
      await world.run(call(user, basket, 'deposit', [cent.address, cents(3_000)]))
    }
    return { basket, dollar, cent, late, wallet }
  },
  protect: ({ basket }) => [basket],
  loss: ({ basket, dollar }) => [{ token: dollar.address, from: basket.address }],

  history({ basket, dollar, cent, late, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[]) =>
      call(users[user]!, basket, name, args)
    const byWallet = (name: string, args: readonly unknown[]) => through(wallet.address, by(0, name, args))
    return [
      by(4, 'deposit', [dollar.address, units(2_000)]),
      by(5, 'deposit', [cent.address, cents(1_500)]),
      byWallet('deposit', [dollar.address, units(4_000)]),
      byWallet('deposit', [cent.address, cents(700)]),
      by(6, 'depositFor', [cent.address, cents(90), users[7]]),
      by(6, 'swap', [dollar.address, cent.address, units(400)]),
      by(7, 'swap', [cent.address, dollar.address, cents(350)]),
      byWallet('swap', [cent.address, dollar.address, cents(120)]),
      by(1, 'withdraw', [cent.address, units(6_000), users[1]]),
      by(2, 'withdraw', [dollar.address, units(1_000), users[3]]),
      reverting(by(5, 'withdraw', [dollar.address, units(9_000), users[5]])),
      byWallet('withdraw', [cent.address, units(300), users[0]]),
      by(3, 'moveCredit', [users[4], units(250)]),
      byWallet('moveCredit', [users[5], units(100)]),
      by(5, 'withdraw', [dollar.address, units(1_600), users[5]]),
      call(owner, basket, 'setListed', [late.address, true]),
      by(4, 'deposit', [late.address, 80_000_000_000n]),
      byWallet('deposit', [late.address, 50_000_000_000n]),
      by(6, 'swap', [late.address, dollar.address, 10_000_000_000n]),
      by(7, 'swap', [dollar.address, late.address, units(60)]),
      by(4, 'withdraw', [late.address, units(500), wallet.address]),
      reverting(by(6, 'setListed', [late.address, false])),
      call(owner, basket, 'setSwapFee', [5]),
      reverting(call(owner, basket, 'setSwapFee', [500])),
      by(6, 'swap', [dollar.address, dollar.address, units(10)]),
      by(6, 'deposit', [dollar.address, 0n]),
      call(fees, basket, 'withdraw', [dollar.address, ETHER / 2n, fees]),
      call(owner, basket, 'setPaused', [true]),
      reverting(by(1, 'deposit', [dollar.address, units(5)])),
      call(owner, basket, 'setPaused', [false]),
      by(1, 'deposit', [dollar.address, units(5)]),
      by(7, 'deposit', [cent.address, 1n]),
      by(7, 'withdraw', [dollar.address, units(90) + 10n ** 12n, users[7]]),
      by(5, 'depositFor', [late.address, 1_000_000_000n, wallet.address]),
      byWallet('withdraw', [dollar.address, units(2_000), wallet.address]),
      reverting(by(2, 'swap', [dollar.address, late.address, units(5_000)])),
      by(2, 'swap', [dollar.address, cent.address, units(500)]),
    ]
  },

  attack: ({ basket, dollar }, { PaperDepositor }) =>
    strike(attacker, PaperDepositor!, {
      args: [],
      run: 'run',
      with: [basket.address, dollar.address, units(100)],
    }),
  variants: ({ basket, dollar }, { PaperDepositor }) => [
    strike(attacker, PaperDepositor!, {
      args: [],
      run: 'runBySwap',
      with: [basket.address, dollar.address, units(2_500), 4],
    }),
    strike(attacker, PaperDepositor!, {
      args: [],
      run: 'runByHelper',
      with: [basket.address, dollar.address, units(7_777)],
    }),
  ],
  fix: [
    {
      file: 'StableBasket.sol',
      replace: '        uint256 before = IERC20(token).balanceOf(address(this));\n',
      by: '        if (!listings[token].listed) revert TransferFailed();\n        uint256 before = IERC20(token).balanceOf(address(this));\n',
    },
  ],
})
