import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, created, reverting, strike, through } from '../lib/steps.ts'
import type { Artifact, Contract } from '../lib/types.ts'

const NAME = 'spot-lender'
const owner = actor(`${NAME}/owner`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 9)
const UNLIMITED = 2n ** 256n - 1n
const units = (amount: number) => BigInt(amount) * ETHER

interface Parts {
  readonly lender: Contract
  readonly pair: Contract
  readonly bank: Contract
  readonly gem: Contract
  readonly dollar: Contract
  readonly wallet: Contract
}

function dearGems(
  { lender, pair, bank, gem, dollar }: Parts,
  artifact: Artifact,
  run: string,
  plan: readonly unknown[],
  stake = 0n,
) {
  const contracts = [lender, pair, bank, gem, dollar].map((contract) => contract.address)
  const [creation, loan] = strike(attacker, artifact, { args: contracts, run, with: plan })
  if (stake === 0n) return [creation!, loan!]
  const hand = call(attacker, gem, 'transfer', [created(attacker, artifact, 0n).address, stake])
  return [creation!, hand, loan!]
}

export default declareCase<Parts>({
  about:
    'a lender values gems at the price a market has in that very moment, which a flash loan moves up for the length of a call',
  class: 'price-manipulation',
  hardfork: 'cancun',
  units: [
    { compiler: '0.8.19', optimizerRuns: 200, files: ['Upgradeable.sol', 'SpotLender.sol'] },
    {
      compiler: '0.8.30',
      optimizerRuns: 200,
      evmVersion: 'london',
      files: ['Attack.sol', '../lib/sol/TokenPair.sol'],
    },
  ],

  async setUp(world) {
    await fundAll(world, [owner, attacker, ...users], ETHER)
    const gem = await world.deploy('StandardToken', ['Gem', 'GEM', 18], owner)
    const dollar = await world.deploy('StandardToken', ['Dollar', 'USDX', 18], owner)
    const pair = await world.deploy('TokenPair', [gem.address, dollar.address], owner)
    const bank = await world.deploy('FlashBank', [], owner)
    const lender = await deployProxied(world, 'erc1967', 'SpotLender', {
      deployer: owner,
      initialize: [owner, gem.address, dollar.address, pair.address, (ETHER * 6n) / 10n],
    })
    const wallet = await deployWallet(world, users[0]!)
    await world.run(call(owner, dollar, 'mint', [bank.address, units(5_000_000)]))
    await world.run(call(owner, dollar, 'mint', [owner, units(200_000)]))
    await world.run(call(owner, gem, 'mint', [owner, units(10_000)]))
    await world.run(call(owner, gem, 'mint', [attacker, units(3_000)]))
    for (const token of [gem, dollar]) {
      for (const holder of [wallet.address, ...users])
        await world.run(call(owner, token, 'mint', [holder, units(60_000)]))
      for (const spender of [lender, pair]) {
        const approval = [spender.address, UNLIMITED]
        for (const user of [owner, ...users]) await world.run(call(user, token, 'approve', approval))
        await world.run(through(wallet.address, call(users[0]!, token, 'approve', approval)))
      }
    }
    await world.run(call(owner, pair, 'addLiquidity', [units(10_000), units(200_000)]))
    for (const user of users.slice(5, 9)) await world.run(call(user, lender, 'deposit', [units(40_000)]))
    return { lender, pair, bank, gem, dollar, wallet }
  },
  protect: ({ lender }) => [lender],
  loss: ({ lender, dollar }) => [{ token: dollar.address, from: lender.address }],

  // A gem is worth about twenty dollars; people trade it between the loans.
  history({ lender, pair, gem, dollar, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[]) =>
      call(users[user]!, lender, name, args)
    const byWallet = (step: ReturnType<typeof call>) => through(wallet.address, step)
    const swap = (user: number, token: Contract, amount: number) =>
      call(users[user]!, pair, 'swap', [token.address, units(amount), 0n])
    return [
      by(1, 'addCollateral', [units(500)]),
      by(1, 'borrow', [units(4_000)]),
      reverting(by(1, 'borrow', [units(4_000)])),
      swap(5, dollar, 3_000),
      byWallet(by(0, 'open', [units(800), units(6_000)])),
      swap(6, gem, 200),
      by(2, 'open', [units(1_000), units(11_000)]),
      by(1, 'repay', [units(1_000)]),
      by(1, 'removeCollateral', [units(50)]),
      reverting(by(2, 'removeCollateral', [units(600)])),
      byWallet(by(0, 'repay', [units(500)])),
      by(6, 'withdraw', [units(5_000)]),
      byWallet(by(0, 'deposit', [units(2_000)])),
      reverting(by(7, 'withdraw', [units(90_000)])),
      swap(7, gem, 1_200),
      by(3, 'addCollateral', [units(300)]),
      by(3, 'borrow', [units(2_000)]),
      by(3, 'borrow', [0n]),
      byWallet(by(0, 'borrow', [units(100)])),
      reverting(by(4, 'liquidate', [users[1]])),
      swap(7, gem, 1_500),
      by(4, 'liquidate', [users[2]]),
      swap(3, dollar, 40_000),
      by(4, 'open', [units(200), 0n]),
      by(4, 'removeCollateral', [units(200)]),
      call(owner, lender, 'setTerms', [(ETHER * 55n) / 100n, ETHER / 100n]),
      reverting(by(4, 'setTerms', [ETHER, 0n])),
      byWallet(by(0, 'addCollateral', [units(40)])),
      by(5, 'repayFor', [users[3], units(1_000)]),
      byWallet(by(0, 'removeCollateral', [units(60)])),
      call(owner, lender, 'setBorrowingPaused', [true]),
      reverting(by(3, 'borrow', [units(1)])),
      call(owner, lender, 'setBorrowingPaused', [false]),
      by(3, 'borrow', [units(700)]),
      byWallet(by(0, 'withdraw', [units(1_500)])),
      byWallet(swap(0, dollar, 500)),
      call(owner, lender, 'open', [0n, 0n]),
      by(2, 'open', [units(400), units(3_000)]),
      by(8, 'deposit', [units(9_000)]),
      swap(1, gem, 30),
    ]
  },

  attack: (parts, { DearGems }) =>
    dearGems(parts, DearGems!, 'run', [units(600_000), units(600), units(90_000), false]),
  variants: (parts, { DearGems }) => [
    dearGems(parts, DearGems!, 'run', [units(1_500_000), units(150), units(110_000), true]),
    dearGems(
      parts,
      DearGems!,
      'runByCollateral',
      [units(700_000), units(3_000), units(29_000), units(2_800)],
      units(3_000),
    ),
  ],
  fix: [
    {
      file: 'SpotLender.sol',
      replace: '        (uint256 gemReserve, uint256 dollarReserve, ) = pair.getReserves();\n',
      by: '        (uint256 gemReserve, uint256 dollarReserve, uint256 updatedAt) = pair.getReserves();\n        if (updatedAt == block.timestamp) revert Paused();\n',
    },
  ],
})
