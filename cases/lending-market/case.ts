import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, created, reverting, strike, through } from '../lib/steps.ts'
import type { Artifact, Contract } from '../lib/types.ts'

const NAME = 'lending-market'
const owner = actor(`${NAME}/owner`)
const feeder = actor(`${NAME}/price feeder`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 12)
const UNLIMITED = 2n ** 256n - 1n
const units = (amount: number) => BigInt(amount) * ETHER

interface Parts {
  readonly engine: Contract
  readonly oracle: Contract
  readonly ethers: Contract
  readonly tokens: Contract
  readonly token: Contract
  readonly wallet: Contract
}

/** How the borrower uses the moment in which it has the ether but not yet the debt. */
const WAY = { redeem: 0, exit: 1, borrowTwice: 2 } as const

function borrowers(
  artifact: Artifact,
  { engine, ethers, tokens, token }: Parts,
  plan: { rounds: number; ethersEach: bigint; way: keyof typeof WAY },
) {
  const [creation, run] = strike(attacker, artifact, {
    args: [engine.address, ethers.address, tokens.address, token.address],
    run: 'run',
    with: [plan.rounds, plan.ethersEach, WAY[plan.way]],
  })
  const stake = call(attacker, token, 'transfer', [created(attacker, artifact, 0n).address, units(20_000)])
  return [creation!, stake, run!]
}

export default declareCase<Parts>({
  about:
    'a market lends ether before it writes the debt down; each market is locked for itself only, so the collateral leaves another one',
  class: 'reentrancy',
  hardfork: 'cancun',
  units: [
    { compiler: '0.8.19', optimizerRuns: 200, files: ['RiskEngine.sol', 'Market.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, feeder, attacker, ...users], 300n * ETHER)
    const oracle = await world.deploy('PriceOracle', [feeder], owner)
    const engine = await world.deploy('RiskEngine', [oracle.address], owner)
    const token = await world.deploy('StandardToken', ['Dollar', 'USDX', 18], owner)
    const rates = [owner, engine.address, ETHER / 50n, ETHER / 5n]
    const ethers = await deployProxied(world, 'transparent', 'EtherMarket', {
      deployer: owner,
      initialize: rates,
    })
    const tokens = await deployProxied(world, 'transparent', 'TokenMarket', {
      deployer: owner,
      initialize: [...rates, token.address],
    })
    for (const [market, price] of [
      [ethers, units(2_000)],
      [tokens, ETHER],
    ] as const) {
      await world.run(call(feeder, oracle, 'setPrice', [market.address, price]))
      await world.run(call(owner, engine, 'list', [market.address, (ETHER * 3n) / 4n]))
    }
    await world.run(call(owner, ethers, 'setSibling', [tokens.address, true]))
    await world.run(call(owner, tokens, 'setSibling', [ethers.address, true]))
    const wallet = await deployWallet(world, users[0]!, 50n * ETHER)
    for (const holder of [...users, wallet.address, attacker])
      await world.run(call(owner, token, 'mint', [holder, units(60_000)]))
    for (const user of users) await world.run(call(user, token, 'approve', [tokens.address, UNLIMITED]))
    const byWallet = (contract: Contract, name: string, args: readonly unknown[]) =>
      world.run(through(wallet.address, call(users[0]!, contract, name, args)))
    await byWallet(token, 'approve', [tokens.address, UNLIMITED])
    for (const market of [ethers, tokens]) {
      await byWallet(engine, 'enterMarket', [market.address])
      for (const user of users.slice(0, 10))
        await world.run(call(user, engine, 'enterMarket', [market.address]))
    }
    for (const user of users.slice(0, 4))
      await world.run(call(user, ethers, 'supply', [], { value: 30n * ETHER }))
    for (const user of users.slice(4, 7)) await world.run(call(user, tokens, 'supply', [units(40_000)]))
    await world.run(call(users[4]!, ethers, 'borrow', [5n * ETHER]))
    world.wait(2 * 86_400)
    return { engine, oracle, ethers, tokens, token, wallet }
  },
  protect: ({ ethers, tokens, engine, oracle }) => [ethers, tokens, engine, oracle],
  loss: ({ ethers }) => [{ token: 'native', from: ethers.address }],

  history({ engine, oracle, ethers, tokens, wallet }) {
    const inEther = (user: number, name: string, value: bigint) =>
      call(users[user]!, ethers, name, [], { value })
    const borrowEther = (user: number, value: bigint) => call(users[user]!, ethers, 'borrow', [value])
    const inToken = (user: number, name: string, amount: number) =>
      call(users[user]!, tokens, name, [units(amount)])
    const byWallet = (step: ReturnType<typeof call>) => through(wallet.address, step)
    return [
      inToken(7, 'supply', 12_000),
      inToken(8, 'supply', 9_000),
      inEther(9, 'supply', 25n * ETHER),
      borrowEther(7, 3n * ETHER),
      reverting(borrowEther(8, 9n * ETHER)),
      borrowEther(8, 2n * ETHER),
      inToken(1, 'borrow', 15_000),
      inToken(2, 'borrow', 9_000),
      byWallet(inEther(0, 'supply', 20n * ETHER)),
      byWallet(inToken(0, 'borrow', 10_000)),
      byWallet(inToken(0, 'supply', 30_000)),
      byWallet(borrowEther(0, 4n * ETHER)),
      inEther(7, 'repay', ETHER),
      reverting(inEther(9, 'repay', ETHER)),
      call(users[3]!, ethers, 'redeem', [6n * ETHER]),
      reverting(call(users[1]!, ethers, 'redeem', [28n * ETHER])),
      call(feeder, oracle, 'setPrice', [ethers.address, units(2_050)]),
      inToken(1, 'repay', 5_000),
      byWallet(inEther(0, 'repay', 3n * ETHER)),
      call(users[5]!, tokens, 'redeem', [units(4_000)]),
      call(users[6]!, ethers, 'repayFor', [users[4]], { value: ETHER }),
      call(owner, ethers, 'setRates', [ETHER / 40n, ETHER / 4n]),
      reverting(call(users[3]!, ethers, 'setRates', [0, 0])),
      call(users[11]!, ethers, 'accrue'),
      call(owner, tokens, 'setBorrowingPaused', [true]),
      reverting(inToken(3, 'borrow', 100)),
      call(owner, tokens, 'setBorrowingPaused', [false]),
      inToken(3, 'borrow', 100),
      // A fall of the price makes one borrower of tokens liquidatable.
      call(users[9]!, tokens, 'borrow', [units(30_000)]),
      call(feeder, oracle, 'setPrice', [ethers.address, units(1_500)]),
      call(users[10]!, tokens, 'liquidate', [users[9], ethers.address, units(6_000)]),
      reverting(call(users[10]!, tokens, 'liquidate', [users[3], ethers.address, units(10)])),
      call(feeder, oracle, 'setPrice', [ethers.address, units(2_000)]),
      inToken(8, 'supply', 500),
      borrowEther(5, 2n * ETHER),
      call(users[10]!, ethers, 'redeem', [ETHER]),
      call(users[2]!, tokens, 'repayFor', [users[1], units(1_000)]),
      byWallet(call(users[0]!, ethers, 'redeem', [2n * ETHER])),
      inToken(11, 'supply', 2_500),
      call(users[11]!, engine, 'enterMarket', [tokens.address]),
      borrowEther(11, ETHER / 2n),
      inEther(11, 'repay', ETHER / 4n),
      call(owner, ethers, 'takeReserves', [owner, 1_000n]),
    ]
  },

  attack: (parts, { VanishingCollateral }) =>
    borrowers(VanishingCollateral!, parts, { rounds: 6, ethersEach: 7n * ETHER, way: 'redeem' }),
  variants: (parts, { VanishingCollateral }) => [
    borrowers(VanishingCollateral!, parts, { rounds: 4, ethersEach: 6n * ETHER, way: 'exit' }),
    borrowers(VanishingCollateral!, parts, { rounds: 1, ethersEach: 7n * ETHER, way: 'borrowTwice' }),
  ],
  fix: [
    {
      file: 'Market.sol',
      replace: '        _send(msg.sender, amount);\n        principal[msg.sender] = debt;\n',
      by: '        principal[msg.sender] = debt;\n',
    },
    {
      file: 'Market.sol',
      replace: '        emit Borrowed(',
      by: '        _send(msg.sender, amount);\n        emit Borrowed(',
    },
  ],
})
