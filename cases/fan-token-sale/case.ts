import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployBatchWallet, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through, throughAll } from '../lib/steps.ts'

const NAME = 'fan-token-sale'
const owner = actor(`${NAME}/owner`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 9)
const PRICE = ETHER / 20n

export default declareCase({
  about: 'a token sale compares the payment with a product of tokens and price that wraps',
  class: 'arithmetic',
  hardfork: 'shanghai',
  units: [
    { compiler: '0.4.11', optimizerRuns: 200, files: ['FanTokenSale.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, attacker, ...users], 60n * ETHER)
    const sale = await world.deploy('FanTokenSale', [PRICE, (PRICE * 9n) / 10n], owner)
    const wallet = await deployWallet(world, users[0]!, 20n * ETHER)
    const batcher = await deployBatchWallet(world, users[1]!, 20n * ETHER)
    for (const user of users.slice(2, 7))
      await world.run(call(user, sale, 'buy', [120], { value: 120n * PRICE }))
    return { sale, wallet, batcher }
  },
  protect: ({ sale }) => [sale],
  loss: ({ sale }) => [{ token: 'native', from: sale.address }],

  history({ sale, wallet, batcher }) {
    const by = (user: number, name: string, args: readonly unknown[], value = 0n) =>
      call(users[user]!, sale, name, args, { value })
    const buy = (user: number, tokens: bigint) => by(user, 'buy', [tokens], tokens * PRICE)
    const byWallet = (step: ReturnType<typeof call>) => through(wallet.address, step)
    return [
      buy(7, 1n),
      buy(7, 0n),
      buy(8, 600n),
      byWallet(buy(0, 200n)),
      reverting(by(7, 'buy', [3n], 2n * PRICE)),
      by(7, 'buyAsGift', [users[2], 5n], 5n * PRICE),
      by(7, 'buyAsGift', [wallet.address, 0n]),
      by(7, 'buyAsGift', [users[7], 2n], 2n * PRICE),
      byWallet(by(0, 'buyAsGift', [users[3], 10n], 10n * PRICE)),
      by(2, 'giveBack', [125n]),
      by(2, 'giveBack', [0n]),
      reverting(by(2, 'giveBack', [1n])),
      byWallet(by(0, 'giveBack', [80n])),
      throughAll(batcher.address, [
        buy(1, 50n),
        buy(1, 50n),
        by(1, 'giveBack', [30n]),
        by(1, 'transfer', [users[1], 20n]),
        by(1, 'vote', [4]),
      ]),
      by(1, 'giveBack', [20n]),
      by(3, 'vote', [1]),
      reverting(by(3, 'vote', [2])),
      byWallet(by(0, 'vote', [1])),
      by(3, 'transfer', [users[4], 60n]),
      by(3, 'transfer', [users[3], 10n]),
      by(4, 'approve', [wallet.address, 100n]),
      byWallet(by(0, 'transferFrom', [users[4], wallet.address, 100n])),
      reverting(byWallet(by(0, 'transferFrom', [users[4], wallet.address, 1n]))),
      byWallet(by(0, 'transfer', [users[5], 15n])),
      call(owner, sale, 'buy', [10n], { value: 10n * PRICE }),
      call(owner, sale, 'setPrices', [PRICE * 2n, PRICE]),
      by(6, 'buy', [40n], 80n * PRICE),
      reverting(by(6, 'buy', [40n], 40n * PRICE)),
      by(6, 'giveBack', [100n]),
      reverting(by(6, 'setPrices', [1n, 1n])),
      call(owner, sale, 'setPrices', [PRICE, (PRICE * 9n) / 10n]),
      call(owner, sale, 'collect', [ETHER]),
      call(owner, sale, 'setSelling', [false]),
      reverting(buy(5, 1n)),
      call(owner, sale, 'setSelling', [true]),
      buy(5, 333n),
      by(5, 'giveBack', [12n]),
      by(8, 'vote', [4]),
    ]
  },

  attack: ({ sale }, { HugeOrder }) =>
    strike(attacker, HugeOrder!, { args: [], run: 'run', with: [sale.address, 1_000n], value: ETHER }),
  variants: ({ sale }, { HugeOrder }) => [
    [
      ...strike(attacker, HugeOrder!, { args: [], run: 'runAsGift', with: [sale.address], value: ETHER }),
      call(attacker, sale, 'giveBack', [700n]),
    ],
    [call(attacker, sale, 'buy', [2n ** 254n], { value: 0n }), call(attacker, sale, 'giveBack', [1_200n])],
  ],
  fix: [
    {
      file: 'FanTokenSale.sol',
      replace: '        require(paid == tokens * price);\n',
      by: '        require(paid == tokens * price && (tokens == 0 || paid / tokens == price));\n',
    },
  ],
})
