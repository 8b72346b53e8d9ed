import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployBatchWallet, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through, throughAll } from '../lib/steps.ts'

const NAME = 'power-credits'
const owner = actor(`${NAME}/owner`)
const operator = actor(`${NAME}/meter operator`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 9)
const TARIFF = 30_000_000_000_000n

export default declareCase({
  about: 'the price of a purchase of energy credits is cut to 128 bits after it was multiplied out',
  class: 'arithmetic',
  hardfork: 'cancun',
  units: [
    { compiler: '0.8.19', optimizerRuns: 1_000, files: ['PowerCredits.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, operator, attacker, ...users], 200n * ETHER)
    const credits = await deployProxied(world, 'transparent', 'PowerCredits', {
      deployer: owner,
      initialize: [owner, TARIFF, 100],
    })
    const wallet = await deployWallet(world, users[0]!, 30n * ETHER)
    const batcher = await deployBatchWallet(world, users[1]!, 30n * ETHER)
    for (const user of users.slice(2, 7)) {
      await world.run(call(user, credits, 'buy', [400_000], { value: 400_000n * TARIFF }))
      await world.run(call(user, credits, 'setMeter', [7]))
    }
    await world.run(call(owner, credits, 'setOperator', [7, operator]))
    return { credits, wallet, batcher }
  },
  protect: ({ credits }) => [credits],
  loss: ({ credits }) => [{ token: 'native', from: credits.address }],

  history({ credits, wallet, batcher }) {
    const by = (user: number, name: string, args: readonly unknown[], value = 0n) =>
      call(users[user]!, credits, name, args, { value })
    const buy = (user: number, amount: bigint) => by(user, 'buy', [amount], amount * TARIFF)
    const byWallet = (step: ReturnType<typeof call>) => through(wallet.address, step)
    return [
      buy(7, 1n),
      buy(7, 0n),
      buy(8, 1_500_000n),
      byWallet(buy(0, 250_000n)),
      reverting(by(8, 'buy', [100n], TARIFF)),
      by(8, 'buyFor', [users[7], 2_000n], 2_000n * TARIFF),
      by(8, 'buyFor', [wallet.address, 0n]),
      byWallet(by(0, 'buyFor', [users[3], 9_999n], 9_999n * TARIFF)),
      by(2, 'sellBack', [150_000n]),
      byWallet(by(0, 'sellBack', [50_000n])),
      by(7, 'sellBack', [2_001n]),
      by(7, 'sellBack', [0n]),
      reverting(by(7, 'sellBack', [1n])),
      throughAll(batcher.address, [
        buy(1, 10_000n),
        buy(1, 20_000n),
        by(1, 'buyFor', [users[1], 5_000n], 5_000n * TARIFF),
        by(1, 'sellBack', [30_000n]),
      ]),
      by(1, 'sellBack', [5_000n]),
      call(operator, credits, 'draw', [users[2], 120_000n]),
      call(operator, credits, 'draw', [users[3], 80_000n]),
      reverting(call(operator, credits, 'draw', [users[8], 1n])),
      by(3, 'handOn', [users[8], 10_000n]),
      by(3, 'handOn', [users[3], 5_000n]),
      byWallet(by(0, 'handOn', [users[5], 100_000n])),
      by(4, 'handOn', [wallet.address, 40_000n]),
      reverting(by(4, 'handOn', [users[5], 800_000n])),
      byWallet(by(0, 'setMeter', [7])),
      call(operator, credits, 'draw', [wallet.address, 30_000n]),
      call(owner, credits, 'buy', [3_000n], { value: 3_000n * TARIFF }),
      call(owner, credits, 'sellBack', [3_000n]),
      call(owner, credits, 'setTariff', [2n * TARIFF, 150n]),
      by(6, 'buy', [70_000n], 140_000n * TARIFF),
      reverting(by(6, 'setTariff', [1n, 0n])),
      by(5, 'sellBack', [60_000n]),
      call(owner, credits, 'setTariff', [TARIFF, 120n]),
      call(owner, credits, 'setStopped', [true]),
      reverting(buy(6, 10n)),
      by(6, 'sellBack', [10n]),
      call(owner, credits, 'setStopped', [false]),
      buy(6, 3_000_000n),
      byWallet(buy(0, 12_345n)),
    ]
  },

  attack: ({ credits }, { CheapPower }) =>
    strike(attacker, CheapPower!, {
      args: [],
      run: 'run',
      with: [credits.address, 1n, 2_000_000n],
      value: ETHER,
    }),
  variants: ({ credits }, { CheapPower }) => [
    strike(attacker, CheapPower!, {
      args: [],
      run: 'run',
      with: [credits.address, 7n, 900_000n],
      value: ETHER,
    }),
    [
      ...strike(attacker, CheapPower!, {
        args: [],
        run: 'runFor',
        with: [credits.address, attacker],
        value: ETHER,
      }),
      call(attacker, credits, 'sellBack', [3_000_000n]),
    ],
  ],
  fix: [
    {
      file: 'PowerCredits.sol',
      replace: 'uint128(wattHours * tariff);',
      by: '_narrow(wattHours * tariff);',
    },
  ],
})
