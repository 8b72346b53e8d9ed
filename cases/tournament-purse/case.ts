import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployBatchWallet, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, create, created, reverting, through, throughAll } from '../lib/steps.ts'
import type { Step } from '../lib/types.ts'

const NAME = 'tournament-purse'
const owner = actor(`${NAME}/owner`)
const referee = actor(`${NAME}/referee`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 10)
const FEE = ETHER / 2n

export default declareCase({
  about:
    'the winners of a tournament are booked as paid although send failed for those whose wallets need more gas; the organiser keeps the remainder',
  class: 'unchecked-call',
  hardfork: 'london',
  units: [
    { compiler: '0.4.11', files: ['TournamentPurse.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, referee, attacker, ...users], 60n * ETHER)
    const purse = await world.deploy('TournamentPurse', [referee, 200], owner)
    const wallet = await deployWallet(world, users[0]!, 20n * ETHER)
    const batcher = await deployBatchWallet(world, users[1]!, 20n * ETHER)
    const bookkeeper = await world.deploy('BookkeepingWallet', [users[2]], users[2]!)
    await world.fund(bookkeeper.address, 20n * ETHER)
    // Tournaments 0 and 1 are the attacker's; a wallet that send cannot pay is among the winners of both.
    for (const id of [0, 1]) {
      await world.run(call(attacker, purse, 'organise', [FEE]))
      const enter = (user: number) => call(users[user]!, purse, 'enter', [id], { value: FEE })
      for (const user of [3, 4, 5, 6, 7, 8]) await world.run(enter(user))
      await world.run(through(bookkeeper.address, enter(2)))
    }
    await world.run(call(referee, purse, 'decide', [0, [bookkeeper.address]]))
    await world.run(call(referee, purse, 'decide', [1, [users[4], bookkeeper.address]]))
    return { purse, wallet, batcher, bookkeeper }
  },
  protect: ({ purse }) => [purse],
  loss: ({ purse }) => [{ token: 'native', from: purse.address }],

  history({ purse, wallet, batcher, bookkeeper }) {
    const by = (user: number, name: string, args: readonly unknown[], value = 0n) =>
      call(users[user]!, purse, name, args, { value })
    const enter = (user: number, id: number, fee = FEE) => by(user, 'enter', [id], fee)
    const decide = (id: number, who: readonly string[]) => call(referee, purse, 'decide', [id, who])
    const byWallet = (step: Step) => through(wallet.address, step)
    const byBatcher = (...steps: Step[]) => throughAll(batcher.address, steps)
    return [
      by(3, 'organise', [FEE], ETHER),
      ...[4, 5, 6].map((user) => enter(user, 2)),
      byWallet(enter(0, 2)),
      reverting(enter(4, 2)),
      reverting(enter(7, 2, ETHER)),
      reverting(by(4, 'decide', [2, [users[4]]])),
      decide(2, [users[5]!, wallet.address, users[6]!]),
      by(9, 'payOut', [2]),
      by(9, 'payOut', [2]),
      by(3, 'close', [2]),
      reverting(by(3, 'close', [2])),
      byWallet(by(0, 'organise', [2n * FEE])),
      ...[7, 8, 9].map((user) => enter(user, 3, 2n * FEE)),
      byBatcher(enter(1, 3, 2n * FEE), by(1, 'organise', [0n], ETHER)),
      reverting(byWallet(by(0, 'close', [3]))),
      decide(3, [users[8]!, batcher.address]),
      by(8, 'payWinner', [3, 0]),
      reverting(by(8, 'payWinner', [3, 0])),
      byBatcher(by(1, 'payWinner', [3, 1])),
      byWallet(by(0, 'close', [3])),
      enter(9, 4, 0n),
      enter(5, 4, 0n),
      byWallet(enter(0, 4, 0n)),
      decide(4, [wallet.address, users[5]!, users[9]!]),
      byBatcher(by(1, 'payOut', [4]), by(1, 'close', [4])),
      call(owner, purse, 'organise', [FEE], { value: 3n * ETHER }),
      enter(3, 5),
      call(owner, purse, 'enter', [5], { value: FEE }),
      through(bookkeeper.address, enter(2, 5)),
      decide(5, [owner, users[3]!]),
      call(owner, purse, 'payOut', [5]),
      call(owner, purse, 'handOver', [5, users[7]]),
      by(7, 'close', [5]),
      by(4, 'payWinner', [1, 0]),
      call(owner, purse, 'collect', [owner]),
      reverting(by(6, 'collect', [users[6]])),
      by(6, 'organise', [FEE]),
      enter(8, 6),
      enter(9, 6),
      decide(6, [users[8]!]),
      by(8, 'payOut', [6]),
    ]
  },

  attack: ({ purse }) => [call(attacker, purse, 'payOut', [0]), call(attacker, purse, 'close', [0])],
  variants: ({ purse }, { Organiser }) => {
    // The attacker has organised two tournaments before.
    const organiser = created(attacker, Organiser!, 2n)
    return [
      [
        create(attacker, Organiser!),
        call(attacker, purse, 'handOver', [0, organiser.address]),
        call(attacker, organiser, 'run', [purse.address, 0, 1]),
      ],
      [
        create(attacker, Organiser!),
        call(attacker, purse, 'handOver', [1, organiser.address]),
        call(attacker, organiser, 'runAll', [purse.address, 1]),
      ],
      [call(users[9]!, purse, 'payWinner', [1, 1]), call(attacker, purse, 'close', [1])],
    ]
  },
  fix: [
    {
      file: 'TournamentPurse.sol',
      replace: '        winner.send(tournament.share);\n',
      by: '        require(winner.send(tournament.share));\n',
    },
  ],
})
