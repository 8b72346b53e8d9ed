import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'
import type { Contract } from '../lib/types.ts'

const NAME = 'fee-harvester'
const owner = actor(`${NAME}/owner`)
const reporter = actor(`${NAME}/reporter`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const UNLIMITED = 2n ** 256n - 1n
const PRICE = 20n * ETHER
const units = (amount: number) => BigInt(amount) * ETHER

interface Parts {
  readonly harvester: Contract
  readonly pair: Contract
  readonly bank: Contract
  readonly gem: Contract
  readonly dollar: Contract
  readonly wallet: Contract
}

const argumentsOf = ({ harvester, pair, bank, gem, dollar }: Parts) =>
  [harvester, pair, bank, gem, dollar].map((contract) => contract.address)

export default declareCase<Parts>({
  about:
    'anyone may have a protocol sell its fees on a market without a least price, and so puts the sale between two trades of their own; the gems sold too cheap count as the loss',
  class: 'front-running',
  hardfork: 'cancun',
  units: [
    { compiler: '0.8.19', files: ['FeeHarvester.sol'] },
    {
      compiler: '0.8.30',
      optimizerRuns: 200,
      evmVersion: 'london',
      files: ['Attack.sol', '../lib/sol/TokenPair.sol'],
    },
  ],

  async setUp(world) {
    await fundAll(world, [owner, reporter, attacker, ...users], ETHER)
    const gem = await world.deploy('StandardToken', ['Gem', 'GEM', 18], owner)
    const dollar = await world.deploy('StandardToken', ['Dollar', 'USDX', 18], owner)
    const points = await world.deploy('StandardToken', ['Points', 'PTS', 18], owner)
    const pair = await world.deploy('TokenPair', [gem.address, dollar.address], owner)
    const bank = await world.deploy('FlashBank', [], owner)
    const harvester = await world.deploy(
      'FeeHarvester',
      [gem.address, dollar.address, points.address, pair.address, reporter, PRICE],
      owner,
    )
    const wallet = await deployWallet(world, users[0]!)
    const mint = (token: Contract, to: string, amount: number) =>
      world.run(call(owner, token, 'mint', [to, units(amount)]))
    await mint(gem, bank.address, 200_000)
    await mint(gem, owner, 10_000)
    await mint(dollar, owner, 200_000)
    await mint(gem, attacker, 30_000)
    for (const [token, spender] of [
      [gem, pair],
      [dollar, pair],
      [points, harvester],
    ] as const) {
      const approval = [spender.address, UNLIMITED]
      for (const holder of [wallet.address, ...users]) await mint(token, holder, 20_000)
      for (const user of [owner, ...users]) await world.run(call(user, token, 'approve', approval))
      await world.run(through(wallet.address, call(users[0]!, token, 'approve', approval)))
    }
    await world.run(call(owner, pair, 'addLiquidity', [units(10_000), units(200_000)]))
    for (const user of users.slice(1, 5)) await world.run(call(user, harvester, 'stake', [units(5_000)]))
    await mint(gem, harvester.address, 60)
    return { harvester, pair, bank, gem, dollar, wallet }
  },
  protect: ({ harvester }) => [harvester],
  loss: ({ harvester, gem }) => [{ token: gem.address, from: harvester.address }],

  history({ harvester, pair, gem, dollar, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[] = []) =>
      call(users[user]!, harvester, name, args)
    const byWallet = (step: ReturnType<typeof call>) => through(wallet.address, step)
    const swap = (user: number, token: Contract, amount: number) =>
      call(users[user]!, pair, 'swap', [token.address, units(amount), 0n])
    const fee = (user: number, amount: number) =>
      call(users[user]!, gem, 'transfer', [harvester.address, units(amount)])
    return [
      by(6, 'harvest'),
      by(1, 'claim', [users[1]]),
      fee(5, 40),
      byWallet(by(0, 'stake', [units(3_000)])),
      byWallet(by(0, 'harvest')),
      swap(5, gem, 90),
      reverting(by(5, 'unstake', [units(1)])),
      by(2, 'unstake', [units(1_000)]),
      fee(6, 55),
      by(3, 'harvestAndClaim'),
      byWallet(by(0, 'claim', [users[0]])),
      swap(6, dollar, 2_500),
      fee(7, 10),
      by(7, 'harvestSome', [units(4)]),
      by(7, 'harvestSome', [units(6)]),
      // Nothing is there, which is no mistake.
      by(7, 'harvest'),
      reverting(by(7, 'harvestSome', [units(5)])),
      call(reporter, harvester, 'report', [(PRICE * 101n) / 100n]),
      reverting(by(4, 'report', [1n])),
      fee(5, 120),
      byWallet(by(0, 'harvestAndClaim')),
      by(4, 'stake', [0n]),
      by(4, 'claim', [wallet.address]),
      call(owner, harvester, 'setHarvestPaused', [true]),
      fee(5, 30),
      reverting(by(1, 'harvest')),
      by(1, 'claim', [users[1]]),
      call(owner, harvester, 'setHarvestPaused', [false]),
      call(owner, harvester, 'harvest'),
      swap(7, dollar, 4_000),
      swap(1, gem, 150),
      by(6, 'stake', [units(800)]),
      fee(6, 25),
      by(6, 'harvestAndClaim'),
      by(6, 'unstake', [units(800)]),
      call(reporter, harvester, 'report', [(PRICE * 99n) / 100n]),
      reverting(by(2, 'setReporter', [users[2]])),
      byWallet(by(0, 'unstake', [units(500)])),
      fee(5, 400),
      fee(7, 350),
    ]
  },

  attack: (parts, { HarvestSandwich }) =>
    strike(attacker, HarvestSandwich!, { args: argumentsOf(parts), run: 'run', with: [units(40_000), 0n] }),
  variants: (parts, { HarvestSandwich }) => [
    strike(attacker, HarvestSandwich!, { args: argumentsOf(parts), run: 'run', with: [units(15_000), 5n] }),
    // Around a pending harvest of somebody who means well, with gems of the attacker's own.
    [
      call(attacker, parts.gem, 'approve', [parts.pair.address, UNLIMITED]),
      call(attacker, parts.dollar, 'approve', [parts.pair.address, UNLIMITED]),
      call(attacker, parts.pair, 'swap', [parts.gem.address, units(25_000), 0n]),
      call(users[3]!, parts.harvester, 'harvestAndClaim'),
      call(attacker, parts.pair, 'swap', [parts.dollar.address, units(125_000), 0n]),
    ],
  ],
  fix: [
    {
      file: 'FeeHarvester.sol',
      replace: '        dollars = pair.swap(address(gem), gems, 0);\n',
      by: '        dollars = pair.swap(address(gem), gems, 0);\n        if (dollars * UNIT * 100 < gems * referencePrice * 85) revert Slippage();\n',
    },
  ],
})
