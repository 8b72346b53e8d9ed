import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'membership-pass'
const owner = actor(`${NAME}/owner`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 9)
const PRICE = ETHER
const BACKING = (ETHER * 4n) / 5n

export default declareCase({
  about:
    'a collection gives one free pass to an account but notes it after the receiver was asked, who claims again',
  class: 'reentrancy',
  hardfork: 'cancun',
  units: [
    { compiler: '0.8.19', files: ['MembershipPass.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, attacker, ...users], 100n * ETHER)
    const pass = await world.deploy('MembershipPass', [PRICE, BACKING, 40], owner, 40n * BACKING)
    const wallet = await deployWallet(world, users[0]!, 10n * ETHER)
    const keeper = await deployWallet(world, users[1]!, 10n * ETHER)
    for (const user of users.slice(2, 5)) await world.run(call(user, pass, 'buy', [user], { value: PRICE }))
    return { pass, wallet, keeper }
  },
  protect: ({ pass }) => [pass],
  loss: ({ pass }) => [{ token: 'native', from: pass.address }],

  history({ pass, wallet, keeper }) {
    const by = (user: number, name: string, args: readonly unknown[] = [], value = 0n) =>
      call(users[user]!, pass, name, args, { value })
    const byWallet = (name: string, args: readonly unknown[] = [], value = 0n) =>
      through(wallet.address, by(0, name, args, value))
    const byKeeper = (name: string, args: readonly unknown[] = [], value = 0n) =>
      through(keeper.address, by(1, name, args, value))
    // Passes 0 to 2 were bought in the set-up by users 2 to 4; the next is 3.
    return [
      by(5, 'claim'),
      byWallet('claim'),
      reverting(byWallet('claim')),
      byKeeper('buy', [keeper.address], PRICE),
      by(6, 'claimTo', [keeper.address]),
      reverting(by(5, 'claim')),
      by(7, 'buy', [wallet.address], PRICE),
      reverting(by(7, 'buy', [users[7]], PRICE / 2n)),
      by(2, 'safeTransferFrom', [users[2], wallet.address, 0]),
      byWallet('giveBack', [0]),
      by(3, 'approve', [users[4], 1]),
      by(4, 'transferFrom', [users[3], users[8], 1]),
      reverting(by(4, 'transferFrom', [users[8], users[4], 1])),
      by(8, 'giveBack', [1]),
      byKeeper('setApprovalForAll', [users[1], true]),
      by(1, 'safeTransferFrom', [keeper.address, users[7], 6]),
      by(7, 'claim'),
      by(7, 'giveBack', [6]),
      call(owner, pass, 'setPrice', [(PRICE * 11n) / 10n]),
      reverting(by(3, 'buy', [users[3]], PRICE)),
      by(3, 'buy', [users[3]], (PRICE * 11n) / 10n),
      byKeeper('claim'),
      byWallet('safeTransferFrom', [wallet.address, keeper.address, 4]),
      call(owner, pass, 'addBacking', [], { value: ETHER }),
      call(owner, pass, 'takeSurplus', [owner]),
      reverting(by(6, 'takeSurplus', [users[6]])),
      by(8, 'claimTo', [wallet.address]),
      byWallet('giveBack', [7]),
      call(owner, pass, 'setClaimOpen', [false]),
      reverting(by(2, 'claim')),
      call(owner, pass, 'setClaimOpen', [true]),
      by(2, 'claim'),
      by(3, 'claim'),
      byKeeper('giveBack', [5]),
      by(4, 'giveBack', [2]),
      by(4, 'claim'),
    ]
  },

  attack: ({ pass }, { GreedyMember }) =>
    strike(attacker, GreedyMember!, { args: [pass.address, false], run: 'run', with: [25n] }),
  variants: ({ pass }, { GreedyMember }) => [
    strike(attacker, GreedyMember!, { args: [pass.address, true], run: 'run', with: [12n] }),
    strike(attacker, GreedyMember!, { args: [pass.address, false], run: 'run', with: [2n] }),
  ],
  fix: [
    {
      file: 'MembershipPass.sol',
      replace: '        freeLeft -= 1;\n',
      by: '        freeLeft -= 1;\n        claimed[msg.sender] = true;\n',
    },
  ],
})
