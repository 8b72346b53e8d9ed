import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, create, created, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'lucky-pot'
const owner = actor(`${NAME}/owner`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const PRICE = ETHER / 10n

export default declareCase({
  about:
    'a lottery draws from the values of a block in which tickets can still be bought; who computes the draw buys as many as win it',
  class: 'weak-randomness',
  hardfork: 'cancun',
  units: [
    { compiler: '0.4.26', files: ['LuckyPot.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'paris', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, attacker, ...users], 60n * ETHER)
    const pot = await world.deploy('LuckyPot', [PRICE, 300], owner)
    const wallet = await deployWallet(world, users[0]!, 30n * ETHER)
    for (const user of users.slice(1, 5)) await world.run(call(user, pot, 'buy', [3], { value: 3n * PRICE }))
    return { pot, wallet }
  },
  protect: ({ pot }) => [pot],
  loss: ({ pot }) => [{ token: 'native', from: pot.address }],

  history({ pot, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[] = [], value = 0n) =>
      call(users[user]!, pot, name, args, { value })
    const buy = (user: number, count: number) => by(user, 'buy', [count], BigInt(count) * PRICE)
    const byWallet = (step: ReturnType<typeof call>) => through(wallet.address, step)
    return [
      buy(5, 2),
      byWallet(buy(0, 5)),
      reverting(by(6, 'buy', [2], PRICE)),
      by(6, 'topUp', [], ETHER),
      by(6, 'draw'),
      reverting(by(6, 'draw')),
      buy(1, 1),
      buy(2, 4),
      reverting(by(2, 'draw')),
      byWallet(buy(0, 1)),
      call(owner, pot, 'collectFees', [owner]),
      byWallet(by(0, 'draw')),
      call(owner, pot, 'setTerms', [PRICE, 250]),
      buy(7, 20),
      reverting(buy(7, 21)),
      by(3, 'buyFor', [users[4], 2], 2n * PRICE),
      byWallet(by(0, 'buyFor', [users[1], 3], 3n * PRICE)),
      by(4, 'topUp'),
      // The buyer of the latest ticket draws, a block later.
      buy(5, 6),
      by(5, 'draw'),
      buy(5, 6),
      by(5, 'topUp', [], ETHER / 3n),
      byWallet(by(0, 'draw')),
      call(owner, pot, 'buy', [10], { value: 10n * PRICE }),
      buy(1, 5),
      call(owner, pot, 'setClosed', [true]),
      call(owner, pot, 'draw'),
      reverting(buy(2, 1)),
      call(owner, pot, 'setClosed', [false]),
      buy(2, 8),
      buy(3, 8),
      byWallet(buy(0, 9)),
      by(4, 'topUp', [], 3n * ETHER),
      reverting(by(4, 'setTerms', [1n, 0n])),
      buy(6, 5),
      by(1, 'buyFor', [wallet.address, 4], 4n * PRICE),
      byWallet(by(0, 'topUp', [], 2n * ETHER)),
    ]
  },

  attack: ({ pot }, { Foreseer }) =>
    strike(attacker, Foreseer!, { args: [], run: 'run', with: [pot.address], value: 3n * ETHER }),
  variants: ({ pot }, { Foreseer }) => [
    strike(attacker, Foreseer!, { args: [], run: 'runFor', with: [pot.address], value: 2n * ETHER }),
    [
      create(attacker, Foreseer!),
      call(attacker, created(attacker, Foreseer!, 0n), 'prepare', [pot.address, attacker], {
        value: 2n * ETHER,
      }),
      call(attacker, pot, 'draw'),
    ],
  ],
  fix: [
    {
      file: 'LuckyPot.sol',
      replace: '        require(round.tickets.length >= MINIMUM);\n',
      by: '        require(round.tickets.length >= MINIMUM && round.latestBlock < block.number);\n',
    },
  ],
})
