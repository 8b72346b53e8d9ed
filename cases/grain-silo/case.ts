import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, pay, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'grain-silo'
const owner = actor(`${NAME}/owner`)
const keeper = actor(`${NAME}/keeper`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const ASK = ETHER / 100n
const BID = (ASK * 9n) / 10n

export default declareCase({
  about:
    'a silo divides grams by a thousand before it multiplies by the price, so that what is short of a kilo is free',
  class: 'rounding',
  hardfork: 'cancun',
  units: [
    { compiler: '0.5.17', optimizerRuns: 200, files: ['GrainSilo.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'paris', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, keeper, attacker, ...users], 40n * ETHER)
    const silo = await world.deploy('GrainSilo', [keeper, ASK, BID], owner, 20n * ETHER)
    const wallet = await deployWallet(world, users[0]!, 20n * ETHER)
    await world.run(call(keeper, silo, 'stock', [20_000_000n]))
    for (const user of users.slice(1, 4))
      await world.run(call(user, silo, 'buy', [400_000n], { value: 400n * ASK }))
    return { silo, wallet }
  },
  protect: ({ silo }) => [silo],
  loss: ({ silo }) => [{ token: 'native', from: silo.address }],

  // The silo's customers order whole kilos; they trade and sell back whatever they like.
  history({ silo, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[], value = 0n) =>
      call(users[user]!, silo, name, args, { value })
    const byWallet = (name: string, args: readonly unknown[], value = 0n) =>
      through(wallet.address, by(0, name, args, value))
    return [
      by(4, 'buy', [25_000n], 25n * ASK),
      by(4, 'buy', [1_000n], ASK),
      byWallet('buy', [120_000n], 120n * ASK),
      // More than it costs: the rest comes back.
      by(5, 'buy', [7_000n], ETHER),
      reverting(by(5, 'buy', [2_000n], ASK)),
      byWallet('buy', [3_000n], 4n * ASK),
      by(6, 'buyFor', [users[7], 10_000n], 10n * ASK),
      by(7, 'sellBack', [4_321n]),
      byWallet('sellBack', [500n]),
      reverting(by(7, 'sellBack', [50_000n])),
      by(7, 'transfer', [users[1], 79n]),
      by(1, 'approve', [users[2], 5_500n]),
      by(2, 'transferFrom', [users[1], users[3], 5_500n]),
      by(2, 'buy', [0n], 0n),
      byWallet('buyFor', [users[4], 2_000n], 2n * ASK),
      by(3, 'collect', [300_000n]),
      byWallet('collect', [250n]),
      call(keeper, silo, 'setPrices', [(ASK * 11n) / 10n, ASK]),
      by(5, 'buy', [5_000n], (55n * ASK) / 10n),
      reverting(by(5, 'buy', [5_000n], 5n * ASK)),
      call(keeper, silo, 'setPrices', [ASK, BID]),
      reverting(by(5, 'setPrices', [1n, 1n])),
      call(keeper, silo, 'stock', [500_000n]),
      by(1, 'buy', [1_000_000n], 10n * ETHER),
      call(owner, silo, 'setShut', [true]),
      reverting(by(6, 'buy', [1_000n], ASK)),
      by(1, 'sellBack', [33_333n]),
      call(owner, silo, 'setShut', [false]),
      call(owner, silo, 'buy', [2_000n], { value: 2n * ASK }),
      call(owner, silo, 'withdraw', [owner, ETHER]),
      pay(users[2]!, silo.address, ETHER / 2n),
      byWallet('transfer', [wallet.address, 1_000n]),
      byWallet('buy', [0n], 0n),
      by(6, 'buy', [9_000n], 9n * ASK),
      by(6, 'sellBack', [9_000n]),
      by(6, 'sellBack', [0n]),
      by(3, 'buyFor', [users[3], 66_000n], 66n * ASK),
    ]
  },

  attack: ({ silo }, { ShortWeigher }) =>
    strike(attacker, ShortWeigher!, { args: [], run: 'run', with: [silo.address, 250n, 0n] }),
  variants: ({ silo }, { ShortWeigher }) => [
    strike(attacker, ShortWeigher!, { args: [], run: 'runFor', with: [silo.address, 150n, 640n] }),
    strike(attacker, ShortWeigher!, {
      args: [],
      run: 'run',
      with: [silo.address, 90n, 1n],
      value: ETHER,
    }),
    [
      call(attacker, silo, 'buy', [999n]),
      call(attacker, silo, 'buyFor', [attacker, 501n]),
      call(attacker, silo, 'sellBack', [1_500n]),
    ],
  ],
  fix: [
    {
      file: 'GrainSilo.sol',
      replace: '        return (grams / KILO) * askPerKilo;\n',
      by: '        return (grams * askPerKilo) / KILO;\n',
    },
  ],
})
