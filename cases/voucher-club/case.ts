import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployBatchWallet, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, pay, reverting, strike, through, throughAll } from '../lib/steps.ts'

const NAME = 'voucher-club'
const owner = actor(`${NAME}/owner`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 10)
const shop = users[9]!
const points = (amount: number) => ({ amount: BigInt(amount), wei: BigInt(amount) * 10n ** 13n })

export default declareCase({
  about:
    'a club announces the welcome points to a member that is a contract before it books the member, who joins once more through the other entrance',
  class: 'reentrancy',
  hardfork: 'cancun',
  units: [
    { compiler: '0.6.12', optimizerRuns: 200, files: ['VoucherClub.sol'] },
    {
      compiler: '0.8.30',
      optimizerRuns: 200,
      evmVersion: 'london',
      files: ['Attack.sol', 'HearingWallet.sol'],
    },
  ],

  async setUp(world) {
    await fundAll(world, [owner, attacker, ...users], 60n * ETHER)
    const club = await world.deploy('VoucherClub', [20_000, 5_000], owner)
    const wallet = await deployWallet(world, users[0]!, 5n * ETHER)
    const batcher = await deployBatchWallet(world, users[1]!, 5n * ETHER)
    const hearing = await world.deploy('HearingWallet', [club.address], users[2]!)
    await world.run(pay(owner, club.address, 25n * ETHER))
    await world.run(call(owner, club, 'setMerchant', [shop, true]))
    for (const user of users.slice(3, 6)) await world.run(call(user, club, 'join'))
    return { club, wallet, batcher, hearing }
  },
  protect: ({ club }) => [club],
  loss: ({ club }) => [{ token: 'native', from: club.address }],

  history({ club, wallet, batcher, hearing }) {
    const by = (user: number, name: string, args: readonly unknown[] = []) =>
      call(users[user]!, club, name, args)
    const byWallet = (name: string, args: readonly unknown[] = []) =>
      through(wallet.address, by(0, name, args))
    const byHearing = (name: string, args: readonly unknown[] = []) =>
      through(hearing.address, by(2, name, args))
    const award = (to: string, amount: number) =>
      call(shop, club, 'award', [to, points(amount).amount], { value: points(amount).wei })
    return [
      by(6, 'join'),
      by(7, 'joinThrough', [users[6]]),
      reverting(by(6, 'join')),
      byWallet('join'),
      reverting(byWallet('joinThrough', [users[6]])),
      byHearing('joinThrough', [users[3]]),
      award(users[3]!, 4_000),
      award(wallet.address, 2_500),
      award(hearing.address, 7_000),
      reverting(call(shop, club, 'award', [users[3], 10n], { value: 1n })),
      reverting(call(users[3]!, club, 'award', [users[3], 1n], { value: points(1).wei })),
      throughAll(batcher.address, [
        by(1, 'join'),
        by(1, 'pass', [users[1], 5_000]),
        by(1, 'redeem', [10_000]),
      ]),
      by(1, 'joinThrough', [batcher.address]),
      by(3, 'redeem', [24_000]),
      by(3, 'redeem', [0]),
      by(4, 'pass', [users[4], 1_000]),
      by(4, 'pass', [wallet.address, 3_000]),
      byWallet('redeem', [25_500]),
      byWallet('pass', [users[5], 0]),
      by(5, 'pass', [hearing.address, 6_000]),
      byHearing('redeem', [6_000]),
      reverting(byHearing('redeem', [1])),
      call(owner, club, 'setGifts', [15_000, 3_000]),
      reverting(by(4, 'setGifts', [1_000_000, 0])),
      by(8, 'joinThrough', [wallet.address]),
      call(owner, club, 'join'),
      call(owner, club, 'redeem', [15_000]),
      call(owner, club, 'setRedeemable', [false]),
      reverting(by(8, 'redeem', [1_000])),
      call(owner, club, 'setRedeemable', [true]),
      by(8, 'redeem', [18_000]),
      award(batcher.address, 900),
      throughAll(batcher.address, [by(1, 'redeem', [100]), by(1, 'redeem', [200])]),
      award(users[8]!, 300),
      by(7, 'redeem', [25_000]),
      by(0, 'join'),
      by(0, 'pass', [users[7], 15_000]),
    ]
  },

  attack: ({ club }, { ManyWelcomes }) =>
    strike(attacker, ManyWelcomes!, { args: [club.address], run: 'run', with: [users[3], 9] }),
  variants: ({ club }, { ManyWelcomes }) => [
    strike(attacker, ManyWelcomes!, { args: [club.address], run: 'runThrough', with: [users[4], 4] }),
    [
      ...strike(attacker, ManyWelcomes!, {
        args: [club.address],
        run: 'runFor',
        with: [users[5], 15, attacker],
      }),
      call(attacker, club, 'redeem', [250_000]),
    ],
  ],
  fix: [
    {
      file: 'VoucherClub.sol',
      replace: '        require(!joined[msg.sender], "already a member");\n',
      by: '        require(!joined[msg.sender], "already a member");\n        joined[msg.sender] = true;\n',
    },
  ],
})
