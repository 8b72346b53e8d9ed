import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'
import type { Artifact, Contract } from '../lib/types.ts'

const NAME = 'index-vault'
const owner = actor(`${NAME}/owner`)
const manager = actor(`${NAME}/manager`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const UNLIMITED = 2n ** 256n - 1n
const units = (amount: number) => BigInt(amount) * ETHER

interface Parts {
  readonly vault: Contract
  readonly pair: Contract
  readonly bank: Contract
  readonly gem: Contract
  readonly dollar: Contract
  readonly wallet: Contract
}

const WAY = { buyCheap: 0, buyCheapApart: 1, redeemDear: 2 } as const

function swing(
  { vault, pair, bank, gem, dollar }: Parts,
  artifact: Artifact,
  plan: { way: keyof typeof WAY; gems: number; dollars: number; stake: number },
) {
  return strike(attacker, artifact, {
    args: [vault, pair, bank, gem, dollar].map((contract) => contract.address),
    run: 'run',
    with: [WAY[plan.way], units(plan.gems), units(plan.dollars), units(plan.stake)],
  })
}

export default declareCase<Parts>({
  about:
    'a fund sells and takes back its shares at what its gems would fetch on a market in that very moment, which a flash loan swings',
  class: 'price-manipulation',
  hardfork: 'shanghai',
  units: [
    { compiler: '0.7.6', files: ['IndexVault.sol'] },
    {
      compiler: '0.8.30',
      optimizerRuns: 200,
      evmVersion: 'london',
      files: ['Attack.sol', '../lib/sol/TokenPair.sol'],
    },
  ],

  async setUp(world) {
    await fundAll(world, [owner, manager, attacker, ...users], ETHER)
    const gem = await world.deploy('StandardToken', ['Gem', 'GEM', 18], owner)
    const dollar = await world.deploy('StandardToken', ['Dollar', 'USDX', 18], owner)
    const pair = await world.deploy('TokenPair', [gem.address, dollar.address], owner)
    const bank = await world.deploy('FlashBank', [], owner)
    const vault = await world.deploy(
      'IndexVault',
      [gem.address, dollar.address, pair.address, manager],
      owner,
    )
    const wallet = await deployWallet(world, users[0]!)
    for (const [token, amount] of [
      [gem, 200_000],
      [dollar, 5_000_000],
    ] as const)
      await world.run(call(owner, token, 'mint', [bank.address, units(amount)]))
    await world.run(call(owner, dollar, 'mint', [owner, units(201_000)]))
    await world.run(call(owner, gem, 'mint', [owner, units(10_000)]))
    for (const token of [gem, dollar]) {
      for (const holder of [wallet.address, ...users])
        await world.run(call(owner, token, 'mint', [holder, units(60_000)]))
      for (const spender of [vault, pair]) {
        const approval = [spender.address, UNLIMITED]
        for (const user of [owner, ...users]) await world.run(call(user, token, 'approve', approval))
        await world.run(through(wallet.address, call(users[0]!, token, 'approve', approval)))
      }
    }
    await world.run(call(owner, pair, 'addLiquidity', [units(10_000), units(200_000)]))
    for (const user of users.slice(1, 5)) await world.run(call(user, vault, 'buy', [units(40_000), 0n]))
    await world.run(call(manager, vault, 'rebalance', [true, units(60_000), 0n]))
    return { vault, pair, bank, gem, dollar, wallet }
  },
  protect: ({ vault }) => [vault],
  loss: ({ vault, dollar }) => [{ token: dollar.address, from: vault.address }],

  history({ vault, pair, gem, dollar, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[]) => call(users[user]!, vault, name, args)
    const byWallet = (step: ReturnType<typeof call>) => through(wallet.address, step)
    const swap = (user: number, token: Contract, amount: number) =>
      call(users[user]!, pair, 'swap', [token.address, units(amount), 0n])
    return [
      by(5, 'buy', [units(3_000), units(2_500)]),
      byWallet(by(0, 'buy', [units(8_000), 0n])),
      reverting(by(6, 'buy', [units(3_000), units(6_000)])),
      swap(6, gem, 150),
      by(1, 'redeem', [units(2_000), units(1_500)]),
      byWallet(by(0, 'redeem', [units(700), 0n])),
      by(2, 'redeemTo', [units(400), 0n, users[7]]),
      reverting(by(7, 'redeem', [units(1), 0n])),
      by(6, 'buyFor', [users[7], units(1_200), 0n]),
      by(7, 'redeem', [units(100), 0n]),
      by(3, 'redeemInKind', [units(5_000)]),
      call(manager, vault, 'rebalance', [false, units(300), 0n]),
      by(5, 'buy', [units(40), 0n]),
      swap(7, dollar, 2_000),
      byWallet(by(0, 'transfer', [users[6], units(300)])),
      by(6, 'redeem', [units(300), 0n]),
      reverting(by(6, 'rebalance', [true, units(5), 0n])),
      by(4, 'redeem', [0n, 0n]),
      by(4, 'buy', [0n, 0n]),
      byWallet(by(0, 'redeemInKind', [units(900)])),
      // Some change their mind, and some pay in and out for others.
      by(6, 'buy', [units(500), 0n]),
      by(6, 'redeem', [units(400), 0n]),
      byWallet(by(0, 'buyFor', [wallet.address, units(2_500), units(2_000)])),
      call(owner, vault, 'setPaused', [true]),
      reverting(by(5, 'buy', [units(10), 0n])),
      by(1, 'redeem', [units(1_000), 0n]),
      call(owner, vault, 'setPaused', [false]),
      swap(5, dollar, 3_000),
      by(5, 'buy', [units(10), 0n]),
      call(owner, vault, 'buy', [units(100), 0n]),
      call(owner, vault, 'redeem', [units(50), 0n]),
      call(manager, vault, 'rebalance', [true, units(1_000), 0n]),
      reverting(by(2, 'redeem', [units(900), units(20_000)])),
      by(2, 'transfer', [users[2], units(9)]),
      byWallet(swap(0, gem, 80)),
      by(2, 'redeem', [units(900), units(700)]),
      byWallet(by(0, 'redeemTo', [units(60), 0n, users[0]])),
      call(owner, vault, 'setManager', [manager]),
    ]
  },

  attack: (parts, { FundSwing }) =>
    swing(parts, FundSwing!, { way: 'buyCheap', gems: 30_000, dollars: 400_000, stake: 120_000 }),
  variants: (parts, { FundSwing }) => [
    swing(parts, FundSwing!, { way: 'redeemDear', gems: 1, dollars: 360_000, stake: 60_000 }),
    swing(parts, FundSwing!, { way: 'buyCheapApart', gems: 20_000, dollars: 500_000, stake: 200_000 }),
    swing(parts, FundSwing!, { way: 'buyCheap', gems: 12_000, dollars: 200_000, stake: 60_000 }),
  ],
  fix: [
    {
      file: 'IndexVault.sol',
      replace: '        (uint256 gemReserve, uint256 dollarReserve, ) = pair.getReserves();\n',
      by: '        (uint256 gemReserve, uint256 dollarReserve, uint256 updatedAt) = pair.getReserves();\n        require(updatedAt < block.timestamp, "price just moved");\n',
    },
  ],
})
