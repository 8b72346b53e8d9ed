import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployBatchWallet, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, pay, reverting, strike, through, throughAll } from '../lib/steps.ts'

const NAME = 'arcade-tickets'
const manager = actor(`${NAME}/manager`)
const machine = actor(`${NAME}/machine`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const COIN = ETHER / 500n

export default declareCase({
  about:
    'an arcade counts tickets in 32 bits packed beside others and takes them from a player without comparing',
  class: 'arithmetic',
  hardfork: 'cancun',
  units: [
    { compiler: '0.5.17', optimizerRuns: 200, files: ['ArcadeTickets.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [manager, machine, attacker, ...users], 30n * ETHER)
    const arcade = await deployProxied(world, 'clone', 'ArcadeTickets', {
      deployer: manager,
      initialize: [manager, COIN],
    })
    const wallet = await deployWallet(world, users[0]!, 5n * ETHER)
    const batcher = await deployBatchWallet(world, users[1]!, 5n * ETHER)
    await world.run(pay(manager, arcade.address, 12n * ETHER))
    await world.run(call(manager, arcade, 'setMachine', [machine, true]))
    for (const user of users.slice(2, 6)) {
      await world.run(call(user, arcade, 'buyCoins', [60], { value: 60n * COIN }))
      for (const won of [300, 0, 120]) await world.run(call(machine, arcade, 'play', [user, won]))
    }
    return { arcade, wallet, batcher }
  },
  protect: ({ arcade }) => [arcade],
  loss: ({ arcade }) => [{ token: 'native', from: arcade.address }],

  history({ arcade, wallet, batcher }) {
    const by = (user: number, name: string, args: readonly unknown[], value = 0n) =>
      call(users[user]!, arcade, name, args, { value })
    const coins = (user: number, count: number) => by(user, 'buyCoins', [count], BigInt(count) * COIN)
    const play = (who: string, won: number) => call(machine, arcade, 'play', [who, won])
    const byWallet = (step: ReturnType<typeof call>) => through(wallet.address, step)
    return [
      coins(6, 20),
      byWallet(coins(0, 100)),
      play(users[6]!, 500),
      play(wallet.address, 450),
      play(wallet.address, 500),
      reverting(play(users[7]!, 10)),
      reverting(play(users[6]!, 501)),
      by(2, 'cash', [100]),
      by(2, 'cash', [320]),
      by(2, 'cash', [0]),
      by(3, 'cashTo', [wallet.address, 20]),
      by(3, 'cashTo', [users[3], 50]),
      byWallet(by(0, 'cash', [200])),
      byWallet(by(0, 'cashTo', [users[7], 100])),
      by(4, 'give', [users[7], 420]),
      by(7, 'give', [users[7], 420]),
      by(7, 'cash', [420]),
      by(4, 'give', [users[5], 0]),
      byWallet(by(0, 'give', [batcher.address, 300])),
      throughAll(batcher.address, [
        by(1, 'cash', [50]),
        by(1, 'cash', [50]),
        by(1, 'give', [users[1], 80]),
        by(1, 'cashTo', [users[1], 20]),
        by(1, 'swapForCoins', [3]),
      ]),
      by(1, 'cash', [80]),
      by(5, 'swapForCoins', [10]),
      by(5, 'swapForCoins', [0]),
      reverting(by(5, 'swapForCoins', [100])),
      reverting(by(6, 'buyCoins', [5], COIN)),
      reverting(by(6, 'buyCoins', [240], 240n * COIN)),
      play(users[6]!, 0),
      by(6, 'cash', [500]),
      coins(7, 1),
      play(users[7]!, 75),
      by(7, 'give', [wallet.address, 75]),
      call(manager, arcade, 'buyCoins', [2], { value: 2n * COIN }),
      play(manager, 9),
      call(manager, arcade, 'cash', [9]),
      call(manager, arcade, 'setCoinPrice', [COIN * 2n]),
      by(3, 'buyCoins', [10], 20n * COIN),
      call(manager, arcade, 'collect', [manager, ETHER]),
      reverting(by(3, 'collect', [users[3], ETHER])),
      play(batcher.address, 333),
      throughAll(batcher.address, [by(1, 'cash', [333]), by(1, 'cash', [0])]),
      by(5, 'cash', [300]),
    ]
  },

  attack: ({ arcade }, { NoTickets }) =>
    strike(attacker, NoTickets!, { args: [], run: 'run', with: [arcade.address, 45_000, 2] }),
  variants: ({ arcade }, { NoTickets }) => [
    strike(attacker, NoTickets!, { args: [], run: 'runTo', with: [arcade.address, 300] }),
    [call(attacker, arcade, 'give', [users[7], 400]), call(users[7]!, arcade, 'cash', [400])],
    [call(users[3]!, arcade, 'cash', [351])],
  ],
  fix: [
    {
      file: 'ArcadeTickets.sol',
      replace: '        players[from].tickets -= tickets;\n',
      by: '        require(players[from].tickets >= tickets, "too few tickets");\n        players[from].tickets -= tickets;\n',
    },
  ],
})
