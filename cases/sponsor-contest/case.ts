import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, create, created, reverting, through } from '../lib/steps.ts'
import type { Artifact, Contract, Step } from '../lib/types.ts'

const NAME = 'sponsor-contest'
const owner = actor(`${NAME}/owner`)
const steward = actor(`${NAME}/steward`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const tenths = (amount: number) => (BigInt(amount) * ETHER) / 10n

export default declareCase({
  about:
    'a contest pays the old leader back within the new bid, so that a leader who refuses ether is never outbid and wins the prize; only people bid in its history, contract wallets sponsor and bid for their owners',
  class: 'denial-of-service',
  hardfork: 'cancun',
  units: [
    { compiler: '0.4.26', files: ['SponsorContest.sol'] },
    { compiler: '0.8.19', optimizerRuns: 200, evmVersion: 'london', files: ['BidAgent.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, steward, attacker, ...users], 100n * ETHER)
    const contest = await world.deploy('SponsorContest', [steward, 500], owner)
    const wallet = await deployWallet(world, users[0]!, 30n * ETHER)
    const agent = await world.deploy('BidAgent', [20n * ETHER], users[1]!, 40n * ETHER)
    await world.run(call(steward, contest, 'openRound', [ETHER], { value: 2n * ETHER }))
    await world.run(call(users[2]!, contest, 'bid', [], { value: ETHER }))
    return { contest, wallet, agent }
  },
  protect: ({ contest }) => [contest],
  loss: ({ contest }) => [{ token: 'native', from: contest.address }],

  history({ contest, wallet, agent }) {
    const by = (user: number, name: string, amount = 0n, args: readonly unknown[] = []) =>
      call(users[user]!, contest, name, args, { value: amount })
    const byWallet = (name: string, amount = 0n, args: readonly unknown[] = []) =>
      through(wallet.address, by(0, name, amount, args))
    const byAgent = (name: string, amount: bigint) => call(users[1]!, agent, name, [contest.address, amount])
    const open = (minimum: bigint, prize = 0n) =>
      call(steward, contest, 'openRound', [minimum], { value: prize })
    const close = (from = steward) => call(from, contest, 'close')
    return [
      by(3, 'bid', tenths(12)),
      reverting(by(4, 'bid', tenths(12))),
      byWallet('sponsor', 3n * ETHER),
      byAgent('bid', tenths(14)),
      by(2, 'bid', tenths(15)),
      by(5, 'sponsor', tenths(25)),
      by(4, 'bidFor', tenths(20), [users[6]]),
      by(6, 'bid', tenths(21)),
      close(),
      reverting(by(3, 'bid', 5n * ETHER)),
      by(6, 'withdraw'),
      reverting(by(6, 'withdraw')),
      open(tenths(5)),
      by(7, 'bid', tenths(5)),
      byWallet('bidFor', tenths(6), [users[0]]),
      byAgent('bid', tenths(7)),
      byAgent('sponsor', 2n * ETHER),
      by(7, 'bid', tenths(9)),
      reverting(by(7, 'close')),
      close(owner),
      by(7, 'withdraw'),
      call(owner, contest, 'collectHouse', [owner]),
      open(2n * ETHER, ETHER),
      byWallet('sponsor', 0n),
      close(),
      call(owner, contest, 'setIncrement', [1_000]),
      reverting(call(owner, contest, 'setIncrement', [10])),
      open(tenths(8), 6n * ETHER),
      by(4, 'bid', tenths(8)),
      by(4, 'bid', tenths(10)),
      byWallet('sponsor', 9n * ETHER),
      call(owner, contest, 'setSteward', [steward]),
      call(owner, contest, 'bid', [], { value: tenths(11) }),
      by(3, 'bid', tenths(13)),
      by(5, 'sponsor', 12n * ETHER),
      byWallet('bidFor', tenths(15), [users[5]]),
      by(2, 'bid', tenths(17)),
    ]
  },

  attack: ({ contest, agent }, { StubbornLeader }) => {
    const leader = created(attacker, StubbornLeader!, 0n)
    return refusing(StubbornLeader!, contest, agent, {
      lead: call(attacker, leader, 'bid', [contest.address], { value: tenths(19) }),
      outbids: [3n * ETHER, 12n * ETHER],
    })
  },
  variants: ({ contest, agent }, { StubbornLeader, GreedyLeader }) => [
    refusing(GreedyLeader!, contest, agent, {
      lead: call(attacker, contest, 'bidFor', [created(attacker, GreedyLeader!, 0n).address], {
        value: 2n * ETHER,
      }),
      outbids: [4n * ETHER],
    }),
    refusing(StubbornLeader!, contest, agent, {
      lead: call(attacker, contest, 'bidFor', [created(attacker, StubbornLeader!, 0n).address], {
        value: 5n * ETHER,
      }),
      outbids: [6n * ETHER, 20n * ETHER],
    }),
  ],
  fix: [
    {
      file: 'SponsorContest.sol',
      replace: '        if (round.leader != address(0)) round.leader.transfer(round.highest);\n',
      by: '        if (round.leader != address(0)) creditOf[round.leader] += round.highest;\n',
    },
  ],
})

/** A leader that refuses ether, bids of others that fail, the end of the round, and the prize. */
function refusing(
  artifact: Artifact,
  contest: Contract,
  agent: Contract,
  { lead, outbids }: { lead: Step; outbids: readonly bigint[] },
): readonly Step[] {
  return [
    create(attacker, artifact),
    lead,
    ...outbids.map((amount) => call(users[1]!, agent, 'bid', [contest.address, amount])),
    call(steward, contest, 'close'),
    call(attacker, created(attacker, artifact, 0n), 'collect', [contest.address]),
  ]
}
