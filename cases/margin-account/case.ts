import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'margin-account'
const owner = actor(`${NAME}/owner`)
const operator = actor(`${NAME}/operator`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)

export default declareCase({
  about:
    'a margin account checks the amount of a withdrawal but subtracts amount and fee, which wraps below zero',
  class: 'arithmetic',
  hardfork: 'shanghai',
  units: [
    { compiler: '0.7.6', files: ['MarginAccount.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, operator, attacker, ...users], 100n * ETHER)
    const desk = await deployProxied(world, 'clone', 'MarginAccount', {
      deployer: owner,
      initialize: [owner, operator, 30],
    })
    const wallet = await deployWallet(world, users[0]!, 30n * ETHER)
    for (const user of users.slice(0, 5))
      await world.run(call(user, desk, 'deposit', [], { value: 12n * ETHER }))
    return { desk, wallet }
  },
  protect: ({ desk }) => [desk],
  loss: ({ desk }) => [{ token: 'native', from: desk.address }],

  history({ desk, wallet }) {
    const byWallet = (name: string, args: readonly unknown[] = [], value = 0n) =>
      through(wallet.address, call(users[0]!, desk, name, args, { value }))
    const settlement = (winner: number, loser: number, ethers: bigint) => [
      call(operator, desk, 'lock', [users[winner], ethers * ETHER]),
      call(operator, desk, 'lock', [users[loser], ethers * ETHER]),
      call(operator, desk, 'settle', [users[winner], users[loser], ethers * ETHER]),
      call(operator, desk, 'release', [users[winner], ethers * ETHER]),
    ]
    return [
      ...[5, 6, 7].map((user) => call(users[user]!, desk, 'deposit', [], { value: 6n * ETHER })),
      byWallet('deposit', [], 10n * ETHER),
      ...settlement(1, 2, 3n),
      call(users[1]!, desk, 'withdraw', [4n * ETHER]),
      reverting(call(users[2]!, desk, 'withdraw', [10n * ETHER])),
      byWallet('withdraw', [2n * ETHER]),
      call(users[3]!, desk, 'setDelegate', [users[4]]),
      call(users[4]!, desk, 'withdrawFor', [users[3], ETHER]),
      reverting(call(users[5]!, desk, 'withdrawFor', [users[3], ETHER])),
      ...settlement(6, 7, 2n),
      call(users[5]!, desk, 'depositFor', [wallet.address], { value: ETHER }),
      call(users[7]!, desk, 'close'),
      call(owner, desk, 'setWithdrawalFee', [25]),
      reverting(call(owner, desk, 'setWithdrawalFee', [500])),
      call(users[2]!, desk, 'withdraw', [3n * ETHER]),
      call(owner, desk, 'collectFees', [owner]),
      byWallet('setDelegate', [users[0]]),
      call(users[0]!, desk, 'withdrawFor', [wallet.address, ETHER]),
      reverting(call(users[0]!, desk, 'lock', [users[1], ETHER])),
      call(users[6]!, desk, 'withdraw', [ETHER / 3n]),
      byWallet('close'),
      byWallet('deposit', [], 4n * ETHER),
      ...settlement(3, 4, 1n),
      reverting(call(users[1]!, desk, 'initialize', [users[1], users[1], 0])),
      call(users[4]!, desk, 'withdraw', [5n * ETHER]),
      call(users[7]!, desk, 'deposit', [], { value: 2n * ETHER }),
    ]
  },

  attack: ({ desk }, { FeeBelowZero }) =>
    strike(attacker, FeeBelowZero!, { args: [desk.address], run: 'run', value: 5n * ETHER }),
  variants: ({ desk }, { DelegatedBelowZero }) => [
    strike(attacker, DelegatedBelowZero!, { args: [desk.address], run: 'run', with: [4n], value: ETHER }),
  ],
  fix: [
    {
      file: 'MarginAccount.sol',
      replace: '        margin[trader] -= amount + fee;\n',
      by: '        require(amount + fee <= margin[trader], "margin too small for the fee");\n        margin[trader] -= amount + fee;\n',
    },
  ],
})
