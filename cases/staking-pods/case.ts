import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'staking-pods'
const owner = actor(`${NAME}/owner`)
const operator = actor(`${NAME}/operator`)
const issuer = actor(`${NAME}/issuer`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const units = (amount: number) => BigInt(amount) * ETHER

export default declareCase({
  about:
    'the second step of setting up a staking pod can be done again, by anyone, with another host and operator',
  class: 're-initialisation',
  hardfork: 'cancun',
  units: [
    { compiler: '0.8.19', optimizerRuns: 200, viaIR: true, files: ['StakingPods.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, operator, issuer, attacker, ...users], 10n * ETHER)
    const token = await world.deploy('StandardToken', ['Stake', 'STK', 18], issuer)
    const pods = await world.deploy('StakingPods', [token.address], owner)
    const wallet = await deployWallet(world, users[0]!)
    const approval = [pods.address, 2n ** 256n - 1n]
    for (const holder of [...users, wallet.address, operator])
      await world.run(call(issuer, token, 'mint', [holder, units(10_000)]))
    for (const holder of [...users, operator]) await world.run(call(holder, token, 'approve', approval))
    await world.run(through(wallet.address, call(users[0]!, token, 'approve', approval)))
    await world.run(call(users[1]!, pods, 'createPod'))
    await world.run(call(users[1]!, pods, 'configurePod', [0, users[1], operator, 1_000]))
    await world.run(call(users[2]!, pods, 'createAndConfigure', [operator, 500]))
    for (const [pod, user] of [0, 0, 1, 1].map((pod, index) => [pod, index + 3] as const))
      await world.run(call(users[user]!, pods, 'join', [pod, units(2_000)]))
    return { pods, token, wallet }
  },
  protect: ({ pods }) => [pods],
  loss: ({ pods, token }) => [{ token: token.address, from: pods.address }],

  history({ pods, token, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[] = []) =>
      call(users[user]!, pods, name, args)
    const byWallet = (name: string, args: readonly unknown[] = []) =>
      through(wallet.address, by(0, name, args))
    const byOperator = (name: string, args: readonly unknown[]) => call(operator, pods, name, args)
    return [
      byWallet('join', [0, units(1_500)]),
      by(7, 'join', [1, units(900)]),
      byOperator('reward', [0, units(200)]),
      by(3, 'leave', [0, units(500)]),
      byWallet('createPod'),
      reverting(by(3, 'join', [2, units(10)])),
      byWallet('configurePod', [2, wallet.address, operator, 3_000]),
      by(3, 'join', [2, units(800)]),
      byWallet('join', [2, units(100)]),
      byOperator('reward', [2, units(60)]),
      byWallet('collect', [wallet.address]),
      by(1, 'collect', [users[7]]),
      by(5, 'createPod'),
      by(6, 'createPod'),
      by(6, 'configurePod', [4, users[6], users[6], 0]),
      by(5, 'configurePod', [3, users[2], operator, 250]),
      reverting(by(5, 'configurePod', [9, users[5], operator, 250])),
      by(6, 'join', [4, units(400)]),
      by(6, 'reward', [4, units(5)]),
      by(6, 'leave', [4, units(400)]),
      byOperator('deploy', [1, operator, units(700)]),
      byOperator('reward', [1, units(760)]),
      reverting(by(4, 'deploy', [0, users[4], units(1)])),
      by(2, 'setFrozen', [1, true]),
      reverting(by(7, 'leave', [1, units(1)])),
      by(2, 'setFrozen', [1, false]),
      by(7, 'leave', [1, units(300)]),
      by(1, 'setOperator', [0, users[1]]),
      by(1, 'reward', [0, units(90)]),
      by(1, 'setOperator', [0, operator]),
      reverting(by(4, 'setOperator', [0, users[4]])),
      by(4, 'createAndConfigure', [users[4], 0]),
      by(5, 'join', [5, units(150)]),
      call(owner, pods, 'createPod'),
      call(owner, pods, 'configurePod', [6, owner, operator, 100]),
      by(0, 'join', [6, units(50)]),
      byWallet('leave', [0, units(700)]),
      by(2, 'collect', [users[2]]),
      call(users[3]!, token, 'transfer', [users[4], units(1)]),
    ]
  },

  attack: ({ pods }, { PodTaker }) =>
    strike(attacker, PodTaker!, {
      args: [],
      run: 'run',
      with: [pods.address, attacker, [0n, 1n], [units(3_900), units(4_000)]],
    }),
  variants: ({ pods }, { PodTaker }) => [
    strike(attacker, PodTaker!, {
      args: [],
      run: 'run',
      with: [pods.address, users[2], [2n], [units(850)]],
    }),
    [
      call(attacker, pods, 'configurePod', [1n, users[2], attacker, 500]),
      call(attacker, pods, 'deploy', [1n, attacker, units(1_000)]),
    ],
    [
      call(attacker, pods, 'configurePod', [0n, attacker, users[1], 1_000]),
      call(attacker, pods, 'setOperator', [0n, attacker]),
      call(attacker, pods, 'deploy', [0n, attacker, units(2_500)]),
    ],
  ],
  fix: [
    {
      file: 'StakingPods.sol',
      replace: '        require(id < podCount, "no such pod");\n',
      by: '        require(id < podCount && pods[id].host == address(0), "no such pod");\n',
    },
  ],
})
