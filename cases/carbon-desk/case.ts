import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'carbon-desk'
const owner = actor(`${NAME}/owner`)
const pricer = actor(`${NAME}/pricer`)
const issuer = actor(`${NAME}/issuer`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const units = (amount: number) => BigInt(amount) * ETHER

export default declareCase({
  about: 'the cost of certificates is cut down to 96 bits, so that a large enough purchase costs nothing',
  class: 'arithmetic',
  hardfork: 'cancun',
  units: [
    { compiler: '0.8.30', optimizerRuns: 200, viaIR: true, files: ['CarbonDesk.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, pricer, issuer, attacker, ...users], 10n * ETHER)
    const dollar = await world.deploy('StandardToken', ['Dollar', 'USDX', 18], issuer)
    const desk = await deployProxied(world, 'erc1967', 'CarbonDesk', {
      deployer: owner,
      initialize: [dollar.address, owner, pricer, 40n * ETHER],
    })
    const wallet = await deployWallet(world, users[0]!)
    for (const holder of [...users, wallet.address, owner])
      await world.run(call(issuer, dollar, 'mint', [holder, units(100_000)]))
    await world.run(call(issuer, dollar, 'mint', [attacker, ETHER]))
    const approval = [desk.address, 2n ** 256n - 1n]
    for (const holder of [...users, owner]) await world.run(call(holder, dollar, 'approve', approval))
    await world.run(through(wallet.address, call(users[0]!, dollar, 'approve', approval)))
    for (const [index, user] of users.slice(0, 5).entries())
      await world.run(call(user, desk, 'buy', [units(300 + 100 * index)]))
    return { desk, dollar, wallet }
  },
  protect: ({ desk }) => [desk],
  loss: ({ desk, dollar }) => [{ token: dollar.address, from: desk.address }],

  history({ desk, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[]) => call(users[user]!, desk, name, args)
    const byWallet = (name: string, args: readonly unknown[]) => through(wallet.address, by(0, name, args))
    const byOwner = (name: string, args: readonly unknown[]) => call(owner, desk, name, args)
    return [
      by(5, 'buy', [units(120)]),
      by(6, 'buy', [1n]),
      byWallet('buy', [units(900)]),
      by(6, 'buyFor', [users[7], units(250)]),
      by(1, 'redeem', [units(100)]),
      byWallet('redeem', [units(50)]),
      reverting(by(7, 'redeem', [units(251)])),
      by(7, 'redeem', [units(250)]),
      by(2, 'retire', [units(33)]),
      byWallet('retire', [units(400)]),
      by(3, 'move', [users[4], units(70)]),
      by(3, 'move', [users[3], units(5)]),
      byWallet('move', [users[5], units(20)]),
      call(pricer, desk, 'setPrice', [42n * ETHER]),
      by(5, 'buy', [units(2_000)]),
      reverting(by(5, 'buy', [units(1_000)])),
      reverting(call(pricer, desk, 'setPrice', [400n * ETHER])),
      byWallet('buyFor', [users[6], units(300)]),
      by(6, 'redeem', [units(300) + 1n]),
      by(4, 'buy', [0n]),
      byOwner('setDiscount', [100]),
      reverting(byOwner('setDiscount', [5_000])),
      byOwner('buy', [units(60)]),
      byOwner('retire', [units(60)]),
      byOwner('withdraw', [owner, units(8_000)]),
      reverting(by(4, 'withdraw', [users[4], 1n])),
      call(pricer, desk, 'setPrice', [39n * ETHER]),
      by(1, 'redeem', [units(200)]),
      byOwner('setHalted', [true]),
      reverting(by(2, 'buy', [units(1)])),
      by(2, 'retire', [units(10)]),
      byOwner('setHalted', [false]),
      by(2, 'buy', [units(1)]),
      byWallet('buy', [units(75)]),
      by(4, 'redeem', [units(400)]),
      by(7, 'buy', [ETHER / 3n]),
      byWallet('redeem', [units(300)]),
    ]
  },

  attack: ({ desk, dollar }, { WrappedBuyer }) =>
    strike(attacker, WrappedBuyer!, { args: [], run: 'run', with: [desk.address, dollar.address] }),
  variants: ({ desk, dollar }, { WrappedBuyer }) => [
    strike(attacker, WrappedBuyer!, {
      args: [],
      run: 'runFor',
      with: [desk.address, dollar.address, 5n * 2n ** 97n, units(90_000)],
    }),
    [
      call(attacker, dollar, 'approve', [desk.address, ETHER]),
      call(attacker, desk, 'buy', [(2n ** 96n + 38n) / 39n]),
      call(attacker, desk, 'redeem', [units(1_500)]),
    ],
  ],
  fix: [
    {
      file: 'CarbonDesk.sol',
      replace: '        return uint96((amount * price) / UNIT);\n',
      by: '        if ((amount * price) / UNIT > type(uint96).max) revert OutOfRange();\n        return uint96((amount * price) / UNIT);\n',
    },
  ],
})
