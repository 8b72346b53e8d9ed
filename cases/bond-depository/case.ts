import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, create, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'bond-depository'
const owner = actor(`${NAME}/owner`)
const admin = actor(`${NAME}/proxy admin`)
const treasurer = actor(`${NAME}/treasurer`)
const issuer = actor(`${NAME}/issuer`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 9)
const UNLIMITED = 2n ** 256n - 1n
const units = (amount: number) => BigInt(amount) * ETHER

export default declareCase({
  about:
    'a depository credits a deposit although the token answered false, because it never looks at the answer',
  class: 'unchecked-call',
  hardfork: 'shanghai',
  units: [
    { compiler: '0.5.17', optimizerRuns: 200, files: ['BondDepository.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, admin, treasurer, issuer, attacker, ...users], 10n * ETHER)
    const dollar = await world.deploy('QuietToken', [], issuer)
    // The owner waives the notice period: withdrawals follow notice at once.
    const depository = await deployProxied(world, 'legacy', 'BondDepository', {
      deployer: owner,
      initialize: [owner, treasurer, dollar.address, 500, 0],
      admin,
    })
    const wallet = await deployWallet(world, users[0]!)
    for (const holder of [...users, wallet.address, treasurer])
      await world.run(call(issuer, dollar, 'mint', [holder, units(20_000)]))
    const approval = [depository.address, UNLIMITED]
    for (const holder of [...users, treasurer]) await world.run(call(holder, dollar, 'approve', approval))
    await world.run(through(wallet.address, call(users[0]!, dollar, 'approve', approval)))
    for (const user of users.slice(0, 6)) await world.run(call(user, depository, 'deposit', [units(8_000)]))
    await world.run(call(treasurer, depository, 'fundInterest', [units(2_000)]))
    world.wait(9 * 86_400)
    return { depository, dollar, wallet }
  },
  protect: ({ depository }) => [depository],
  loss: ({ depository, dollar }) => [{ token: dollar.address, from: depository.address }],

  history({ depository, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[] = []) =>
      call(users[user]!, depository, name, args)
    const byWallet = (name: string, args: readonly unknown[] = []) =>
      through(wallet.address, by(0, name, args))
    return [
      by(6, 'deposit', [units(3_000)]),
      byWallet('deposit', [units(6_000)]),
      by(7, 'depositFor', [users[8], units(1_500)]),
      by(1, 'claimInterest'),
      by(1, 'giveNotice'),
      by(1, 'withdraw', [units(2_000)]),
      reverting(by(2, 'withdraw', [units(100)])),
      by(2, 'giveNotice'),
      by(2, 'withdraw', [units(100)]),
      byWallet('giveNotice'),
      byWallet('withdraw', [units(1_000)]),
      reverting(byWallet('withdraw', [units(9_000)])),
      by(3, 'assign', [users[4], units(2_500)]),
      reverting(by(3, 'assign', [users[4], units(25_000)])),
      call(treasurer, depository, 'fundInterest', [units(700)]),
      reverting(by(5, 'fundInterest', [units(5)])),
      by(3, 'claimInterest'),
      by(4, 'claimInterest'),
      byWallet('depositFor', [users[0], units(500)]),
      call(owner, depository, 'setRate', [450]),
      reverting(call(owner, depository, 'setRate', [4_500])),
      by(8, 'deposit', [units(2_200)]),
      by(0, 'claimInterest'),
      byWallet('claimInterest'),
      call(owner, depository, 'setClosed', [true]),
      reverting(by(7, 'deposit', [units(10)])),
      call(owner, depository, 'setClosed', [false]),
      by(7, 'deposit', [units(4_000)]),
      by(5, 'giveNotice'),
      by(5, 'withdraw', [units(8_000)]),
      by(5, 'claimInterest'),
      reverting(by(6, 'setNoticePeriod', [1])),
      by(6, 'assign', [wallet.address, units(1_000)]),
      byWallet('deposit', [units(250)]),
      by(8, 'giveNotice'),
      by(8, 'withdraw', [units(700)]),
    ]
  },

  attack: ({ depository, dollar }, { EmptyDepositAtOnce }) => [
    create(attacker, EmptyDepositAtOnce!, [depository.address, dollar.address, units(40_000)]),
  ],
  variants: ({ depository, dollar }, { EmptyDeposit }) => [
    strike(attacker, EmptyDeposit!, {
      args: [],
      run: 'run',
      with: [depository.address, dollar.address, units(35_000)],
    }),
    strike(attacker, EmptyDeposit!, {
      args: [],
      run: 'runInParts',
      with: [depository.address, dollar.address, units(30_000), 3],
    }),
    [
      call(attacker, depository, 'deposit', [units(9_000)]),
      call(attacker, depository, 'giveNotice'),
      call(attacker, depository, 'withdraw', [units(9_000)]),
    ],
  ],
  fix: [
    {
      file: 'BondDepository.sol',
      replace: '        dollar.transferFrom(msg.sender, address(this), amount);\n        emit Deposited',
      by: '        require(dollar.transferFrom(msg.sender, address(this), amount), "transfer failed");\n        emit Deposited',
    },
  ],
})
