import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployBatchWallet, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through, throughAll } from '../lib/steps.ts'
import type { Contract } from '../lib/types.ts'

const NAME = 'twin-vaults'
const owner = actor(`${NAME}/owner`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 9)
const CHARGE = ETHER / 1_000n

interface Parts {
  readonly ledger: Contract
  readonly savings: Contract
  readonly payments: Contract
  readonly wallet: Contract
  readonly batcher: Contract
}

const argumentsOf = ({ savings, payments, ledger }: Parts) =>
  [savings, payments, ledger].map((contract) => contract.address)

export default declareCase<Parts>({
  about:
    'two vaults, each with a lock of its own, keep one ledger of balances; what one is paying out is still in the ledger for the other',
  class: 'reentrancy',
  hardfork: 'cancun',
  units: [
    { compiler: '0.7.6', optimizerRuns: 200, files: ['Vaults.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, attacker, ...users], 100n * ETHER)
    const ledger = await world.deploy('CustomerLedger', [], owner)
    const savings = await world.deploy('SavingsVault', [ledger.address], owner)
    const payments = await world.deploy('PaymentVault', [ledger.address, CHARGE], owner)
    for (const vault of [savings, payments])
      await world.run(call(owner, ledger, 'setVault', [vault.address, true]))
    const wallet = await deployWallet(world, users[0]!, 40n * ETHER)
    const batcher = await deployBatchWallet(world, users[1]!, 40n * ETHER)
    for (const [index, user] of users.slice(2, 7).entries()) {
      await world.run(call(user, savings, 'deposit', [], { value: BigInt(5 + index) * ETHER }))
      await world.run(call(user, payments, 'topUp', [], { value: BigInt(9 - index) * ETHER }))
    }
    return { ledger, savings, payments, wallet, batcher }
  },
  protect: ({ ledger, savings, payments }) => [ledger, savings, payments],
  loss: ({ savings, payments }) => [
    { token: 'native', from: savings.address },
    { token: 'native', from: payments.address },
  ],

  history({ ledger, savings, payments, wallet, batcher }) {
    const save = (user: number, name: string, args: readonly unknown[] = [], value = 0n) =>
      call(users[user]!, savings, name, args, { value })
    const bill = (user: number, name: string, args: readonly unknown[] = [], value = 0n) =>
      call(users[user]!, payments, name, args, { value })
    const move = (user: number, to: string, amount: bigint) =>
      call(users[user]!, ledger, 'move', [to, amount])
    const byWallet = (step: ReturnType<typeof call>) => through(wallet.address, step)
    return [
      save(7, 'deposit', [], 6n * ETHER),
      byWallet(save(0, 'deposit', [], 12n * ETHER)),
      byWallet(save(0, 'withdraw', [2n * ETHER])),
      byWallet(bill(0, 'payBill', [users[8], 3n * ETHER])),
      bill(2, 'payBill', [wallet.address, ETHER]),
      bill(2, 'payBill', [users[2], ETHER]),
      bill(3, 'payBills', [
        [users[8], wallet.address, users[8]],
        [ETHER, ETHER, ETHER / 2n],
      ]),
      bill(3, 'payBills', [[], []]),
      reverting(bill(3, 'payBill', [users[8], 50n * ETHER])),
      reverting(bill(3, 'payBill', [users[8], CHARGE - 1n])),
      bill(3, 'payBill', [users[8], CHARGE]),
      throughAll(batcher.address, [
        save(1, 'deposit', [], 10n * ETHER),
        bill(1, 'payBill', [users[8], 2n * ETHER]),
        save(1, 'withdraw', [3n * ETHER]),
        bill(1, 'payBill', [batcher.address, ETHER]),
      ]),
      throughAll(batcher.address, [
        save(1, 'withdraw', [4n * ETHER]),
        bill(1, 'topUp', [], 4n * ETHER),
        save(1, 'withdraw', [4n * ETHER]),
      ]),
      save(4, 'withdraw', [7n * ETHER]),
      save(4, 'withdraw', [0n]),
      move(5, users[8]!, 2n * ETHER),
      save(8, 'withdraw', [2n * ETHER]),
      reverting(save(8, 'withdraw', [1n])),
      byWallet(move(0, users[6]!, ETHER)),
      move(6, users[6]!, ETHER),
      save(6, 'depositFor', [wallet.address], 2n * ETHER),
      reverting(move(8, users[0]!, ETHER)),
      reverting(call(users[5]!, ledger, 'book', [users[5], 500n * ETHER])),
      call(owner, payments, 'setCharge', [2n * CHARGE]),
      bill(5, 'payBill', [users[7], 2n * ETHER]),
      call(owner, payments, 'collectCharges', [owner]),
      call(owner, savings, 'setOpen', [false]),
      reverting(save(6, 'deposit', [], ETHER)),
      save(6, 'withdraw', [ETHER]),
      call(owner, savings, 'setOpen', [true]),
      save(6, 'deposit', [], ETHER),
      call(owner, payments, 'topUp', [], { value: ETHER }),
      call(owner, savings, 'withdraw', [ETHER]),
      byWallet(bill(0, 'payBill', [wallet.address, 4n * ETHER])),
      byWallet(save(0, 'withdraw', [3n * ETHER])),
      throughAll(batcher.address, [bill(1, 'topUp', [], ETHER), move(1, users[1]!, ETHER)]),
      save(1, 'withdraw', [ETHER]),
      bill(7, 'topUp', [], 8n * ETHER),
    ]
  },

  attack: (parts, { TwoCounters }) =>
    strike(attacker, TwoCounters!, { args: argumentsOf(parts), run: 'run', value: 9n * ETHER }),
  variants: (parts, { TwoCounters }) => [
    strike(attacker, TwoCounters!, { args: argumentsOf(parts), run: 'runBills', value: 12n * ETHER }),
    [
      ...strike(attacker, TwoCounters!, { args: argumentsOf(parts), run: 'runMoving', value: 11n * ETHER }),
      call(attacker, parts.savings, 'withdraw', [11n * ETHER]),
    ],
  ],
  fix: [
    {
      file: 'Vaults.sol',
      replace:
        '        (bool ok, ) = to.call{value: amount - charge}("");\n        require(ok, "payment failed");\n        ledger.book(msg.sender, balance - amount);\n',
      by: '        ledger.book(msg.sender, balance - amount);\n        (bool ok, ) = to.call{value: amount - charge}("");\n        require(ok, "payment failed");\n',
    },
  ],
})
