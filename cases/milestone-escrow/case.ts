import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, create, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'milestone-escrow'
const arbiter = actor(`${NAME}/arbiter`)
const treasury = actor(`${NAME}/treasury`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const WEEK = 604_800

export default declareCase({
  about: 'anyone may destroy an escrow contract and name who gets what it holds',
  class: 'access-control',
  hardfork: 'shanghai',
  units: [
    { compiler: '0.5.17', files: ['MilestoneEscrow.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [arbiter, attacker, ...users], 100n * ETHER)
    const escrow = await world.deploy('MilestoneEscrow', [treasury, 100], arbiter)
    const wallet = await deployWallet(world, users[0]!, 40n * ETHER)
    for (const [index, client] of users.slice(1, 5).entries())
      await world.run(call(client, escrow, 'open', [users[5 + (index % 3)], WEEK], { value: 9n * ETHER }))
    world.wait(2 * WEEK - WEEK / 2)
    await world.run(call(users[1]!, escrow, 'open', [wallet.address, 4 * WEEK], { value: 7n * ETHER }))
    return { escrow, wallet }
  },
  protect: ({ escrow }) => [escrow],
  loss: ({ escrow }) => [{ token: 'native', from: escrow.address }],

  history({ escrow, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[], value = 0n) =>
      call(users[user]!, escrow, name, args, { value })
    const byWallet = (name: string, args: readonly unknown[], value = 0n) =>
      through(wallet.address, by(0, name, args, value))
    return [
      by(1, 'release', [0, 2n * ETHER]),
      by(1, 'release', [4, ETHER]),
      by(2, 'release', [1, 3n * ETHER]),
      byWallet('open', [users[6], 4 * WEEK], 12n * ETHER),
      reverting(by(3, 'release', [1, ETHER])),
      by(3, 'dispute', [2]),
      call(arbiter, escrow, 'resolve', [2, 4n * ETHER]),
      reverting(call(users[5]!, escrow, 'resolve', [1, 1n])),
      by(4, 'topUp', [3], 2n * ETHER),
      by(4, 'release', [3, 5n * ETHER]),
      byWallet('release', [5, 3n * ETHER]),
      by(2, 'refund', [1]),
      reverting(by(1, 'refund', [4])),
      by(5, 'open', [users[7], WEEK], 8n * ETHER),
      by(6, 'open', [users[1], 4 * WEEK], 6n * ETHER),
      by(7, 'dispute', [6]),
      call(arbiter, escrow, 'resolve', [6, 8n * ETHER]),
      call(arbiter, escrow, 'setFee', [80]),
      reverting(call(arbiter, escrow, 'setFee', [900])),
      by(6, 'release', [7, ETHER]),
      byWallet('dispute', [4]),
      call(arbiter, escrow, 'resolve', [4, 3n * ETHER]),
      by(3, 'open', [users[2], 4 * WEEK], 10n * ETHER),
      by(3, 'release', [8, 2n * ETHER]),
      reverting(by(3, 'release', [8, 20n * ETHER])),
      by(1, 'refund', [0]),
      call(arbiter, escrow, 'setTreasury', [treasury]),
      byWallet('topUp', [5], ETHER),
      by(7, 'open', [wallet.address, 4 * WEEK], 5n * ETHER),
      by(7, 'release', [9, ETHER / 2n]),
      by(4, 'refund', [3]),
      reverting(by(4, 'handOver', [users[4]])),
      by(2, 'open', [users[3], 4 * WEEK], 11n * ETHER),
      byWallet('release', [5, 2n * ETHER]),
    ]
  },

  attack: ({ escrow }, { ShutDownAtOnce }) => [create(attacker, ShutDownAtOnce!, [escrow.address])],
  variants: ({ escrow }, { ShutDownCaller }) => [
    strike(attacker, ShutDownCaller!, { args: [], run: 'runAndKeep', with: [escrow.address] }),
    [call(attacker, escrow, 'shutDown', [attacker])],
  ],
  fix: [
    {
      file: 'MilestoneEscrow.sol',
      replace: 'function shutDown(address payable to) external {',
      by: 'function shutDown(address payable to) external onlyArbiter {',
    },
  ],
})
