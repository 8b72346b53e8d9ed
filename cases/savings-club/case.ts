import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployBatchWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through, throughAll } from '../lib/steps.ts'

const NAME = 'savings-club'
const treasurer = actor(`${NAME}/treasurer`)
const issuer = actor(`${NAME}/issuer`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const units = (amount: number) => BigInt(amount) * ETHER

export default declareCase({
  about: "a savings club pays a member's shares out to whomever the caller names, whoever the caller is",
  class: 'input-validation',
  hardfork: 'cancun',
  units: [
    { compiler: '0.8.19', files: ['SavingsClub.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [treasurer, issuer, attacker, ...users], 10n * ETHER)
    const dollar = await world.deploy('StandardToken', ['Dollar', 'USDX', 18], issuer)
    const club = await world.deploy('SavingsClub', [dollar.address, 50], treasurer)
    const wallet = await deployBatchWallet(world, users[0]!)
    const approval = [club.address, 2n ** 256n - 1n]
    for (const holder of [...users, wallet.address, treasurer])
      await world.run(call(issuer, dollar, 'mint', [holder, units(10_000)]))
    for (const holder of [...users, treasurer]) await world.run(call(holder, dollar, 'approve', approval))
    await world.run(through(wallet.address, call(users[0]!, dollar, 'approve', approval)))
    for (const user of users.slice(0, 5)) await world.run(call(user, club, 'deposit', [units(4_000)]))
    return { club, dollar, wallet }
  },
  protect: ({ club }) => [club],
  loss: ({ club, dollar }) => [{ token: dollar.address, from: club.address }],

  history({ club, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[]) => call(users[user]!, club, name, args)
    const byWallet = (name: string, args: readonly unknown[]) => through(wallet.address, by(0, name, args))
    const own = (user: number, to: number, shares: bigint) =>
      by(user, 'withdrawFor', [users[user], users[to], shares])
    return [
      by(5, 'deposit', [units(2_000)]),
      byWallet('deposit', [units(3_000)]),
      by(6, 'depositFor', [users[7], units(900)]),
      by(1, 'withdraw', [units(500)]),
      own(1, 2, units(250)),
      own(2, 2, units(100)),
      byWallet('withdrawFor', [wallet.address, users[0], units(400)]),
      byWallet('withdrawFor', [wallet.address, wallet.address, units(50)]),
      reverting(own(3, 4, units(90_000))),
      call(treasurer, club, 'bookYield', [units(800)]),
      own(3, 6, 0n),
      by(4, 'leaveFor', [users[4], users[6]]),
      reverting(by(4, 'leaveFor', [users[4], users[6]])),
      by(4, 'deposit', [units(1_500)]),
      by(3, 'moveShares', [users[5], units(700)]),
      byWallet('moveShares', [users[4], units(100)]),
      own(7, 1, units(300)),
      reverting(by(2, 'withdrawFor', [users[2], '0x0000000000000000000000000000000000000000', 1n])),
      call(treasurer, club, 'setWithdrawalFee', [30]),
      reverting(call(treasurer, club, 'setWithdrawalFee', [300])),
      call(treasurer, club, 'collectFees', [treasurer]),
      call(treasurer, club, 'deposit', [units(600)]),
      call(treasurer, club, 'withdrawFor', [treasurer, users[3], units(200)]),
      call(treasurer, club, 'leaveFor', [treasurer, treasurer]),
      by(5, 'withdraw', [units(1_000)]),
      own(5, 3, units(1_000)),
      byWallet('leaveFor', [wallet.address, users[1]]),
      byWallet('deposit', [units(2_500)]),
      throughAll(wallet.address, [
        by(0, 'withdrawFor', [wallet.address, users[3], units(20)]),
        by(0, 'withdrawFor', [wallet.address, users[4], units(20)]),
        by(0, 'deposit', [units(15)]),
      ]),
      call(treasurer, club, 'setClosed', [true]),
      reverting(by(6, 'deposit', [units(10)])),
      own(2, 0, units(150)),
      call(treasurer, club, 'setClosed', [false]),
      by(6, 'deposit', [units(1_200)]),
      own(6, 6, units(1)),
      by(7, 'leaveFor', [users[7], users[7]]),
      by(0, 'withdrawFor', [users[0], wallet.address, units(350)]),
    ]
  },

  attack: ({ club }, { MembersEmptier }) =>
    strike(attacker, MembersEmptier!, {
      args: [],
      run: 'run',
      with: [club.address, [users[0], users[1], users[2]]],
    }),
  variants: ({ club, wallet }, { MembersEmptier }) => [
    strike(attacker, MembersEmptier!, {
      args: [],
      run: 'runByLeaving',
      with: [club.address, [users[3], wallet.address]],
    }),
    [call(attacker, club, 'withdrawFor', [users[5], attacker, units(600)])],
    [call(attacker, club, 'leaveFor', [users[2], attacker])],
  ],
  fix: [
    {
      file: 'SavingsClub.sol',
      replace:
        '        require(to != address(0), "no receiver");\n        return _withdraw(from, to, shares);\n',
      by: '        require(msg.sender == from, "member only");\n        require(to != address(0), "no receiver");\n        return _withdraw(from, to, shares);\n',
    },
    {
      file: 'SavingsClub.sol',
      replace: '        uint256 shares = sharesOf[from];\n',
      by: '        require(msg.sender == from, "member only");\n        uint256 shares = sharesOf[from];\n',
    },
  ],
})
