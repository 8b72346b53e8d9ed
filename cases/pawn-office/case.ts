import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'pawn-office'
const owner = actor(`${NAME}/owner`)
const issuer = actor(`${NAME}/issuer`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const DAY = 86_400
const units = (amount: number) => BigInt(amount) * ETHER
const tenths = (amount: number) => (BigInt(amount) * ETHER) / 10n

export default declareCase({
  about:
    'a pawn office divides before it multiplies, so that whatever is less than a lot needs no collateral',
  class: 'arithmetic',
  hardfork: 'shanghai',
  units: [
    { compiler: '0.7.6', optimizerRuns: 200, files: ['PawnOffice.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, issuer, attacker, ...users], 100n * ETHER)
    const dollar = await world.deploy('StandardToken', ['Dollar', 'USDX', 18], issuer)
    const office = await deployProxied(world, 'clone', 'PawnOffice', {
      deployer: owner,
      initialize: [dollar.address, owner, tenths(5), 7 * DAY],
    })
    const wallet = await deployWallet(world, users[0]!, 40n * ETHER)
    await world.run(call(issuer, dollar, 'mint', [office.address, units(60_000)]))
    for (const holder of [...users, wallet.address])
      await world.run(call(issuer, dollar, 'mint', [holder, units(4_000)]))
    const approval = [office.address, 2n ** 256n - 1n]
    for (const user of users) await world.run(call(user, dollar, 'approve', approval))
    await world.run(through(wallet.address, call(users[0]!, dollar, 'approve', approval)))
    for (const user of users.slice(1, 4))
      await world.run(call(user, office, 'open', [units(3_000)], { value: 2n * ETHER }))
    world.wait(8 * DAY)
    await world.run(call(users[4]!, office, 'open', [units(1_000)], { value: tenths(6) }))
    return { office, dollar, wallet }
  },
  protect: ({ office }) => [office],
  loss: ({ office, dollar }) => [{ token: dollar.address, from: office.address }],

  history({ office, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[] = [], value = 0n) =>
      call(users[user]!, office, name, args, { value })
    const byWallet = (name: string, args: readonly unknown[] = [], value = 0n) =>
      through(wallet.address, by(0, name, args, value))
    const byOwner = (name: string, args: readonly unknown[]) => call(owner, office, name, args)
    return [
      by(5, 'open', [units(2_000)], tenths(12)),
      by(6, 'open', [units(500)], tenths(3)),
      byWallet('open', [units(4_500)], tenths(25)),
      byWallet('raise', [6, units(200)]),
      reverting(by(7, 'open', [units(2_000)], tenths(9))),
      by(7, 'open', [units(2_000)], tenths(15)),
      by(7, 'raise', [7, units(750)]),
      reverting(by(7, 'raise', [7, units(5_000)])),
      by(1, 'repay', [0, units(1_000)]),
      by(1, 'close', [0]),
      by(5, 'takeOver', [1]),
      byWallet('takeOver', [2]),
      reverting(by(5, 'takeOver', [3])),
      by(4, 'addCollateral', [3], tenths(10)),
      by(4, 'raise', [3, units(999)]),
      by(6, 'repay', [5, units(100)]),
      byWallet('repay', [6, units(700)]),
      byOwner('setRate', [tenths(6)]),
      by(2, 'open', [units(1_500)], tenths(10)),
      by(3, 'open', [0n], tenths(5)),
      by(3, 'raise', [9, units(700)]),
      reverting(by(3, 'close', [8])),
      by(6, 'addCollateral', [8], tenths(1)),
      byWallet('open', [units(50)], tenths(1)),
      byWallet('close', [10]),
      byOwner('setTerms', [14 * DAY, 0]),
      reverting(byOwner('setTerms', [14 * DAY, 900])),
      by(1, 'open', [units(1_000)], tenths(6)),
      by(1, 'open', [units(2_500)], tenths(15)),
      by(1, 'repay', [12, units(2_500)]),
      by(1, 'close', [12]),
      byOwner('withdrawDollars', [owner, units(5_000)]),
      byOwner('setClosed', [true]),
      reverting(by(2, 'open', [units(100)], ETHER)),
      by(2, 'close', [8]),
      byOwner('setClosed', [false]),
      call(owner, office, 'open', [units(300)], { value: tenths(2) }),
      byWallet('raise', [6, 0n]),
      by(6, 'close', [5]),
    ]
  },

  attack: ({ office, dollar }, { SmallBorrower }) =>
    strike(attacker, SmallBorrower!, {
      args: [],
      run: 'run',
      with: [office.address, dollar.address, units(999), 30],
    }),
  variants: ({ office, dollar }, { SmallBorrower }) => [
    strike(attacker, SmallBorrower!, {
      args: [],
      run: 'runByRaising',
      with: [office.address, dollar.address, units(800), 12],
    }),
    [100, 990, 555].map((amount) => call(attacker, office, 'open', [units(amount)])),
  ],
  fix: [
    {
      file: 'PawnOffice.sol',
      replace: '        return (debt / LOT) * etherPerLot;\n',
      by: '        return (debt * etherPerLot) / LOT;\n',
    },
  ],
})
