import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployBatchWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through, throughAll } from '../lib/steps.ts'

const NAME = 'creator-tips'
const owner = actor(`${NAME}/owner`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const tenths = (amount: number) => (BigInt(amount) * ETHER) / 10n

export default declareCase({
  about: 'who tips a creator may give any part of the tip to a referrer, even more than the whole of it',
  class: 'input-validation',
  hardfork: 'cancun',
  units: [
    { compiler: '0.6.12', optimizerRuns: 200, files: ['CreatorTips.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, attacker, ...users], 100n * ETHER)
    const tips = await world.deploy('CreatorTips', [250], owner)
    const wallet = await deployBatchWallet(world, users[0]!, 30n * ETHER)
    for (const creator of users.slice(1, 4)) await world.run(call(creator, tips, 'join'))
    for (const user of users.slice(4)) await world.run(call(user, tips, 'load', [], { value: 9n * ETHER }))
    return { tips, wallet }
  },
  protect: ({ tips }) => [tips],
  loss: ({ tips }) => [{ token: 'native', from: tips.address }],

  history({ tips, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[] = [], value = 0n) =>
      call(users[user]!, tips, name, args, { value })
    const byWallet = (name: string, args: readonly unknown[] = [], value = 0n) =>
      through(wallet.address, by(0, name, args, value))
    const tip = (user: number, creator: number, referrer: number, bps: number, amount: number) =>
      by(user, 'tip', [users[creator], users[referrer], bps], tenths(amount))
    return [
      tip(4, 1, 5, 1_000, 20),
      tip(5, 2, 4, 0, 13),
      tip(6, 3, 6, 10_000, 5),
      byWallet('tip', [users[1], users[7], 500], ETHER),
      byWallet('join'),
      tip(7, 1, 1, 2_500, 4),
      by(4, 'tip', [wallet.address, users[2], 9_999], tenths(12)),
      reverting(tip(4, 5, 6, 100, 10)),
      by(5, 'tipFromCredit', [users[2], users[3], tenths(30), 1_500]),
      by(6, 'tipFromCredit', [users[1], users[7], tenths(7), 10_000]),
      reverting(by(6, 'tipFromCredit', [users[1], users[7], 900n * ETHER, 100])),
      by(7, 'tipMany', [[users[1], users[2], users[3]], users[4], 800], 3n * ETHER),
      by(4, 'tipMany', [[users[1], wallet.address], users[4], 0], 1_000_001n),
      byWallet('load', [], 4n * ETHER),
      byWallet('tipFromCredit', [users[3], wallet.address, ETHER, 2_000]),
      byWallet('tipMany', [[users[2], users[3]], users[5], 10_000], tenths(6)),
      throughAll(wallet.address, [
        by(0, 'tip', [users[2], users[5], 10_000], tenths(2)),
        by(0, 'tip', [users[2], users[5], 0], tenths(2)),
        by(0, 'tipFromCredit', [users[2], users[5], tenths(1), 400]),
      ]),
      tip(5, 3, 5, 5_000, 0),
      by(1, 'withdraw', [ETHER]),
      reverting(by(1, 'withdraw', [50n * ETHER])),
      byWallet('withdraw', [tenths(5)]),
      by(2, 'withdrawTo', [users[0], tenths(11)]),
      by(5, 'moveCredit', [wallet.address, tenths(9)]),
      byWallet('moveCredit', [users[6], tenths(4)]),
      call(owner, tips, 'payPlatform', [owner]),
      reverting(by(3, 'payPlatform', [users[3]])),
      call(owner, tips, 'setPlatformShare', [0]),
      tip(6, 2, 7, 10_000, 8),
      call(owner, tips, 'setPlatformShare', [1_000]),
      reverting(call(owner, tips, 'setPlatformShare', [5_000])),
      call(owner, tips, 'join'),
      tip(7, 3, 4, 300, 25),
      by(4, 'tip', [owner, users[4], 10_000], tenths(3)),
      call(owner, tips, 'tip', [users[1], owner, 100], { value: ETHER }),
      by(7, 'tipFromCredit', [users[3], users[7], 1n, 10_000]),
      reverting(byWallet('join')),
      byWallet('withdraw', [ETHER]),
      tip(4, 1, 6, 7_500, 15),
    ]
  },

  attack: ({ tips }, { GreedyReferrer }) =>
    strike(attacker, GreedyReferrer!, {
      args: [],
      run: 'run',
      with: [tips.address, users[1], 2_000_000n],
      value: ETHER,
    }),
  variants: ({ tips }, { GreedyReferrer }) => [
    strike(attacker, GreedyReferrer!, {
      args: [],
      run: 'runMany',
      with: [tips.address, [users[1], users[2]], 60_000n, 5n * ETHER],
      value: ETHER,
    }),
    strike(attacker, GreedyReferrer!, {
      args: [],
      run: 'runFromCredit',
      with: [tips.address, users[3], 20_000n, 2n],
      value: 8n * ETHER,
    }),
    [
      call(attacker, tips, 'tip', [users[2], attacker, 100_000n], { value: 2n * ETHER }),
      call(attacker, tips, 'withdrawTo', [attacker, 18n * ETHER]),
    ],
  ],
  fix: [
    {
      file: 'CreatorTips.sol',
      replace: '        require(isCreator[creator], "not a creator");\n',
      by: '        require(isCreator[creator], "not a creator");\n        require(referralBps <= 10000, "more than the whole");\n',
    },
  ],
})
