import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'fixed-term-savings'
const owner = actor(`${NAME}/owner`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 10)
const DAY = 86_400

export default declareCase({
  about:
    'a savings pool pays out by call before it deletes the account, so that closing it can be repeated inside the payment',
  class: 'reentrancy',
  hardfork: 'london',
  units: [
    { compiler: '0.4.11', files: ['SavingsPool.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, attacker, ...users], 100n * ETHER)
    const wallet = await deployWallet(world, users[0]!, 20n * ETHER)
    const pool = await world.deploy('SavingsPool', [200, 3 * DAY], owner)
    for (const [index, user] of users.slice(0, 6).entries())
      await world.run(call(user, pool, 'deposit', [], { value: BigInt(index + 4) * ETHER }))
    world.wait(4 * DAY)
    return { pool, wallet }
  },
  protect: ({ pool }) => [pool],
  loss: ({ pool }) => [{ token: 'native', from: pool.address }],

  history({ pool, wallet }) {
    const deposit = (user: number, ethers: bigint) =>
      call(users[user]!, pool, 'deposit', [], { value: ethers * ETHER })
    const byWallet = (name: string, args: readonly unknown[] = [], value = 0n) =>
      through(wallet.address, call(users[0]!, pool, name, args, { value }))
    return [
      ...[6, 7, 8, 9].map((user) => deposit(user, BigInt(user))),
      byWallet('deposit', [], 5n * ETHER),
      call(users[1]!, pool, 'withdraw', [2n * ETHER]),
      call(users[2]!, pool, 'close'),
      deposit(2, 8n),
      reverting(call(users[9]!, pool, 'withdraw', [50n * ETHER])),
      call(users[3]!, pool, 'move', [users[4], 3n * ETHER]),
      byWallet('move', [users[5], ETHER]),
      byWallet('withdraw', [ETHER / 2n]),
      call(users[6]!, pool, 'close'),
      call(users[7]!, pool, 'withdraw', [ETHER]),
      call(owner, pool, 'collectFees', [owner]),
      reverting(call(users[4]!, pool, 'collectFees', [users[4]])),
      call(users[8]!, pool, 'depositFor', [users[9]], { value: 2n * ETHER }),
      byWallet('close'),
      byWallet('deposit', [], 3n * ETHER),
      call(owner, pool, 'setTerms', [150, 2 * DAY]),
      call(users[0]!, pool, 'close'),
      deposit(0, 12n),
      deposit(1, 7n),
      call(users[4]!, pool, 'withdraw', [6n * ETHER]),
      call(users[5]!, pool, 'move', [users[1], 2n * ETHER]),
      reverting(call(users[6]!, pool, 'close')),
      deposit(6, 9n),
      call(users[3]!, pool, 'close'),
      call(owner, pool, 'setPaused', [true]),
      reverting(deposit(3, 1n)),
      call(owner, pool, 'setPaused', [false]),
      deposit(3, 11n),
      call(users[9]!, pool, 'move', [wallet.address, ETHER]),
      byWallet('close'),
      call(users[8]!, pool, 'withdraw', [4n * ETHER]),
      call(owner, pool, 'collectFees', [owner]),
    ]
  },

  attack: ({ pool }, { RepeatedClose }) =>
    strike(attacker, RepeatedClose!, { args: [pool.address], run: 'run', with: [7], value: 9n * ETHER }),
  variants: ({ pool }, { RepeatedClose, MovedAway }) => [
    strike(attacker, RepeatedClose!, { args: [pool.address], run: 'run', with: [2], value: 21n * ETHER }),
    strike(attacker, MovedAway!, { args: [pool.address], run: 'run', with: [3], value: 15n * ETHER }),
  ],
  fix: [
    {
      file: 'SavingsPool.sol',
      replace:
        '        require(msg.sender.call.value(amount - fee)());\n        feesAccrued += fee;\n        totalSavings -= amount;\n        delete accounts[msg.sender];\n',
      by: '        feesAccrued += fee;\n        totalSavings -= amount;\n        delete accounts[msg.sender];\n        require(msg.sender.call.value(amount - fee)());\n',
    },
  ],
})
