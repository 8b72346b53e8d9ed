import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployBatchWallet, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through, throughAll } from '../lib/steps.ts'

const NAME = 'lock-bonus'
const owner = actor(`${NAME}/owner`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 10)
const DAY = 86_400

export default declareCase({
  about:
    'a lock is prolonged by an addition that wraps, so that it ends at once and the bonus of a year is paid for nothing',
  class: 'arithmetic',
  hardfork: 'london',
  units: [
    { compiler: '0.4.26', files: ['LockBonus.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, attacker, ...users], 60n * ETHER)
    const locker = await world.deploy('LockBonus', [], owner, 40n * ETHER)
    const wallet = await deployWallet(world, users[0]!, 30n * ETHER)
    const batcher = await deployBatchWallet(world, users[1]!, 30n * ETHER)
    for (const user of users.slice(2, 5))
      await world.run(call(user, locker, 'lock', [0], { value: 8n * ETHER }))
    await world.run(through(wallet.address, call(users[0]!, locker, 'lock', [0], { value: 9n * ETHER })))
    await world.run(call(users[5]!, locker, 'lock', [1], { value: 10n * ETHER }))
    world.wait(9 * DAY)
    return { locker, wallet, batcher }
  },
  protect: ({ locker }) => [locker],
  loss: ({ locker }) => [{ token: 'native', from: locker.address }],

  history({ locker, wallet, batcher }) {
    const by = (user: number, name: string, args: readonly unknown[] = [], value = 0n) =>
      call(users[user]!, locker, name, args, { value })
    const byWallet = (step: ReturnType<typeof call>) => through(wallet.address, step)
    return [
      by(6, 'lock', [0], 3n * ETHER),
      by(7, 'lock', [1], 5n * ETHER),
      reverting(by(7, 'lock', [1], ETHER)),
      reverting(by(8, 'lock', [3], ETHER)),
      by(8, 'lock', [2], 10n * ETHER),
      by(2, 'release', [users[2]]),
      by(3, 'release', [users[9]]),
      byWallet(by(0, 'release', [wallet.address])),
      byWallet(by(0, 'lock', [1], 6n * ETHER)),
      byWallet(by(0, 'prolong', [30 * DAY])),
      by(6, 'prolong', [0]),
      by(6, 'prolong', [7 * DAY]),
      by(6, 'prolong', [1]),
      by(8, 'prolong', [100 * 365 * DAY]),
      reverting(by(8, 'release', [users[8]])),
      by(4, 'prolong', [3600]),
      by(4, 'release', [users[4]]),
      reverting(by(4, 'prolong', [DAY])),
      by(5, 'addTo', [7 * DAY], 2n * ETHER),
      by(5, 'addTo', [10 * 365 * DAY], ETHER),
      reverting(by(5, 'addTo', [DAY], ETHER)),
      throughAll(batcher.address, [
        by(1, 'lock', [0], 4n * ETHER),
        by(1, 'prolong', [7 * DAY]),
        by(1, 'prolong', [23 * DAY]),
        by(1, 'addTo', [30 * DAY], 2n * ETHER),
        by(1, 'nameHeir', [users[1]]),
      ]),
      byWallet(by(0, 'addTo', [365 * DAY], ETHER)),
      byWallet(by(0, 'nameHeir', [users[0]])),
      reverting(by(0, 'inherit', [wallet.address])),
      by(7, 'nameHeir', [users[7]]),
      call(owner, locker, 'lock', [0], { value: ETHER }),
      call(owner, locker, 'prolong', [14 * DAY]),
      by(2, 'lock', [2], 12n * ETHER),
      by(2, 'prolong', [400 * DAY]),
      call(owner, locker, 'takeFromPot', [ETHER]),
      reverting(by(3, 'takeFromPot', [ETHER])),
      by(9, 'fillPot', [], 2n * ETHER),
      call(owner, locker, 'setAccepting', [false]),
      by(7, 'prolong', [DAY]),
      call(owner, locker, 'setAccepting', [true]),
      by(3, 'lock', [1], 7n * ETHER),
      by(3, 'nameHeir', [users[4]]),
    ]
  },

  attack: ({ locker }, { ShortYear }) =>
    strike(attacker, ShortYear!, {
      args: [],
      run: 'run',
      with: [locker.address, 2, 2],
      value: 40n * ETHER,
    }),
  variants: ({ locker }, { ShortYear }) => [
    strike(attacker, ShortYear!, {
      args: [],
      run: 'run',
      with: [locker.address, 1, 5],
      value: 30n * ETHER,
    }),
    strike(attacker, ShortYear!, {
      args: [],
      run: 'runAdding',
      with: [locker.address, 2],
      value: 50n * ETHER,
    }),
    [
      call(attacker, locker, 'lock', [1], { value: 25n * ETHER }),
      call(attacker, locker, 'prolong', [2n ** 256n - BigInt(31 * DAY)]),
      call(attacker, locker, 'release', [attacker]),
    ],
  ],
  fix: [
    {
      file: 'LockBonus.sol',
      replace: '        each.unlockTime += byTime;\n',
      by: '        require(each.unlockTime + byTime >= each.unlockTime, "too long");\n        each.unlockTime += byTime;\n',
    },
  ],
})
