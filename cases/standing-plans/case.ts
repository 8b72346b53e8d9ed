import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployBatchWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through, throughAll } from '../lib/steps.ts'

const NAME = 'standing-plans'
const owner = actor(`${NAME}/owner`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const tenths = (amount: number) => (BigInt(amount) * ETHER) / 10n

export default declareCase({
  about:
    'dropping the last plan of an empty list makes its length wrap, and the list then reaches over the whole storage',
  class: 'arithmetic',
  hardfork: 'cancun',
  units: [
    { compiler: '0.4.26', files: ['StandingPlans.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, attacker, ...users], 100n * ETHER)
    const accounts = await world.deploy('StandingPlans', [50], owner)
    const wallet = await deployBatchWallet(world, users[0]!, 30n * ETHER)
    for (const [index, user] of users.slice(0, 5).entries())
      await world.run(call(user, accounts, 'deposit', [], { value: BigInt(index + 6) * ETHER }))
    await world.run(call(users[1]!, accounts, 'addPlans', [[tenths(5), tenths(12), tenths(3)]]))
    await world.run(call(users[2]!, accounts, 'addPlan', [tenths(8)]))
    return { accounts, wallet }
  },
  protect: ({ accounts }) => [accounts],
  loss: ({ accounts }) => [{ token: 'native', from: accounts.address }],

  history({ accounts, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[] = [], value = 0n) =>
      call(users[user]!, accounts, name, args, { value })
    const byWallet = (name: string, args: readonly unknown[] = [], value = 0n) =>
      through(wallet.address, by(0, name, args, value))
    return [
      by(1, 'runPlan', [0, users[6]]),
      by(1, 'dropLast'),
      by(1, 'runPlan', [1, users[7]]),
      reverting(by(1, 'runPlan', [2, users[7]])),
      by(2, 'dropLast'),
      by(2, 'addPlans', [[tenths(4), tenths(6)]]),
      byWallet('deposit', [], 7n * ETHER),
      byWallet('addPlan', [tenths(9)]),
      byWallet('addPlan', [tenths(2)]),
      byWallet('swapPlans', [0, 1]),
      byWallet('runPlan', [0, users[3]]),
      byWallet('dropLast'),
      byWallet('dropLast'),
      byWallet('addPlan', [tenths(30)]),
      throughAll(wallet.address, [
        by(0, 'addPlan', [1n]),
        by(0, 'dropLast'),
        by(0, 'dropLast'),
        by(0, 'addPlan', [0n]),
      ]),
      by(3, 'withdraw', [tenths(15)]),
      reverting(by(3, 'withdraw', [90n * ETHER])),
      by(3, 'addPlan', [0n]),
      by(3, 'runPlan', [0, users[4]]),
      by(3, 'changePlan', [0, tenths(7)]),
      reverting(by(3, 'changePlan', [1, tenths(7)])),
      by(5, 'deposit', [], 5n * ETHER),
      by(5, 'addPlans', [[tenths(1), tenths(2), tenths(3), tenths(4)]]),
      by(5, 'dropLast'),
      by(5, 'dropLast'),
      by(5, 'dropAll'),
      by(5, 'addPlan', [tenths(11)]),
      by(5, 'dropLast'),
      by(4, 'addPlan', [20n * ETHER]),
      reverting(by(4, 'runPlan', [0, users[6]])),
      by(4, 'changePlan', [0, 10n * ETHER]),
      by(4, 'runPlan', [0, users[6]]),
      by(4, 'dropLast'),
      call(owner, accounts, 'collectFees', [owner]),
      reverting(by(6, 'collectFees', [users[6]])),
      call(owner, accounts, 'setFee', [30]),
      call(owner, accounts, 'deposit', [], { value: 2n * ETHER }),
      call(owner, accounts, 'addPlan', [ETHER]),
      call(owner, accounts, 'runPlan', [0, wallet.address]),
      call(owner, accounts, 'dropLast'),
      by(2, 'swapPlans', [1, 1]),
      byWallet('withdraw', [tenths(10)]),
      by(7, 'dropAll'),
    ]
  },

  attack: ({ accounts }, { ListStretcher }) =>
    strike(attacker, ListStretcher!, { args: [], run: 'run', with: [accounts.address] }),
  variants: ({ accounts }, { ListStretcher }) => [
    strike(attacker, ListStretcher!, { args: [], run: 'runByBalance', with: [accounts.address] }),
    strike(attacker, ListStretcher!, {
      args: [],
      run: 'runBySwap',
      with: [accounts.address, 13n * ETHER],
    }),
  ],
  fix: [
    {
      file: 'StandingPlans.sol',
      replace: '        plans[msg.sender].length -= 1;\n',
      by: '        require(plans[msg.sender].length > 0);\n        plans[msg.sender].length -= 1;\n',
    },
  ],
})
