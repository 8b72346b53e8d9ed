import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'credit-ledger'
const owner = actor(`${NAME}/owner`)
const admin = actor(`${NAME}/proxy admin`)
const fees = actor(`${NAME}/fee recipient`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 9)
const credits = (amount: number) => BigInt(amount) * ETHER

export default declareCase({
  about:
    'a ledger of prepaid credits subtracts from an allowance without comparing first, so that every allowance is enough',
  class: 'arithmetic',
  hardfork: 'cancun',
  units: [
    { compiler: '0.6.12', files: ['CreditLedger.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, admin, attacker, ...users], 100n * ETHER)
    const ledger = await deployProxied(world, 'legacy', 'CreditLedger', {
      deployer: owner,
      initialize: [owner, fees, 100],
      admin,
    })
    const wallet = await deployWallet(world, users[0]!, 30n * ETHER)
    for (const user of users.slice(0, 6))
      await world.run(call(user, ledger, 'buy', [], { value: 14n * ETHER }))
    await world.run(call(owner, ledger, 'setMerchant', [users[8], true]))
    return { ledger, wallet }
  },
  protect: ({ ledger }) => [ledger],
  loss: ({ ledger }) => [{ token: 'native', from: ledger.address }],

  history({ ledger, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[] = [], value = 0n) =>
      call(users[user]!, ledger, name, args, { value })
    const byWallet = (name: string, args: readonly unknown[] = [], value = 0n) =>
      through(wallet.address, by(0, name, args, value))
    return [
      by(6, 'buy', [], 5n * ETHER),
      by(7, 'buy', [], 8n * ETHER),
      byWallet('buy', [], 10n * ETHER),
      by(1, 'spend', [users[8], credits(900)]),
      byWallet('spend', [users[8], credits(400)]),
      reverting(by(1, 'spend', [users[7], credits(1)])),
      by(2, 'approve', [users[3], credits(2_000)]),
      by(3, 'transferFrom', [users[2], users[4], credits(1_500)]),
      by(3, 'redeemFrom', [users[2], credits(500)]),
      by(4, 'redeem', [credits(3_000)]),
      reverting(by(4, 'redeem', [credits(90_000)])),
      byWallet('approve', [users[5], credits(1_000)]),
      by(5, 'transferFrom', [wallet.address, users[6], credits(700)]),
      by(6, 'transfer', [wallet.address, credits(50)]),
      call(owner, ledger, 'setMerchant', [users[7], true]),
      by(1, 'spend', [users[7], credits(1_250)]),
      by(8, 'redeem', [credits(1_000)]),
      reverting(by(2, 'setMerchant', [users[2], true])),
      by(5, 'approve', [wallet.address, credits(6_000)]),
      byWallet('transferFrom', [users[5], wallet.address, credits(4_000)]),
      byWallet('redeemFrom', [users[5], credits(2_000)]),
      call(owner, ledger, 'setRedemptionFee', [80, fees]),
      reverting(call(owner, ledger, 'setRedemptionFee', [5_000, fees])),
      call(fees, ledger, 'redeem', [credits(5)]),
      byWallet('redeem', [credits(1_800)]),
      by(7, 'redeem', [credits(2_200)]),
      by(0, 'transfer', [users[6], credits(123)]),
      by(6, 'spend', [users[8], credits(123)]),
      reverting(by(6, 'transfer', [users[0], credits(80_000)])),
      by(3, 'approve', [users[1], credits(10)]),
      by(1, 'transferFrom', [users[3], users[1], credits(10)]),
      by(4, 'buy', [], 3n * ETHER),
      reverting(by(4, 'initialize', [users[4], users[4], 0])),
      call(owner, ledger, 'setMerchant', [users[7], false]),
      byWallet('buy', [], 2n * ETHER),
      by(2, 'redeem', [credits(750)]),
    ]
  },

  attack: ({ ledger }, { UnallowedSpender }) =>
    strike(attacker, UnallowedSpender!, { args: [], run: 'run', with: [ledger.address, users.slice(0, 4)] }),
  variants: ({ ledger, wallet }, { UnallowedSpender }) => [
    strike(attacker, UnallowedSpender!, {
      args: [],
      run: 'runByRedemption',
      with: [ledger.address, [users[0], wallet.address, users[5]]],
    }),
    [
      call(attacker, ledger, 'transferFrom', [users[0], attacker, credits(9_000)]),
      call(attacker, ledger, 'redeem', [credits(9_000)]),
    ],
  ],
  fix: [
    {
      file: 'CreditLedger.sol',
      replace: '        allowance[holder][msg.sender] -= value;\n',
      by: '        require(allowance[holder][msg.sender] >= value, "not allowed");\n        allowance[holder][msg.sender] -= value;\n',
    },
  ],
})
