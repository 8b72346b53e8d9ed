import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'
import type { Contract } from '../lib/types.ts'

const NAME = 'pool-share-lending'
const owner = actor(`${NAME}/owner`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 10)
const UNLIMITED = 2n ** 256n - 1n

interface Parts {
  readonly pool: Contract
  readonly lender: Contract
  readonly pegged: Contract
  readonly currency: Contract
  readonly wallet: Contract
}

const argumentsOf = ({ pool, lender, pegged, currency }: Parts) =>
  [pool, lender, pegged, currency].map((contract) => contract.address)

export default declareCase<Parts>({
  about:
    'a pool pays ether between burning shares and lowering its reserves; a lender that reads the price of a share in that moment reads too much',
  class: 'reentrancy',
  hardfork: 'cancun',
  units: [
    {
      compiler: '0.8.30',
      optimizerRuns: 200,
      viaIR: true,
      evmVersion: 'cancun',
      files: ['EtherPool.sol', 'ShareLender.sol'],
    },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, ...users], 300n * ETHER)
    await world.fund(attacker, 3_000n * ETHER)
    const pegged = await world.deploy('StandardToken', ['Pegged Ether', 'pETH', 18], owner)
    const currency = await world.deploy('StandardToken', ['Wrapped Ether', 'wETH', 18], owner)
    const pool = await deployProxied(world, 'erc1967', 'EtherPool', {
      deployer: owner,
      initialize: [owner, pegged.address, 4],
    })
    const lender = await deployProxied(world, 'erc1967', 'ShareLender', {
      deployer: owner,
      initialize: [owner, pool.address, currency.address, (ETHER * 8n) / 10n, ETHER / 20n],
    })
    const wallet = await deployWallet(world, users[0]!, 100n * ETHER)
    const allow = [
      [pegged, pool],
      [currency, lender],
      [pool, lender],
    ] as const
    for (const token of [pegged, currency])
      for (const holder of [...users, wallet.address])
        await world.run(call(owner, token, 'mint', [holder, 500n * ETHER]))
    for (const [token, spender] of allow) {
      const approval = [spender.address, UNLIMITED]
      for (const user of users) await world.run(call(user, token, 'approve', approval))
      await world.run(through(wallet.address, call(users[0]!, token, 'approve', approval)))
    }
    for (const user of users.slice(0, 5))
      await world.run(call(user, pool, 'addLiquidity', [40n * ETHER, 0n], { value: 45n * ETHER }))
    for (const user of users.slice(5, 9)) await world.run(call(user, lender, 'deposit', [200n * ETHER]))
    world.wait(5 * 86_400)
    return { pool, lender, pegged, currency, wallet }
  },
  protect: ({ pool, lender }) => [pool, lender],
  loss: ({ lender, currency }) => [{ token: currency.address, from: lender.address }],

  history({ pool, lender, wallet }) {
    const inPool = (user: number, name: string, args: readonly unknown[], value = 0n) =>
      call(users[user]!, pool, name, args, { value })
    const atLender = (user: number, name: string, args: readonly unknown[] = []) =>
      call(users[user]!, lender, name, args)
    const byWallet = (step: ReturnType<typeof call>) => through(wallet.address, step)
    return [
      inPool(6, 'sellEther', [0n], 3n * ETHER),
      inPool(7, 'sellTokens', [5n * ETHER, 0n]),
      reverting(inPool(7, 'sellTokens', [5n * ETHER, 6n * ETHER])),
      byWallet(inPool(0, 'addLiquidity', [20n * ETHER, 0n], 30n * ETHER)),
      atLender(1, 'addCollateral', [30n * ETHER]),
      atLender(1, 'borrow', [20n * ETHER]),
      reverting(atLender(1, 'borrow', [20n * ETHER])),
      byWallet(atLender(0, 'addCollateral', [25n * ETHER])),
      byWallet(atLender(0, 'borrow', [15n * ETHER])),
      inPool(2, 'removeLiquidity', [10n * ETHER]),
      byWallet(inPool(0, 'removeLiquidity', [5n * ETHER])),
      atLender(9, 'deposit', [150n * ETHER]),
      atLender(5, 'withdraw', [40n * ETHER]),
      reverting(atLender(5, 'withdraw', [4_000n * ETHER])),
      atLender(3, 'addCollateral', [50n * ETHER]),
      atLender(3, 'borrow', [35n * ETHER]),
      inPool(8, 'addLiquidity', [10n * ETHER, 0n], 12n * ETHER),
      byWallet(atLender(0, 'repay', [6n * ETHER])),
      atLender(1, 'repay', [4n * ETHER]),
      atLender(1, 'removeCollateral', [4n * ETHER]),
      reverting(atLender(3, 'removeCollateral', [49n * ETHER])),
      inPool(4, 'transfer', [users[9], 7n * ETHER]),
      inPool(9, 'removeLiquidity', [7n * ETHER]),
      call(owner, pool, 'setFee', [5]),
      reverting(inPool(9, 'setFee', [1])),
      atLender(2, 'accrue'),
      reverting(atLender(6, 'liquidate', [users[3]])),
      call(owner, lender, 'setTerms', [(ETHER * 65n) / 100n, ETHER / 16n]),
      atLender(6, 'liquidate', [users[3]]),
      call(owner, lender, 'setTerms', [(ETHER * 75n) / 100n, ETHER / 16n]),
      inPool(6, 'removeLiquidity', [25n * ETHER]),
      byWallet(inPool(0, 'sellTokens', [2n * ETHER, 0n])),
      byWallet(inPool(0, 'sellEther', [0n], ETHER)),
      call(owner, lender, 'setBorrowingPaused', [true]),
      reverting(atLender(1, 'borrow', [1n])),
      call(owner, lender, 'setBorrowingPaused', [false]),
      atLender(4, 'addCollateral', [12n * ETHER]),
      atLender(4, 'borrow', [8n * ETHER]),
      inPool(5, 'sellEther', [0n], 9n * ETHER),
      byWallet(atLender(0, 'removeCollateral', [3n * ETHER])),
      inPool(3, 'removeLiquidity', [8n * ETHER]),
    ]
  },

  attack: (parts, { InflatedShares }) =>
    strike(attacker, InflatedShares!, {
      args: argumentsOf(parts),
      run: 'run',
      with: [150n * ETHER, 260n * ETHER],
      value: 2_500n * ETHER,
    }),
  variants: (parts, { InflatedShares }) => [
    strike(attacker, InflatedShares!, {
      args: argumentsOf(parts),
      run: 'run',
      with: [90n * ETHER, 180n * ETHER],
      value: 2_000n * ETHER,
    }),
    strike(attacker, InflatedShares!, {
      args: argumentsOf(parts),
      run: 'runByCollateral',
      with: [200n * ETHER, 140n * ETHER, 130n * ETHER],
      value: 2_400n * ETHER,
    }),
  ],
  fix: [
    {
      file: 'EtherPool.sol',
      replace: '        return totalSupply == 0 ? UNIT',
      by: '        if (locked) revert Reentered();\n        return totalSupply == 0 ? UNIT',
    },
  ],
})
