import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'token-till'
const owner = actor(`${NAME}/owner`)
const manager = actor(`${NAME}/manager`)
const issuer = actor(`${NAME}/issuer`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 7)
const units = (amount: number) => BigInt(amount) * ETHER

export default declareCase({
  about: "a till's sweep for stray tokens asks nobody who he is and takes the merchants' token as well",
  class: 'access-control',
  hardfork: 'shanghai',
  units: [
    { compiler: '0.4.26', optimizerRuns: 200, files: ['TokenTill.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, manager, issuer, attacker, ...users], 10n * ETHER)
    const token = await world.deploy('StandardToken', ['Shop Dollar', 'SHOP', 18], issuer)
    const stray = await world.deploy('StandardToken', ['Stray', 'STR', 18], issuer)
    const till = await world.deploy('TokenTill', [token.address, manager, 150], owner)
    const wallet = await deployWallet(world, users[0]!)
    const shop = await deployWallet(world, users[1]!)
    const approval = [till.address, 2n ** 256n - 1n]
    for (const holder of [...users, wallet.address]) {
      await world.run(call(issuer, token, 'mint', [holder, units(8_000)]))
      await world.run(call(issuer, stray, 'mint', [holder, units(500)]))
    }
    for (const user of users) await world.run(call(user, token, 'approve', approval))
    await world.run(through(wallet.address, call(users[0]!, token, 'approve', approval)))
    for (const merchant of [shop.address, users[2]!])
      await world.run(call(owner, till, 'setMerchant', [merchant, true]))
    for (const amount of [900, 2_500]) await world.run(call(users[2]!, till, 'issue', [units(amount)]))
    await world.run(through(shop.address, call(users[1]!, till, 'issue', [units(4_000)])))
    await world.run(call(users[3]!, till, 'payInvoice', [1, units(2_000)]))
    await world.run(call(users[4]!, till, 'payInvoice', [2, units(1_500)]))
    return { till, token, stray, wallet, shop }
  },
  protect: ({ till }) => [till],
  loss: ({ till, token }) => [{ token: token.address, from: till.address }],

  history({ till, token, stray, wallet, shop }) {
    const by = (user: number, name: string, args: readonly unknown[]) => call(users[user]!, till, name, args)
    const byWallet = (name: string, args: readonly unknown[]) => through(wallet.address, by(0, name, args))
    const byShop = (name: string, args: readonly unknown[]) => through(shop.address, by(1, name, args))
    const lose = (user: number, amount: number) =>
      call(users[user]!, stray, 'transfer', [till.address, units(amount)])
    return [
      by(3, 'payInvoice', [0, units(400)]),
      byWallet('payInvoice', [0, units(500)]),
      reverting(by(5, 'payInvoice', [0, units(1)])),
      lose(5, 120),
      call(owner, till, 'sweep', [stray.address, users[5], units(120)]),
      byShop('issue', [units(1_100)]),
      by(6, 'payInvoice', [3, units(1_100)]),
      byShop('withdraw', [shop.address, units(700)]),
      by(2, 'withdraw', [users[2], units(1_000)]),
      reverting(by(2, 'withdraw', [users[2], units(9_000)])),
      lose(3, 15),
      through(wallet.address, call(users[0]!, stray, 'transfer', [till.address, units(40)])),
      call(manager, till, 'sweep', [stray.address, wallet.address, units(40)]),
      call(manager, till, 'sweepAll', [[stray.address], users[3]]),
      call(manager, till, 'collectFees', [manager]),
      reverting(by(6, 'collectFees', [users[6]])),
      by(2, 'issue', [units(60)]),
      by(2, 'cancel', [4]),
      reverting(by(3, 'payInvoice', [4, units(60)])),
      call(manager, till, 'setMerchant', [wallet.address, true]),
      byWallet('issue', [units(333)]),
      by(4, 'payInvoice', [5, units(333)]),
      byWallet('withdraw', [users[0], units(100)]),
      call(owner, till, 'setFee', [100]),
      reverting(call(owner, till, 'setFee', [1_000])),
      by(5, 'payInvoice', [1, units(500)]),
      byShop('withdraw', [users[1], units(250)]),
      call(users[6]!, token, 'transfer', [till.address, units(30)]),
      call(owner, till, 'sweep', [token.address, users[6], units(30)]),
      call(owner, till, 'sweep', [stray.address, owner, 0n]),
      call(owner, till, 'sweepAll', [[], owner]),
      by(6, 'payInvoice', [2, units(900)]),
      call(owner, till, 'setManager', [manager]),
      reverting(by(5, 'setMerchant', [users[5], true])),
      lose(4, 77),
      call(manager, till, 'sweep', [stray.address, users[4], units(77)]),
      byWallet('payInvoice', [2, units(200)]),
    ]
  },

  attack: ({ till, token }, { TillSweeper }) =>
    strike(attacker, TillSweeper!, { args: [], run: 'run', with: [till.address, token.address] }),
  variants: ({ till, token, stray }, { TillSweeper }) => [
    strike(attacker, TillSweeper!, {
      args: [],
      run: 'runForAll',
      with: [till.address, [stray.address, token.address]],
    }),
    [call(attacker, till, 'sweep', [token.address, attacker, units(1_234)])],
  ],
  fix: [
    {
      file: 'TokenTill.sol',
      replace: 'function sweep(IERC20 stray, address to, uint256 amount) public {',
      by: 'function sweep(IERC20 stray, address to, uint256 amount) public onlyStaff {',
    },
    {
      file: 'TokenTill.sol',
      replace: 'function sweepAll(IERC20[] strays, address to) public {',
      by: 'function sweepAll(IERC20[] strays, address to) public onlyStaff {',
    },
  ],
})
