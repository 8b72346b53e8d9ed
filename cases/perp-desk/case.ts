import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, create, created, reverting, strike, through } from '../lib/steps.ts'
import type { Artifact, Contract } from '../lib/types.ts'

const NAME = 'perp-desk'
const owner = actor(`${NAME}/owner`)
const admin = actor(`${NAME}/proxy admin`)
const signer = actor(`${NAME}/reporter's signer`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 10)
const UNLIMITED = 2n ** 256n - 1n
const units = (amount: number) => BigInt(amount) * ETHER

interface Parts {
  readonly desk: Contract
  readonly feed: Contract
  readonly fund: Contract
  readonly token: Contract
  readonly reporter: Contract
  readonly wallet: Contract
}

function ownPrice(artifact: Artifact, { desk, feed, token }: Parts, run: string, args: readonly unknown[]) {
  const [creation, strikeStep] = strike(attacker, artifact, {
    args: [desk.address, feed.address, token.address],
    run,
    with: args,
  })
  const stake = call(attacker, token, 'transfer', [created(attacker, artifact, 0n).address, units(8_000)])
  return [creation!, stake, strikeStep!]
}

export default declareCase<Parts>({
  about:
    'the price feed of a perpetuals desk keeps a reporter but does not ask for it when a price is submitted',
  class: 'access-control',
  hardfork: 'shanghai',
  units: [
    { compiler: '0.7.6', optimizerRuns: 200, files: ['Feed.sol', 'PerpDesk.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, admin, signer, attacker, ...users], 10n * ETHER)
    const token = await world.deploy('StandardToken', ['Dollar', 'USDX', 18], owner)
    const reporter = await deployWallet(world, signer)
    const wallet = await deployWallet(world, users[0]!)
    const feed = await deployProxied(world, 'legacy', 'PriceFeed', {
      deployer: owner,
      initialize: [owner, reporter.address, 86_400],
      admin,
    })
    const fund = await world.deploy('InsuranceFund', [token.address], owner)
    const desk = await deployProxied(world, 'legacy', 'PerpDesk', {
      deployer: owner,
      initialize: [owner, token.address, feed.address, fund.address],
      admin,
    })
    await world.run(call(owner, fund, 'setDesk', [desk.address]))
    for (const holder of [...users, wallet.address, attacker])
      await world.run(call(owner, token, 'mint', [holder, units(50_000)]))
    for (const user of users)
      for (const spender of [desk, fund])
        await world.run(call(user, token, 'approve', [spender.address, UNLIMITED]))
    await world.run(through(wallet.address, call(users[0]!, token, 'approve', [desk.address, UNLIMITED])))
    await world.run(call(users[1]!, desk, 'joinPool', [units(40_000)]))
    await world.run(call(users[2]!, desk, 'joinPool', [units(30_000)]))
    await world.run(call(users[3]!, fund, 'underwrite', [units(10_000)]))
    world.wait(10 * 86_400)
    await world.run(through(reporter.address, call(signer, feed, 'submitPrice', [units(2_000)])))
    world.wait(86_400)
    return { desk, feed, fund, token, reporter, wallet }
  },
  protect: ({ desk, feed, fund }) => [desk, feed, fund],
  loss: ({ desk, token }) => [{ token: token.address, from: desk.address }],

  history({ desk, feed, fund, reporter, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[] = []) =>
      call(users[user]!, desk, name, args)
    const byWallet = (name: string, args: readonly unknown[] = []) =>
      through(wallet.address, by(0, name, args))
    const report = (price: number) =>
      through(reporter.address, call(signer, feed, 'submitPrice', [units(price)]))
    return [
      report(2_010),
      by(4, 'open', [true, units(2_000), 5]),
      by(5, 'open', [false, units(3_000), 3]),
      report(2_025),
      byWallet('open', [true, units(1_500), 8]),
      by(6, 'open', [false, units(1_000), 10]),
      reverting(by(6, 'open', [false, units(1_000), 2])),
      reverting(by(7, 'open', [true, units(1_000), 11])),
      report(2_040),
      by(4, 'close'),
      by(7, 'open', [true, units(4_000), 2]),
      byWallet('addMargin', [units(500)]),
      reverting(by(8, 'liquidate', [users[7]])),
      report(2_140),
      by(8, 'liquidate', [users[6]]),
      by(5, 'removeMargin', [units(100)]),
      reverting(by(5, 'removeMargin', [units(2_900)])),
      byWallet('close'),
      call(owner, desk, 'setFees', [12, 6]),
      reverting(call(owner, desk, 'setFees', [900, 6])),
      call(users[9]!, fund, 'underwrite', [units(2_000)]),
      by(9, 'joinPool', [units(5_000)]),
      report(2_100),
      by(4, 'open', [false, units(2_500), 4]),
      by(6, 'open', [true, units(900), 6]),
      through(reporter.address, call(signer, feed, 'withdrawRound')),
      report(2_110),
      byWallet('open', [false, units(2_200), 4]),
      call(users[3]!, fund, 'leave', [units(1_500)]),
      by(2, 'leavePool', [units(2_000)]),
      by(5, 'close'),
      reverting(by(5, 'close')),
      call(owner, desk, 'setCloseOnly', [true]),
      reverting(by(5, 'open', [true, units(100), 1])),
      call(owner, desk, 'setCloseOnly', [false]),
      report(2_095),
      by(7, 'addMargin', [units(300)]),
      by(6, 'close'),
      call(owner, feed, 'setMaximumAge', [2 * 86_400]),
      reverting(call(users[8]!, feed, 'setReporter', [users[8]])),
      report(2_090),
    ]
  },

  attack: ({ desk, feed, token }, { OwnPriceAtOnce }) => [
    call(attacker, token, 'approve', [created(attacker, OwnPriceAtOnce!, 1n).address, units(8_000)]),
    create(attacker, OwnPriceAtOnce!, [
      desk.address,
      feed.address,
      token.address,
      units(800),
      units(2_090),
      units(8_000),
    ]),
  ],
  variants: (parts, { OwnPrice }) => [
    ownPrice(OwnPrice!, parts, 'run', [true, 260n]),
    ownPrice(OwnPrice!, parts, 'run', [false, 15n]),
    ownPrice(OwnPrice!, parts, 'runLiquidations', [122n, [users[4], parts.wallet.address]]),
  ],
  fix: [
    {
      file: 'Feed.sol',
      replace: 'function submitPrice(uint256 price) external {',
      by: 'function submitPrice(uint256 price) external onlyReporter {',
    },
  ],
})
