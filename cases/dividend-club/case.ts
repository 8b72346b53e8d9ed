import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'dividend-club'
const owner = actor(`${NAME}/owner`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const PRICE = ETHER / 4n
const shares = (count: number) => BigInt(count) * PRICE

export default declareCase({
  about:
    'what was meant to be the constructor is spelled otherwise than the contract, and makes anyone the owner',
  class: 'access-control',
  hardfork: 'london',
  units: [
    { compiler: '0.4.11', files: ['DividendClub.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, attacker, ...users], 100n * ETHER)
    const club = await world.deploy('DividendClub', [], owner)
    await world.run(call(owner, club, 'DividendsClub', [PRICE, 400]))
    const wallet = await deployWallet(world, users[0]!, 30n * ETHER)
    for (const [index, user] of users.slice(0, 5).entries())
      await world.run(call(user, club, 'buy', [], { value: shares(20 + 4 * index) }))
    return { club, wallet }
  },
  protect: ({ club }) => [club],
  loss: ({ club }) => [{ token: 'native', from: club.address }],

  history({ club, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[] = [], value = 0n) =>
      call(users[user]!, club, name, args, { value })
    const byWallet = (name: string, args: readonly unknown[] = [], value = 0n) =>
      through(wallet.address, by(0, name, args, value))
    const byOwner = (name: string, args: readonly unknown[] = [], value = 0n) =>
      call(owner, club, name, args, { value })
    return [
      byWallet('buy', [], shares(24)),
      by(5, 'buy', [], shares(10)),
      reverting(by(6, 'buy', [], shares(1) + 1n)),
      byOwner('payDividend', [], 4n * ETHER),
      by(1, 'collect'),
      byWallet('collect'),
      reverting(by(1, 'collect')),
      by(2, 'sell', [8n]),
      byWallet('sell', [4n]),
      reverting(by(3, 'sell', [400n])),
      by(3, 'give', [users[6], 9n]),
      by(7, 'payDividend', [], ETHER),
      by(6, 'collect'),
      byWallet('give', [users[7], 5n]),
      by(4, 'give', [users[4], 3n]),
      byOwner('useReserve', [owner, ETHER / 2n]),
      reverting(by(4, 'useReserve', [users[4], 1n])),
      byOwner('buy', [], shares(6)),
      byWallet('payDividend', [], 2n * ETHER),
      byOwner('collect'),
      byOwner('setClosed', [true]),
      reverting(by(7, 'buy', [], shares(2))),
      by(5, 'sell', [10n]),
      byOwner('setClosed', [false]),
      by(7, 'buy', [], shares(12)),
      by(7, 'sell', [0n]),
      by(2, 'collect'),
      by(3, 'collect'),
      byWallet('buy', [], shares(1)),
      byOwner('transferOwnership', [owner]),
      reverting(by(1, 'setClosed', [true])),
      byOwner('payDividend', [], 3n * ETHER),
      by(0, 'collect'),
      by(6, 'sell', [9n]),
      byWallet('collect'),
      by(5, 'buy', [], shares(16)),
      byOwner('sell', [2n]),
    ]
  },

  attack: ({ club }, { ClubTaker }) =>
    strike(attacker, ClubTaker!, { args: [], run: 'run', with: [club.address] }),
  variants: ({ club }, { ClubTaker }) => [
    strike(attacker, ClubTaker!, { args: [], run: 'runForReserve', with: [club.address] }),
    strike(attacker, ClubTaker!, {
      args: [],
      run: 'runByPrice',
      with: [club.address, 10n],
      value: ETHER,
    }),
    [
      call(attacker, club, 'DividendsClub', [PRICE, 0]),
      call(attacker, club, 'setClosed', [true]),
      call(attacker, club, 'dissolve'),
    ],
  ],
  fix: [
    {
      file: 'DividendClub.sol',
      replace: '        owner = msg.sender;\n',
      by: '        require(owner == 0);\n        owner = msg.sender;\n',
    },
  ],
})
