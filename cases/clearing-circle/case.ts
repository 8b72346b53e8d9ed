import { keccak256, stringToHex } from 'viem'
import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployBatchWallet, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, created, reverting, strike, through, throughAll } from '../lib/steps.ts'
import type { Artifact, Contract } from '../lib/types.ts'

const NAME = 'clearing-circle'
const steward = actor(`${NAME}/steward`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const UNLIMITED = 2n ** 256n - 1n
const FEE = 10n * ETHER
const units = (amount: number) => BigInt(amount) * ETHER
const invoice = (number: number) => keccak256(stringToHex(`invoice ${number}`))

/** The attacker has approved his contract, which is his second transaction. */
const strikeWith = (token: Contract, artifact: Artifact, plan: Parameters<typeof strike>[2]) => [
  call(attacker, token, 'approve', [created(attacker, artifact, 1n).address, FEE]),
  ...strike(attacker, artifact, { ...plan, nonce: 1n }),
]

export default declareCase({
  about:
    'a clearing house casts the amount of a payment to a signed number, so that a huge one is negative and takes instead',
  class: 'arithmetic',
  hardfork: 'cancun',
  units: [
    { compiler: '0.6.12', optimizerRuns: 200, files: ['ClearingCircle.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [steward, attacker, ...users], 10n * ETHER)
    const token = await world.deploy('StandardToken', ['Trade Dollar', 'TRD', 18], steward)
    const circle = await world.deploy('ClearingCircle', [token.address, FEE], steward)
    const wallet = await deployWallet(world, users[0]!)
    const batcher = await deployBatchWallet(world, users[1]!)
    const approve = (user: string) =>
      call(user as typeof attacker, token, 'approve', [circle.address, UNLIMITED])
    for (const holder of [steward, attacker, wallet.address, batcher.address, ...users])
      await world.run(call(steward, token, 'mint', [holder, units(3_000)]))
    await world.run(through(wallet.address, approve(users[0]!)))
    await world.run(through(batcher.address, approve(users[1]!)))
    for (const user of [steward, ...users]) await world.run(approve(user))
    for (const user of users.slice(2, 7)) {
      await world.run(call(user, circle, 'enter'))
      await world.run(call(user, circle, 'deposit', [units(800)]))
    }
    await world.run(call(steward, circle, 'setLine', [users[2], units(200)]))
    return { circle, token, wallet, batcher }
  },
  protect: ({ circle }) => [circle],
  loss: ({ circle, token }) => [{ token: token.address, from: circle.address }],

  history({ circle, wallet, batcher }) {
    const by = (user: number, name: string, args: readonly unknown[] = []) =>
      call(users[user]!, circle, name, args)
    const bySteward = (name: string, args: readonly unknown[] = []) => call(steward, circle, name, args)
    const byWallet = (name: string, args: readonly unknown[] = []) =>
      through(wallet.address, by(0, name, args))
    return [
      byWallet('enter'),
      byWallet('deposit', [units(1_000)]),
      reverting(byWallet('enter')),
      byWallet('pay', [users[2], units(300)]),
      by(2, 'pay', [users[3], units(1_100)]),
      by(2, 'pay', [users[3], units(200)]),
      reverting(by(2, 'pay', [users[3], 1n])),
      reverting(by(2, 'takeOut', [users[2], 0n])),
      by(3, 'pay', [users[2], units(450)]),
      by(2, 'takeOut', [users[2], units(250)]),
      by(3, 'pay', [users[3], units(60)]),
      by(3, 'pay', [users[4], 0n]),
      by(3, 'payAll', [
        [users[4], users[5], wallet.address, users[4]],
        [units(10), units(20), units(30), 0n],
      ]),
      by(3, 'payAll', [[], []]),
      reverting(by(3, 'pay', [users[7], units(1)])),
      reverting(by(7, 'pay', [users[3], units(1)])),
      throughAll(batcher.address, [
        by(1, 'enter'),
        by(1, 'deposit', [units(500)]),
        by(1, 'pay', [users[4], units(50)]),
        by(1, 'pay', [users[4], units(50)]),
        by(1, 'payInvoice', [invoice(1), users[5], units(75)]),
        by(1, 'takeOut', [users[1], units(100)]),
      ]),
      by(4, 'payInvoice', [invoice(2), wallet.address, units(910)]),
      reverting(by(4, 'payInvoice', [invoice(2), wallet.address, units(1)])),
      byWallet('payInvoice', [invoice(3), users[6], units(125)]),
      byWallet('payAll', [
        [users[2], batcher.address],
        [units(15), units(25)],
      ]),
      byWallet('takeOut', [users[0], units(400)]),
      by(5, 'takeOut', [users[5], units(800)]),
      bySteward('enter'),
      bySteward('setLine', [users[5], units(1_000)]),
      by(5, 'pay', [users[6], units(1_000)]),
      bySteward('pay', [users[5], units(5)]),
      reverting(by(5, 'setLine', [users[5], units(9_000)])),
      bySteward('setLine', [wallet.address, units(50)]),
      byWallet('pay', [users[4], units(500)]),
      by(6, 'takeOut', [wallet.address, units(600)]),
      by(7, 'enter'),
      by(7, 'deposit', [units(2_900)]),
      by(7, 'pay', [users[2], units(1)]),
      by(4, 'deposit', [0n]),
      by(4, 'pay', [users[4], 0n]),
      by(4, 'payInvoice', [invoice(4), users[3], units(12)]),
      byWallet('deposit', [units(20)]),
      byWallet('pay', [wallet.address, units(5)]),
      by(7, 'payAll', [
        [users[3], wallet.address],
        [units(3), units(4)],
      ]),
      by(6, 'payInvoice', [invoice(5), batcher.address, units(8)]),
      throughAll(batcher.address, [
        by(1, 'pay', [users[2], units(6)]),
        by(1, 'takeOut', [users[1], units(2)]),
      ]),
    ]
  },

  attack: ({ circle, token }, { NegativePayer }) =>
    strikeWith(token, NegativePayer!, {
      args: [circle.address, token.address],
      run: 'run',
      with: [[users[3], users[6], users[7]], units(900), FEE],
    }),
  variants: ({ circle, token }, { NegativePayer }) => [
    strikeWith(token, NegativePayer!, {
      args: [circle.address, token.address],
      run: 'runAll',
      with: [[users[2], users[4]], units(650), FEE],
    }),
    [
      call(users[6]!, circle, 'payInvoice', [invoice(9), users[7], 2n ** 256n - units(2_000)]),
      call(users[6]!, circle, 'takeOut', [users[6], units(2_500)]),
    ],
  ],
  fix: [
    {
      file: 'ClearingCircle.sol',
      replace: '        int256 change = int256(amount);\n',
      by: '        require(amount < 2**255, "too much");\n        int256 change = int256(amount);\n',
    },
  ],
})
