import { declareCase } from '../lib/declare-case.ts'
import { crowd, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, pay, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'crate-market'
const owner = actor(`${NAME}/owner`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const PRICE = ETHER / 10n

export default declareCase({
  about:
    'a market for crates delivers the items, asking the receiver as ERC-1155 does, before it books that the crates were opened',
  class: 'reentrancy',
  hardfork: 'cancun',
  units: [
    { compiler: '0.8.30', optimizerRuns: 200, viaIR: true, files: ['CrateMarket.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol', 'ItemWallet.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, attacker, ...users], 50n * ETHER)
    const market = await world.deploy('CrateMarket', [PRICE], owner, 5n * ETHER)
    const wallet = await world.deploy('ItemWallet', [market.address], users[0]!)
    const selling = await world.deploy('ItemWallet', [market.address], users[1]!)
    await world.fund(wallet.address, 10n * ETHER)
    await world.fund(selling.address, 10n * ETHER)
    for (const id of [0, 1, 2, 3, 4]) await world.run(call(users[1]!, selling, 'setUnwanted', [id, true]))
    for (const user of users.slice(2, 6))
      await world.run(call(user, market, 'buyCrates', [30], { value: 30n * PRICE }))
    return { market, wallet, selling }
  },
  protect: ({ market }) => [market],
  loss: ({ market }) => [{ token: 'native', from: market.address }],

  history({ market, wallet, selling }) {
    const by = (user: number, name: string, args: readonly unknown[] = [], value = 0n) =>
      call(users[user]!, market, name, args, { value })
    const buy = (user: number, count: number) => by(user, 'buyCrates', [count], BigInt(count) * PRICE)
    const open = (user: number, count: number, to: string = users[user]!) => by(user, 'open', [count, to])
    const byWallet = (step: ReturnType<typeof call>) => through(wallet.address, step)
    const bySelling = (step: ReturnType<typeof call>) => through(selling.address, step)
    // After n opened crates the next c give items of kind (n + c + 1) mod 4.
    return [
      open(2, 5),
      by(2, 'sellBack', [2, 3]),
      buy(6, 10),
      open(6, 10),
      open(6, 0),
      byWallet(buy(0, 20)),
      byWallet(open(0, 4, wallet.address)),
      call(users[0]!, wallet, 'executeTwice', [market.address, open(0, 2, wallet.address).data]),
      bySelling(buy(1, 12)),
      bySelling(open(1, 3, selling.address)),
      bySelling(open(1, 9, selling.address)),
      reverting(bySelling(open(1, 1, selling.address))),
      by(2, 'claimSeasonItem'),
      reverting(by(2, 'claimSeasonItem')),
      byWallet(by(0, 'claimSeasonItem')),
      bySelling(by(1, 'claimSeasonItem')),
      reverting(by(3, 'claimSeasonItem')),
      open(3, 7, wallet.address),
      open(3, 2, users[7]),
      by(7, 'sellBack', [2, 1]),
      by(3, 'giveCrates', [users[7], 5]),
      open(7, 5),
      reverting(open(7, 1)),
      byWallet(by(0, 'giveCrates', [wallet.address, 1])),
      by(2, 'safeTransferFrom', [users[2], wallet.address, 2, 1, '0x']),
      by(2, 'safeTransferFrom', [users[2], selling.address, 2, 1, '0x']),
      reverting(by(2, 'safeTransferFrom', [users[6], users[2], 3, 1, '0x'])),
      by(6, 'setApprovalForAll', [users[2], true]),
      by(2, 'safeTransferFrom', [users[6], users[2], 3, 1, '0x']),
      byWallet(by(0, 'sellBack', [1, 1])),
      reverting(call(users[4]!, market, 'buyCrates', [3], { value: PRICE })),
      open(4, 30),
      call(owner, market, 'startSeason'),
      by(4, 'claimSeasonItem'),
      byWallet(by(0, 'claimSeasonItem')),
      call(owner, market, 'buyCrates', [2], { value: 2n * PRICE }),
      call(owner, market, 'open', [2, owner]),
      reverting(by(5, 'startSeason')),
      call(owner, market, 'setPaused', [true]),
      reverting(buy(5, 1)),
      open(5, 1),
      call(owner, market, 'setPaused', [false]),
      pay(users[5]!, market.address, ETHER),
    ]
  },

  attack: ({ market }, { BottomlessCrate }) =>
    strike(attacker, BottomlessCrate!, {
      args: [market.address],
      run: 'run',
      with: [20, 11],
      value: 20n * PRICE,
    }),
  variants: ({ market }, { BottomlessCrate }) => [
    strike(attacker, BottomlessCrate!, {
      args: [market.address],
      run: 'run',
      with: [45, 2],
      value: 45n * PRICE,
    }),
    strike(attacker, BottomlessCrate!, {
      args: [market.address],
      run: 'runWithFriend',
      with: [40],
      value: 40n * PRICE,
    }),
  ],
  fix: [
    {
      file: 'CrateMarket.sol',
      replace: '        _mint(to, id, count);\n        players[msg.sender] = player;\n',
      by: '        players[msg.sender] = player;\n        _mint(to, id, count);\n',
    },
  ],
})
