import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, created, reverting, strike, through } from '../lib/steps.ts'
import type { Step } from '../lib/types.ts'

const NAME = 'vesting-desk'
const owner = actor(`${NAME}/owner`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const DAY = 86_400n
/** The time of the attack's block. */
const ATTACK_TIME = 1_721_000_000n
const START = ATTACK_TIME - 100n * DAY
const YEAR = 365n * DAY
const units = (amount: number) => BigInt(amount) * ETHER

export default declareCase({
  about:
    'vesting is reckoned as of a date that the beneficiary names, and nothing says that the date must have come',
  class: 'timestamp-dependence',
  hardfork: 'shanghai',
  units: [
    { compiler: '0.6.12', files: ['VestingDesk.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, attacker, ...users], 10n * ETHER)
    const token = await world.deploy('StandardToken', ['Guild', 'GLD', 18], owner)
    const desk = await deployProxied(world, 'clone', 'VestingDesk', {
      deployer: owner,
      initialize: [owner, token.address],
    })
    const wallet = await deployWallet(world, users[0]!)
    await world.run(call(owner, token, 'mint', [owner, units(1_000_000)]))
    await world.run(call(owner, token, 'approve', [desk.address, units(1_000_000)]))
    const holders = [wallet.address, ...users.slice(1, 5), attacker, attacker]
    for (const [index, holder] of holders.entries()) {
      const cliff = index === 4 ? 300n * DAY : 30n * DAY
      await world.run(call(owner, desk, 'grant', [holder, units(20_000), START, cliff, 2n * YEAR]))
    }
    return { desk, token, wallet }
  },
  protect: ({ desk }) => [desk],
  loss: ({ desk, token }) => [{ token: token.address, from: desk.address }],

  history({ desk, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[]) => call(users[user]!, desk, name, args)
    const byWallet = (name: string, args: readonly unknown[]) => through(wallet.address, by(0, name, args))
    const ago = (days: number) => ATTACK_TIME - BigInt(days) * DAY
    // Each is told the time of its own block, for those who settle up to the second.
    const steps: readonly ((now: bigint) => Step)[] = [
      () => by(1, 'release', [1, ago(60)]),
      () => by(2, 'release', [2, ago(45)]),
      () => byWallet('release', [0, ago(50)]),
      () => reverting(by(1, 'release', [1, ago(65)])),
      (now) => by(1, 'release', [1, now]),
      (now) => by(3, 'releaseTo', [3, now, users[7]]),
      () => by(4, 'release', [4, ago(10)]),
      (now) => byWallet('releaseTo', [0, now - DAY, users[0]]),
      () => by(1, 'assign', [1, users[6]]),
      (now) => reverting(by(1, 'release', [1, now])),
      (now) => by(6, 'release', [1, now]),
      () => call(owner, desk, 'grant', [users[5], units(9_000), ago(40), 0n, YEAR]),
      () => call(owner, desk, 'grant', [users[5], units(5_000), ago(400), 0n, YEAR]),
      () => by(5, 'releaseMany', [[7, 8], ago(5)]),
      (now) => by(5, 'releaseMany', [[7, 8], now]),
      () => reverting(call(users[5]!, desk, 'grant', [users[5], units(1), ago(1), 0n, YEAR])),
      () => call(attacker, desk, 'release', [5, ago(20)]),
      () => by(2, 'release', [2, ago(45)]),
      (now) => by(2, 'release', [2, now - 1n]),
      (now) => by(2, 'release', [2, now]),
      () => byWallet('assign', [0, users[0]]),
      () => by(0, 'assign', [0, wallet.address]),
      (now) => byWallet('releaseMany', [[0], now]),
      () => call(owner, desk, 'grant', [users[7], units(4_000), ATTACK_TIME + 30n * DAY, DAY, YEAR]),
      (now) => by(7, 'release', [9, now]),
      () => call(owner, desk, 'revoke', [3]),
      (now) => by(3, 'release', [3, now]),
      () => reverting(call(owner, desk, 'revoke', [3])),
      () => call(owner, desk, 'grant', [wallet.address, units(2_000), ago(30), 7n * DAY, 60n * DAY]),
      (now) => byWallet('release', [10, now]),
      (now) => byWallet('releaseMany', [[0, 10], now]),
      () => reverting(by(7, 'setOwner', [users[7]])),
      () => call(owner, desk, 'grant', [users[1], 0n, ago(3), 0n, DAY]),
      (now) => by(1, 'release', [11, now]),
      (now) => by(6, 'releaseTo', [1, now, wallet.address]),
      (now) => by(5, 'release', [7, now]),
    ]
    return steps.map((step, index) => step(ATTACK_TIME - BigInt(steps.length - index)))
  },

  attack: ({ desk }) => [call(attacker, desk, 'release', [5, ATTACK_TIME + 2n * YEAR])],
  variants: ({ desk }, { ImpatientHolder }) => [
    [call(attacker, desk, 'releaseMany', [[5, 6], 2n ** 255n])],
    [call(attacker, desk, 'releaseTo', [6, ATTACK_TIME + YEAR / 2n, users[7]])],
    [
      call(attacker, desk, 'assign', [6, created(attacker, ImpatientHolder!, 2n).address]),
      ...strike(attacker, ImpatientHolder!, {
        args: [],
        run: 'run',
        with: [desk.address, 6n, ATTACK_TIME + 60n * DAY, 5n, 20n * DAY],
        nonce: 2n,
      }),
    ],
  ],
  fix: [
    {
      file: 'VestingDesk.sol',
      replace: '        uint256 vested = vestedAt(id, asOf);\n',
      by: '        require(asOf <= block.timestamp, "still to come");\n        uint256 vested = vestedAt(id, asOf);\n',
    },
  ],
})
