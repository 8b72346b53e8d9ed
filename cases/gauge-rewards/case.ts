import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployBatchWallet, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through, throughAll } from '../lib/steps.ts'
import type { Contract } from '../lib/types.ts'

const NAME = 'gauge-rewards'
const owner = actor(`${NAME}/owner`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 9)
const UNLIMITED = 2n ** 256n - 1n

interface Parts {
  readonly pool: Contract
  readonly gauge: Contract
  readonly reward: Contract
  readonly wallet: Contract
  readonly batcher: Contract
}

const argumentsOf = ({ pool, gauge, reward }: Parts) => [pool.address, gauge.address, reward.address]

export default declareCase<Parts>({
  about:
    'a pool pays a withdrawal between burning shares and lowering its assets; a rewards contract that reads the virtual price in that moment pays for growth that is none',
  class: 'reentrancy',
  hardfork: 'cancun',
  units: [
    { compiler: '0.8.19', optimizerRuns: 200, files: ['StakePool.sol', 'GaugeRewards.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, ...users], 100n * ETHER)
    await world.fund(attacker, 2_000n * ETHER)
    const pool = await world.deploy('StakePool', [10], owner)
    const reward = await world.deploy('StandardToken', ['Gauge', 'GGE', 18], owner)
    const gauge = await world.deploy('GaugeRewards', [pool.address, reward.address, 1_000n * ETHER], owner)
    await world.run(call(owner, reward, 'mint', [gauge.address, 200_000n * ETHER]))
    const wallet = await deployWallet(world, users[0]!, 60n * ETHER)
    const batcher = await deployBatchWallet(world, users[1]!, 60n * ETHER)
    for (const user of users.slice(2, 7)) {
      await world.run(call(user, pool, 'deposit', [], { value: 20n * ETHER }))
      await world.run(call(user, pool, 'approve', [gauge.address, UNLIMITED]))
      await world.run(call(user, gauge, 'stake', [8n * ETHER]))
    }
    for (const [holder, user] of [
      [wallet, users[0]!],
      [batcher, users[1]!],
    ] as const)
      await world.run(through(holder.address, call(user, pool, 'approve', [gauge.address, UNLIMITED])))
    await world.run(call(owner, pool, 'earn', [], { value: ETHER }))
    return { pool, gauge, reward, wallet, batcher }
  },
  protect: ({ pool, gauge }) => [pool, gauge],
  loss: ({ gauge, reward }) => [{ token: reward.address, from: gauge.address }],

  history({ pool, gauge, wallet, batcher }) {
    const inPool = (user: number, name: string, args: readonly unknown[] = [], value = 0n) =>
      call(users[user]!, pool, name, args, { value })
    const atGauge = (user: number, name: string, args: readonly unknown[] = []) =>
      call(users[user]!, gauge, name, args)
    const byWallet = (step: ReturnType<typeof call>) => through(wallet.address, step)
    const earn = (wei: bigint) => call(owner, pool, 'earn', [], { value: wei })
    return [
      inPool(7, 'deposit', [], 15n * ETHER),
      byWallet(inPool(0, 'deposit', [], 25n * ETHER)),
      byWallet(atGauge(0, 'stake', [10n * ETHER])),
      earn(ETHER / 2n),
      byWallet(atGauge(0, 'claim', [wallet.address])),
      atGauge(2, 'claim', [users[2]]),
      atGauge(2, 'claim', [users[2]]),
      atGauge(8, 'claimFor', [users[3]]),
      atGauge(8, 'claim', [users[8]]),
      byWallet(inPool(0, 'withdraw', [5n * ETHER, wallet.address])),
      inPool(2, 'withdraw', [4n * ETHER, users[2]]),
      inPool(3, 'withdraw', [ETHER, wallet.address]),
      reverting(inPool(3, 'withdraw', [90n * ETHER, users[3]])),
      throughAll(batcher.address, [
        inPool(1, 'deposit', [], 30n * ETHER),
        atGauge(1, 'stake', [20n * ETHER]),
      ]),
      earn(ETHER),
      throughAll(batcher.address, [
        atGauge(1, 'claim', [batcher.address]),
        atGauge(1, 'unstake', [5n * ETHER]),
        inPool(1, 'withdraw', [6n * ETHER, batcher.address]),
        atGauge(1, 'claim', [users[1]]),
      ]),
      throughAll(batcher.address, [
        inPool(1, 'withdraw', [2n * ETHER, users[8]]),
        atGauge(1, 'stake', [ETHER]),
        inPool(1, 'deposit', [], ETHER),
      ]),
      reverting(atGauge(4, 'unstake', [9n * ETHER])),
      atGauge(4, 'unstake', [8n * ETHER]),
      atGauge(4, 'claim', [users[8]]),
      inPool(4, 'withdraw', [19n * ETHER, users[4]]),
      atGauge(5, 'stake', [0n]),
      inPool(5, 'withdraw', [0n, users[5]]),
      inPool(6, 'transfer', [users[8], 3n * ETHER]),
      inPool(8, 'withdraw', [3n * ETHER, users[8]]),
      reverting(atGauge(8, 'stake', [ETHER])),
      call(owner, pool, 'setExitFee', [5]),
      reverting(inPool(6, 'setExitFee', [0])),
      earn(ETHER / 4n),
      atGauge(8, 'claimFor', [wallet.address]),
      byWallet(atGauge(0, 'unstake', [10n * ETHER])),
      byWallet(inPool(0, 'withdraw', [18n * ETHER, wallet.address])),
      call(owner, gauge, 'setTokensPerEther', [1_200n * ETHER]),
      call(owner, gauge, 'setHalted', [true]),
      reverting(atGauge(6, 'stake', [ETHER])),
      atGauge(6, 'unstake', [2n * ETHER]),
      call(owner, gauge, 'setHalted', [false]),
      atGauge(6, 'stake', [2n * ETHER]),
      byWallet(inPool(0, 'deposit', [], 7n * ETHER)),
      inPool(7, 'transfer', [users[7], ETHER]),
    ]
  },

  attack: (parts, { MeasuredInFlight }) =>
    strike(attacker, MeasuredInFlight!, {
      args: argumentsOf(parts),
      run: 'run',
      with: [1, 20n * ETHER],
      value: 1_000n * ETHER,
    }),
  variants: (parts, { MeasuredInFlight }) => [
    strike(attacker, MeasuredInFlight!, {
      args: argumentsOf(parts),
      run: 'run',
      with: [2, 5n * ETHER],
      value: 600n * ETHER,
    }),
    strike(attacker, MeasuredInFlight!, {
      args: argumentsOf(parts),
      run: 'run',
      with: [3, 30n * ETHER],
      value: 800n * ETHER,
    }),
  ],
  fix: [
    {
      file: 'StakePool.sol',
      replace:
        '        (bool ok, ) = to.call{value: paid}("");\n        require(ok, "payment failed");\n        assets -= paid;\n',
      by: '        assets -= paid;\n        (bool ok, ) = to.call{value: paid}("");\n        require(ok, "payment failed");\n',
    },
  ],
})
