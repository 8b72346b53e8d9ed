import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'otc-desk'
const owner = actor(`${NAME}/owner`)
const fees = actor(`${NAME}/fee recipient`)
const issuer = actor(`${NAME}/issuer`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const PRICE = 2n * ETHER

export default declareCase({
  about: 'an over-the-counter desk collects the payment by a low-level call whose result it ignores',
  class: 'unchecked-call',
  hardfork: 'cancun',
  units: [
    { compiler: '0.8.19', optimizerRuns: 200, files: ['OtcDesk.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, issuer, attacker, ...users], 10n * ETHER)
    const sold = await world.deploy('StandardToken', ['Grain', 'GRN', 18], issuer)
    const asked = await world.deploy('StandardToken', ['Dollar', 'USDX', 18], issuer)
    const desk = await deployProxied(world, 'transparent', 'OtcDesk', {
      deployer: owner,
      initialize: [owner, fees, 50],
    })
    const wallet = await deployWallet(world, users[0]!)
    for (const holder of [...users, wallet.address]) {
      await world.run(call(issuer, sold, 'mint', [holder, 5_000n * ETHER]))
      await world.run(call(issuer, asked, 'mint', [holder, 20_000n * ETHER]))
    }
    for (const user of users)
      for (const token of [sold, asked])
        await world.run(call(user, token, 'approve', [desk.address, 2n ** 256n - 1n]))
    for (const token of [sold, asked])
      await world.run(
        through(wallet.address, call(users[0]!, token, 'approve', [desk.address, 2n ** 256n - 1n])),
      )
    const post = [sold.address, asked.address, 3_000n * ETHER, PRICE]
    await world.run(call(users[1]!, desk, 'post', post))
    return { desk, sold, asked, wallet }
  },
  protect: ({ desk }) => [desk],
  loss: ({ desk, sold }) => [{ token: sold.address, from: desk.address }],

  history({ desk, sold, asked, wallet }) {
    const units = (amount: number) => BigInt(amount) * ETHER
    const by = (user: number, name: string, args: readonly unknown[]) => call(users[user]!, desk, name, args)
    const byWallet = (name: string, args: readonly unknown[]) => through(wallet.address, by(0, name, args))
    return [
      by(2, 'post', [sold.address, asked.address, units(2_000), PRICE + ETHER / 2n]),
      by(3, 'fill', [0, units(100)]),
      by(4, 'fill', [0, units(250)]),
      byWallet('fill', [0, units(40)]),
      by(5, 'fill', [1, units(300)]),
      reverting(by(5, 'fill', [1, units(5_000)])),
      byWallet('post', [sold.address, asked.address, units(1_500), PRICE / 2n]),
      by(6, 'fill', [2, units(700)]),
      by(6, 'fillFor', [2, units(100), users[7]]),
      by(1, 'reprice', [0, PRICE + ETHER / 10n]),
      reverting(by(2, 'reprice', [0, 1n])),
      by(7, 'fillMany', [
        [0, 1],
        [units(55), units(66)],
      ]),
      by(3, 'post', [asked.address, sold.address, units(4_000), ETHER / 3n]),
      by(4, 'fill', [3, units(900)]),
      byWallet('fill', [3, units(600)]),
      call(owner, desk, 'setFee', [40, fees]),
      reverting(call(owner, desk, 'setFee', [900, fees])),
      by(5, 'fill', [0, units(120)]),
      byWallet('fillMany', [
        [0, 1, 3],
        [units(10), units(20), units(30)],
      ]),
      byWallet('cancel', [2]),
      reverting(by(6, 'fill', [2, units(1)])),
      by(0, 'post', [sold.address, asked.address, units(800), PRICE]),
      by(2, 'fill', [4, units(150)]),
      by(3, 'cancel', [3]),
      reverting(by(7, 'cancel', [4])),
      call(owner, desk, 'setPaused', [true]),
      reverting(by(7, 'fill', [0, units(5)])),
      call(owner, desk, 'setPaused', [false]),
      by(7, 'fill', [0, units(5)]),
      by(6, 'post', [sold.address, asked.address, units(600), PRICE * 2n]),
      byWallet('fillFor', [5, units(25), users[4]]),
      by(1, 'fill', [1, units(77)]),
      reverting(by(4, 'setPaused', [true])),
      by(2, 'reprice', [1, PRICE]),
      by(3, 'fill', [1, units(99)]),
      by(5, 'fill', [5, units(60)]),
      by(4, 'fillMany', [[0], [units(400)]]),
    ]
  },

  attack: ({ desk, sold }, { UnpaidTaker }) =>
    strike(attacker, UnpaidTaker!, {
      args: [],
      run: 'run',
      with: [desk.address, sold.address, 0n, 1_800n * ETHER],
    }),
  variants: ({ desk, sold }, { UnpaidTaker }) => [
    strike(attacker, UnpaidTaker!, {
      args: [],
      run: 'runMany',
      with: [desk.address, sold.address, [0n, 1n, 4n], [900n * ETHER, 1_000n * ETHER, 500n * ETHER]],
    }),
    [call(attacker, desk, 'fillFor', [0n, 1_500n * ETHER, users[6]])],
  ],
  fix: [
    {
      file: 'OtcDesk.sol',
      replace:
        '        token.call(abi.encodeWithSelector(IERC20.transferFrom.selector, msg.sender, to, amount));\n',
      by: '        (bool ok, ) = token.call(abi.encodeWithSelector(IERC20.transferFrom.selector, msg.sender, to, amount));\n        if (!ok) revert TransferFailed();\n',
    },
  ],
})
