import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'staking-shares'
const owner = actor(`${NAME}/owner`)
const admin = actor(`${NAME}/proxy admin`)
const operator = actor(`${NAME}/operator`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 9)

export default declareCase({
  about: 'a staking pool locks exit against itself but not against transfers of the shares it is paying for',
  class: 'reentrancy',
  hardfork: 'shanghai',
  units: [
    { compiler: '0.5.17', optimizerRuns: 200, files: ['StakingPool.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, admin, operator, attacker, ...users], 200n * ETHER)
    const pool = await deployProxied(world, 'legacy', 'StakingPool', {
      deployer: owner,
      initialize: [owner, operator, 10],
      admin,
    })
    const wallet = await deployWallet(world, users[0]!, 50n * ETHER)
    for (const [index, user] of users.slice(0, 6).entries())
      await world.run(call(user, pool, 'stake', [], { value: BigInt(10 + 5 * index) * ETHER }))
    world.wait(3_600)
    await world.run(call(operator, pool, 'reportRewards', [], { value: 4n * ETHER }))
    return { pool, wallet }
  },
  protect: ({ pool }) => [pool],
  loss: ({ pool }) => [{ token: 'native', from: pool.address }],

  history({ pool, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[] = [], value = 0n) =>
      call(users[user]!, pool, name, args, { value })
    const byWallet = (name: string, args: readonly unknown[] = [], value = 0n) =>
      through(wallet.address, by(0, name, args, value))
    const report = (value: bigint) => call(operator, pool, 'reportRewards', [], { value })
    return [
      ...[6, 7, 8].map((user) => by(user, 'stake', [], 12n * ETHER)),
      byWallet('stake', [], 20n * ETHER),
      by(1, 'transfer', [users[2], 3n * ETHER]),
      by(2, 'approve', [users[3], 2n * ETHER]),
      by(3, 'transferFrom', [users[2], wallet.address, 2n * ETHER]),
      reverting(by(3, 'transferFrom', [users[2], wallet.address, 1n])),
      by(4, 'requestUnstake', [5n * ETHER]),
      reverting(by(4, 'unstake')),
      report(2n * ETHER),
      by(6, 'exit'),
      byWallet('requestUnstake', [4n * ETHER]),
      by(6, 'stake', [], 9n * ETHER),
      reverting(by(5, 'reportRewards', [], ETHER)),
      by(5, 'requestUnstake', [6n * ETHER]),
      byWallet('transfer', [users[7], ETHER]),
      by(7, 'approve', [users[8], ETHER]),
      by(8, 'transfer', [users[1], ETHER]),
      report(ETHER),
      by(4, 'unstake'),
      by(8, 'exit'),
      reverting(by(8, 'exit')),
      by(1, 'stake', [], 8n * ETHER),
      byWallet('unstake'),
      call(owner, pool, 'setUnstakeDelay', [5]),
      reverting(by(2, 'setUnstakeDelay', [1])),
      by(5, 'unstake'),
      byWallet('exit'),
      byWallet('stake', [], 15n * ETHER),
      by(8, 'stake', [], 30n * ETHER),
      call(owner, pool, 'setOperator', [operator]),
      by(7, 'requestUnstake', [ETHER]),
      report(3n * ETHER),
      by(2, 'transfer', [users[8], ETHER]),
      by(3, 'exit'),
      reverting(by(1, 'transfer', [users[2], 900n * ETHER])),
      by(7, 'unstake'),
    ]
  },

  attack: ({ pool }, { ShareRelay }) =>
    strike(attacker, ShareRelay!, {
      args: [pool.address, false],
      run: 'run',
      with: [4n],
      value: 30n * ETHER,
    }),
  variants: ({ pool }, { ShareRelay }) => [
    strike(attacker, ShareRelay!, {
      args: [pool.address, true],
      run: 'run',
      with: [3n],
      value: 20n * ETHER,
    }),
    strike(attacker, ShareRelay!, {
      args: [pool.address, false],
      run: 'run',
      with: [1n],
      value: 60n * ETHER,
    }),
  ],
  fix: [
    {
      file: 'StakingPool.sol',
      replace:
        '        send(msg.sender, amount);\n        totalPooled = totalPooled.sub(amount);\n        totalSupply = totalSupply.sub(shares);\n        balanceOf[msg.sender] = 0;\n',
      by: '        totalPooled = totalPooled.sub(amount);\n        totalSupply = totalSupply.sub(shares);\n        balanceOf[msg.sender] = 0;\n        send(msg.sender, amount);\n',
    },
  ],
})
