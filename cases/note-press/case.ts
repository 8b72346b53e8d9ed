import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployBatchWallet, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through, throughAll } from '../lib/steps.ts'
import type { Step } from '../lib/types.ts'

const NAME = 'note-press'
const owner = actor(`${NAME}/owner`)
const cashier = actor(`${NAME}/cashier`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 9)
/** What a note is worth before the press has earned anything. */
const NOTE = 2n ** 52n
const WAGES = 900n * NOTE
/** A sixteenth of what the notes that are out at that moment stand for. */
const GROWTH = (17_146n * NOTE) / 16n

export default declareCase({
  about:
    'the worth of notes is found by unchecked shifts, which push the worth of a huge number of them out of the word',
  class: 'arithmetic',
  hardfork: 'cancun',
  units: [
    { compiler: '0.8.30', optimizerRuns: 10_000, files: ['NotePress.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, cashier, attacker, ...users], 100n * ETHER)
    const press = await world.deploy('NotePress', [50], owner)
    const wallet = await deployWallet(world, users[0]!, 30n * ETHER)
    const batcher = await deployBatchWallet(world, users[1]!, 30n * ETHER)
    for (const user of users.slice(2, 7))
      await world.run(call(user, press, 'issue', [2_000], { value: 2_000n * NOTE }))
    return { press, wallet, batcher }
  },
  protect: ({ press }) => [press],
  loss: ({ press }) => [{ token: 'native', from: press.address }],

  history({ press, wallet, batcher }) {
    const by = (user: number, name: string, args: readonly unknown[], value = 0n) =>
      call(users[user]!, press, name, args, { value })
    const issue = (user: number, notes: bigint) => by(user, 'issue', [notes], notes * NOTE)
    const byWallet = (step: Step) => through(wallet.address, step)
    // After the press has grown a note is worth 17/16 of what it was, a number without fraction.
    const issueLater = (user: number, notes: bigint) => by(user, 'issue', [notes], (notes * NOTE * 17n) / 16n)
    return [
      issue(7, 1n),
      issue(7, 0n),
      issue(8, 5_000n),
      byWallet(issue(0, 3_000n)),
      reverting(by(8, 'issue', [2n], NOTE)),
      by(
        8,
        'issueMany',
        [
          [users[7], wallet.address, users[8]],
          [100n, 200n, 0n],
        ],
        300n * NOTE,
      ),
      by(8, 'issueMany', [[], []]),
      reverting(by(8, 'issueMany', [[users[7]], [100n]], 101n * NOTE)),
      byWallet(
        by(
          0,
          'issueMany',
          [
            [users[3], users[3]],
            [40n, 60n],
          ],
          100n * NOTE,
        ),
      ),
      by(2, 'redeem', [500n, users[2]]),
      by(2, 'redeem', [1_500n, wallet.address]),
      by(2, 'redeem', [0n, users[2]]),
      reverting(by(2, 'redeem', [1n, users[2]])),
      byWallet(by(0, 'redeem', [700n, wallet.address])),
      by(3, 'handOn', [users[4], 100n]),
      by(3, 'handOn', [users[3], 100n]),
      byWallet(by(0, 'handOn', [users[8], 150n])),
      throughAll(batcher.address, [
        issue(1, 1_000n),
        issue(1, 500n),
        by(1, 'redeem', [250n, batcher.address]),
        by(1, 'handOn', [users[1], 50n]),
        by(1, 'setCashier', [cashier, true]),
      ]),
      call(cashier, press, 'redeemFor', [batcher.address, 400n]),
      by(4, 'setCashier', [wallet.address, true]),
      byWallet(by(0, 'redeemFor', [users[4], 300n])),
      reverting(call(cashier, press, 'redeemFor', [users[4], 1n])),
      by(
        5,
        'issueMany',
        [
          [wallet.address, users[5], users[6]],
          [300n, 300n, 300n],
        ],
        WAGES,
      ),
      // Nothing earned, nothing grown.
      call(owner, press, 'grow', [], { value: 0n }),
      reverting(by(5, 'grow', [], ETHER)),
      reverting(call(owner, press, 'grow', [], { value: 30n * ETHER })),
      issue(6, 11_111n),
      by(6, 'redeem', [11_111n, users[6]]),
      call(owner, press, 'setRedeemFee', [25n]),
      call(owner, press, 'issue', [10n], { value: 10n * NOTE }),
      call(owner, press, 'redeem', [10n, owner]),
      call(owner, press, 'setIssuing', [false]),
      reverting(issue(6, 5n)),
      by(6, 'redeem', [5n, users[8]]),
      call(owner, press, 'setIssuing', [true]),
      call(owner, press, 'grow', [], { value: GROWTH }),
      issueLater(7, 640n),
      byWallet(issueLater(0, 16n)),
      by(8, 'redeem', [3_333n, users[8]]),
      by(1, 'redeem', [50n, users[1]]),
    ]
  },

  attack: ({ press }, { ShiftedOut }) =>
    strike(attacker, ShiftedOut!, { args: [press.address], run: 'run', with: [204, 9_000] }),
  variants: ({ press }, { ShiftedOut }) => [
    strike(attacker, ShiftedOut!, { args: [press.address], run: 'run', with: [230, 2_500] }),
    strike(attacker, ShiftedOut!, { args: [press.address], run: 'runMany', with: [204, 6_000] }),
    [call(attacker, press, 'issue', [2n ** 210n]), call(attacker, press, 'redeem', [8_000n, attacker])],
  ],
  fix: [
    {
      file: 'NotePress.sol',
      replace: '        unchecked {\n            value = ',
      by: '        require(notes <= type(uint96).max, "too many");\n        unchecked {\n            value = ',
    },
  ],
})
