import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, create, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'reward-token'
const signer = actor(`${NAME}/owner's signer`)
const provider = actor(`${NAME}/provider`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)

export default declareCase({
  about:
    'a capped token forgot to restrict minting to its owner, a contract wallet; the attacker sells what it mints',
  class: 'access-control',
  hardfork: 'london',
  units: [
    { compiler: '0.4.26', optimizerRuns: 200, files: ['RewardToken.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [signer, provider, attacker, ...users], 200n * ETHER)
    const owner = await deployWallet(world, signer, 5n * ETHER)
    const wallet = await deployWallet(world, users[0]!, 20n * ETHER)
    const token = await world.deploy('RewardToken', [owner.address, 10_000_000n * ETHER], signer)
    const pair = await world.deploy('EtherPair', [token.address], provider)
    const mint = (to: string, amount: bigint) =>
      world.run(through(owner.address, call(signer, token, 'mint', [to, amount * ETHER])))
    await mint(provider, 300_000n)
    for (const user of users.slice(0, 5)) await mint(user, 10_000n)
    await mint(wallet.address, 8_000n)
    await world.run(call(provider, token, 'approve', [pair.address, 300_000n * ETHER]))
    await world.run(call(provider, pair, 'addLiquidity', [300_000n * ETHER], { value: 150n * ETHER }))
    return { token, pair, owner, wallet }
  },
  protect: ({ token, pair }) => [token, pair],
  loss: ({ pair }) => [{ token: 'native', from: pair.address }],

  history({ token, pair, owner, wallet }) {
    const units = (amount: number) => BigInt(amount) * ETHER
    const byOwner = (name: string, args: readonly unknown[] = []) =>
      through(owner.address, call(signer, token, name, args))
    const byWallet = (name: string, args: readonly unknown[] = []) =>
      through(wallet.address, call(users[0]!, token, name, args))
    const weeklyEmission = (week: number) =>
      users.slice(week, week + 4).map((user) => byOwner('mint', [user, units(500 + 100 * week)]))
    return [
      ...weeklyEmission(0),
      call(users[1]!, token, 'delegate', [users[2]]),
      call(users[2]!, token, 'delegate', [users[2]]),
      byWallet('delegate', [users[1]]),
      call(users[1]!, token, 'transfer', [users[6], units(900)]),
      call(users[6]!, token, 'approve', [pair.address, units(900)]),
      call(users[6]!, pair, 'sellTokens', [units(900), 0n]),
      reverting(call(users[6]!, token, 'transfer', [users[1], units(100_000)])),
      ...weeklyEmission(2),
      call(users[7]!, pair, 'buyTokens', [units(100)], { value: ETHER }),
      byWallet('approve', [pair.address, units(2_000)]),
      through(wallet.address, call(users[0]!, pair, 'sellTokens', [units(2_000), 0n])),
      call(users[3]!, token, 'approve', [users[4], units(50)]),
      call(users[4]!, token, 'transferFrom', [users[3], users[5], units(50)]),
      reverting(call(users[4]!, token, 'transferFrom', [users[3], users[5], units(1)])),
      byWallet('burn', [units(10)]),
      byOwner('setCap', [units(9_000_000)]),
      reverting(call(users[5]!, token, 'setCap', [units(1)])),
      reverting(byOwner('mint', [users[5], units(9_000_000)])),
      ...weeklyEmission(4),
      byOwner('mint', [wallet.address, units(750)]),
      call(users[2]!, token, 'transfer', [wallet.address, units(33)]),
      call(users[2]!, token, 'burn', [units(4)]),
      reverting(call(users[2]!, token, 'acceptOwnership')),
      call(users[5]!, pair, 'buyTokens', [0n], { value: 3n * ETHER }),
      byWallet('transfer', [users[7], units(60)]),
    ]
  },

  attack: ({ token, pair }, { MintAndSellAtOnce }) => [
    create(attacker, MintAndSellAtOnce!, [token.address, pair.address, 7_000_000n * ETHER]),
  ],
  variants: ({ token, pair }, { MintAndSell }) => [
    strike(attacker, MintAndSell!, {
      args: [],
      run: 'run',
      with: [token.address, pair.address, 90_000n * ETHER, 12n],
    }),
    [
      call(attacker, token, 'mint', [attacker, 1_000_000n * ETHER]),
      call(attacker, token, 'approve', [pair.address, 1_000_000n * ETHER]),
      call(attacker, pair, 'sellTokens', [1_000_000n * ETHER, 0n]),
    ],
  ],
  fix: [
    {
      file: 'RewardToken.sol',
      replace: 'function mint(address to, uint256 value) public returns',
      by: 'function mint(address to, uint256 value) public onlyOwner returns',
    },
  ],
})
