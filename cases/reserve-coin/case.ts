import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, pay, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'reserve-coin'
const owner = actor(`${NAME}/owner`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const coins = (amount: number) => BigInt(amount) * ETHER

export default declareCase({
  about:
    'a coin is bought at the price before the purchase and sold at the price after it, both read off the ether the contract holds',
  class: 'price-manipulation',
  hardfork: 'cancun',
  units: [
    { compiler: '0.4.26', optimizerRuns: 200, files: ['ReserveCoin.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'paris', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, ...users], 100n * ETHER)
    await world.fund(attacker, 1_000n * ETHER)
    const coin = await world.deploy('ReserveCoin', [ETHER / 1_000n, 200_000n], owner, 60n * ETHER)
    const wallet = await deployWallet(world, users[0]!, 40n * ETHER)
    for (const user of users.slice(1, 6)) await world.run(call(user, coin, 'buy', [], { value: 6n * ETHER }))
    return { coin, wallet }
  },
  protect: ({ coin }) => [coin],
  loss: ({ coin }) => [{ token: 'native', from: coin.address }],

  history({ coin, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[] = [], value = 0n) =>
      call(users[user]!, coin, name, args, { value })
    const byWallet = (name: string, args: readonly unknown[] = [], value = 0n) =>
      through(wallet.address, by(0, name, args, value))
    return [
      by(6, 'buy', [], 3n * ETHER),
      by(1, 'sell', [coins(500)]),
      byWallet('buy', [], 8n * ETHER),
      pay(users[7]!, coin.address, 2n * ETHER),
      // Who changes their mind sells in the next block.
      by(7, 'sell', [coins(900)]),
      reverting(by(7, 'sell', [coins(90_000)])),
      by(2, 'transfer', [users[3], coins(250)]),
      by(3, 'sell', [coins(250)]),
      byWallet('sell', [coins(1_000)]),
      by(4, 'approve', [users[5], coins(700)]),
      by(5, 'sellFrom', [users[4], coins(700)]),
      reverting(by(5, 'sellFrom', [users[4], coins(1)])),
      by(5, 'buyFor', [users[6]], 4n * ETHER),
      by(6, 'sell', [coins(2_000)]),
      call(owner, coin, 'endow', [], { value: 5n * ETHER }),
      by(2, 'sell', [coins(1)]),
      by(2, 'sell', [0n]),
      by(2, 'buy', [], 0n),
      byWallet('buyFor', [users[2]], 2n * ETHER),
      by(2, 'transfer', [users[2], coins(10)]),
      by(1, 'buy', [], 12n * ETHER),
      call(owner, coin, 'setSalesPaused', [true]),
      reverting(by(1, 'buy', [], ETHER)),
      by(1, 'sell', [coins(300)]),
      call(owner, coin, 'setSalesPaused', [false]),
      reverting(by(1, 'setSalesPaused', [true])),
      reverting(call(owner, coin, 'windUp', [owner])),
      call(owner, coin, 'buy', [], { value: ETHER }),
      call(owner, coin, 'sell', [coins(400)]),
      byWallet('approve', [users[3], coins(600)]),
      by(3, 'transferFrom', [wallet.address, users[3], coins(200)]),
      by(3, 'sellFrom', [wallet.address, coins(400)]),
      by(4, 'sell', [coins(1_200)]),
      by(5, 'buy', [], 9n * ETHER),
      byWallet('sell', [coins(150)]),
      by(6, 'buy', [], ETHER / 50n),
      by(7, 'sell', [coins(60)]),
    ]
  },

  attack: ({ coin }, { PriceLoop }) =>
    strike(attacker, PriceLoop!, { args: [], run: 'run', with: [coin.address, 3n], value: 20n * ETHER }),
  variants: ({ coin }, { PriceLoop }) => [
    strike(attacker, PriceLoop!, { args: [], run: 'runApart', with: [coin.address], value: 90n * ETHER }),
    strike(attacker, PriceLoop!, { args: [], run: 'run', with: [coin.address, 8n], value: 6n * ETHER }),
    [
      pay(attacker, coin.address, 50n * ETHER),
      // What fifty ether buy at any price the coin has had.
      call(attacker, coin, 'sell', [coins(30_000)]),
    ],
  ],
  fix: [
    {
      file: 'ReserveCoin.sol',
      replace: '        require(balanceOf[holder] >= coins);\n',
      by: '        require(balanceOf[holder] >= coins);\n        require(coins == 0 || lastPurchase < now);\n',
    },
  ],
})
