import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, create, created, encode, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'rewards-distributor'
const owner = actor(`${NAME}/owner`)
const allocator = actor(`${NAME}/allocator`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 9)
const UNLIMITED = 2n ** 256n - 1n
const units = (amount: number) => BigInt(amount) * ETHER

export default declareCase({
  about:
    'a UUPS implementation leaves the authorisation of upgrades empty; the attacker upgrades it to one that gives the tokens away',
  class: 'access-control',
  hardfork: 'cancun',
  units: [
    { compiler: '0.8.30', evmVersion: 'cancun', files: ['RewardsDistributor.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, allocator, attacker, ...users], 10n * ETHER)
    const token = await world.deploy('StandardToken', ['Reward', 'RWD', 18], owner)
    const distributor = await deployProxied(world, 'erc1967', 'RewardsDistributor', {
      deployer: owner,
      initialize: [token.address, owner, allocator],
    })
    const wallet = await deployWallet(world, users[0]!)
    await world.run(call(owner, token, 'mint', [owner, units(100_000)]))
    await world.run(call(owner, token, 'approve', [distributor.address, UNLIMITED]))
    await world.run(call(owner, distributor, 'fund', [units(60_000)]))
    await world.run(call(allocator, distributor, 'grantMany', [users.slice(0, 6), units(2_000)]))
    await world.run(call(allocator, distributor, 'grant', [wallet.address, units(5_000)]))
    world.wait(4 * 86_400)
    return { distributor, token, wallet }
  },
  protect: ({ distributor }) => [distributor],
  loss: ({ distributor, token }) => [{ token: token.address, from: distributor.address }],

  history({ distributor, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[] = []) =>
      call(users[user]!, distributor, name, args)
    const byWallet = (name: string, args: readonly unknown[] = []) =>
      through(wallet.address, by(0, name, args))
    const grant = (account: string, amount: number) =>
      call(allocator, distributor, 'grant', [account, units(amount)])
    return [
      by(1, 'claim'),
      byWallet('claim'),
      reverting(by(6, 'claim')),
      grant(users[6]!, 1_200),
      by(6, 'claim'),
      by(2, 'setRecipient', [users[3]]),
      by(3, 'claimFor', [users[2]]),
      by(3, 'claim'),
      byWallet('setRecipient', [users[7]]),
      grant(wallet.address, 800),
      byWallet('claim'),
      call(owner, distributor, 'fund', [units(5_000)]),
      reverting(grant(users[7]!, 900_000)),
      call(allocator, distributor, 'grantMany', [users.slice(5, 9), units(1_500)]),
      by(5, 'claim'),
      by(7, 'claim'),
      reverting(by(8, 'grant', [users[8], 1n])),
      by(8, 'claimFor', [users[8]]),
      by(4, 'forfeit'),
      reverting(by(4, 'claim')),
      call(owner, distributor, 'setPaused', [true]),
      reverting(by(0, 'claim')),
      call(owner, distributor, 'setPaused', [false]),
      by(0, 'claim'),
      call(owner, distributor, 'recover', [owner]),
      reverting(by(1, 'recover', [users[1]])),
      call(owner, distributor, 'fund', [units(9_000)]),
      grant(users[1]!, 3_000),
      by(1, 'claim'),
      byWallet('claimFor', [users[5]]),
      call(owner, distributor, 'setAllocator', [allocator]),
      grant(users[4]!, 600),
      by(4, 'claim'),
      by(2, 'forfeit'),
    ]
  },

  attack: ({ distributor, token }, { DrainingImplementation }) => {
    const implementation = created(attacker, DrainingImplementation!, 0n)
    const drain = encode(implementation, 'drain', [token.address, attacker])
    return [
      create(attacker, DrainingImplementation!),
      call(attacker, distributor, 'upgradeToAndCall', [implementation.address, drain]),
    ]
  },
  variants: ({ distributor, token }, { Upgrader }) => [
    strike(attacker, Upgrader!, { args: [], run: 'run', with: [distributor.address, token.address] }),
  ],
  fix: [
    {
      file: 'RewardsDistributor.sol',
      replace: 'function _authorizeUpgrade(address) internal override {}',
      by: 'function _authorizeUpgrade(address) internal override onlyOwner {}',
    },
  ],
})
