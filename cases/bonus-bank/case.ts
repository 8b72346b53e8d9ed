import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployBatchWallet, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through, throughAll } from '../lib/steps.ts'

const NAME = 'bonus-bank'
const owner = actor(`${NAME}/owner`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 10)
const DAY = 86_400

export default declareCase({
  about:
    'a bank with a bonus pays a withdrawal by call before it lowers the balance, so that the withdrawal can be repeated inside the payment',
  class: 'reentrancy',
  hardfork: 'shanghai',
  units: [
    { compiler: '0.4.26', files: ['BonusBank.sol'] },
    {
      compiler: '0.8.30',
      optimizerRuns: 200,
      evmVersion: 'london',
      files: ['Attack.sol', 'ThriftyWallet.sol'],
    },
  ],

  async setUp(world) {
    await fundAll(world, [owner, attacker, ...users], 100n * ETHER)
    const bank = await world.deploy('BonusBank', [500], owner)
    const wallet = await deployWallet(world, users[0]!, 40n * ETHER)
    const batcher = await deployBatchWallet(world, users[1]!, 30n * ETHER)
    const thrifty = await world.deploy('ThriftyWallet', [bank.address], users[2]!)
    await world.fund(thrifty.address, 20n * ETHER)
    await world.run(call(owner, bank, 'sponsor', [], { value: 10n * ETHER }))
    for (const [index, user] of users.slice(3, 8).entries())
      await world.run(call(user, bank, 'deposit', [], { value: BigInt(6 + index) * ETHER }))
    await world.run(through(wallet.address, call(users[0]!, bank, 'deposit', [], { value: 10n * ETHER })))
    await world.run(through(thrifty.address, call(users[2]!, bank, 'deposit', [], { value: 12n * ETHER })))
    world.wait(8 * DAY)
    return { bank, wallet, batcher, thrifty }
  },
  protect: ({ bank }) => [bank],
  loss: ({ bank }) => [{ token: 'native', from: bank.address }],

  history({ bank, wallet, batcher, thrifty }) {
    const by = (user: number, name: string, args: readonly unknown[] = [], value = 0n) =>
      call(users[user]!, bank, name, args, { value })
    const byWallet = (name: string, args: readonly unknown[] = [], value = 0n) =>
      through(wallet.address, by(0, name, args, value))
    const byThrifty = (name: string, args: readonly unknown[] = [], value = 0n) =>
      through(thrifty.address, by(2, name, args, value))
    return [
      by(8, 'deposit', [], 5n * ETHER),
      byWallet('withdraw', [ETHER]),
      byWallet('drawBonus'),
      by(3, 'withdraw', [2n * ETHER]),
      by(4, 'drawBonus'),
      reverting(by(4, 'drawBonus')),
      call(users[2]!, thrifty, 'setSaving', [true]),
      byThrifty('drawBonus'),
      byThrifty('withdraw', [3n * ETHER]),
      reverting(by(3, 'withdraw', [40n * ETHER])),
      throughAll(batcher.address, [
        by(1, 'deposit', [], 9n * ETHER),
        by(1, 'withdraw', [2n * ETHER]),
        by(1, 'withdraw', [ETHER]),
      ]),
      throughAll(batcher.address, [
        by(1, 'withdrawAll'),
        by(1, 'deposit', [], 4n * ETHER),
        by(1, 'withdrawAll'),
      ]),
      by(5, 'withdraw', [8n * ETHER]),
      by(5, 'withdraw', [0n]),
      by(6, 'pass', [users[9], 3n * ETHER]),
      by(9, 'withdrawAll'),
      reverting(by(9, 'withdraw', [1n])),
      byWallet('pass', [users[9], ETHER]),
      byWallet('deposit', [], 6n * ETHER),
      byWallet('withdrawAll'),
      call(owner, bank, 'setBonus', [300]),
      reverting(by(6, 'setBonus', [2_000])),
      call(owner, bank, 'deposit', [], { value: 3n * ETHER }),
      call(owner, bank, 'withdraw', [3n * ETHER]),
      by(7, 'drawBonus'),
      by(7, 'withdraw', [10n * ETHER]),
      by(8, 'withdraw', [5n * ETHER]),
      by(6, 'pass', [users[6], ETHER]),
      call(owner, bank, 'setClosed', [true]),
      reverting(by(8, 'deposit', [], ETHER)),
      call(owner, bank, 'setClosed', [false]),
      by(8, 'deposit', [], 7n * ETHER),
      by(9, 'sponsor', [], ETHER),
      by(0, 'deposit', [], 14n * ETHER),
      throughAll(batcher.address, [by(1, 'deposit', [], 2n * ETHER), by(1, 'pass', [users[1], ETHER])]),
      by(1, 'withdrawAll'),
      byThrifty('withdrawAll'),
    ]
  },

  attack: ({ bank }, { RepeatedWithdrawal }) =>
    strike(attacker, RepeatedWithdrawal!, {
      args: [bank.address],
      run: 'run',
      with: [4],
      value: 8n * ETHER,
    }),
  variants: ({ bank }, { RepeatedWithdrawal }) => [
    strike(attacker, RepeatedWithdrawal!, {
      args: [bank.address],
      run: 'run',
      with: [1],
      value: 20n * ETHER,
    }),
    strike(attacker, RepeatedWithdrawal!, {
      args: [bank.address],
      run: 'runAll',
      with: [6],
      value: 5n * ETHER,
    }),
  ],
  fix: [
    {
      file: 'BonusBank.sol',
      replace:
        '        require(to.call.value(amount)());\n        saver.balance -= amount;\n        totalBalance -= amount;\n',
      by: '        saver.balance -= amount;\n        totalBalance -= amount;\n        require(to.call.value(amount)());\n',
    },
  ],
})
