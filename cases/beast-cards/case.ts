import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'beast-cards'
const owner = actor(`${NAME}/owner`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const PRICE = ETHER / 20n

export default declareCase({
  about:
    'the rarity of a card follows from block values and its minter, so that contracts mint from picked addresses only; in the history contract wallets hold, move and redeem cards but do not mint, since keeping contracts from minting is the mending',
  class: 'weak-randomness',
  hardfork: 'cancun',
  units: [
    { compiler: '0.8.30', optimizerRuns: 1_000, evmVersion: 'cancun', files: ['BeastCards.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'paris', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, attacker, ...users], 50n * ETHER)
    const cards = await world.deploy('BeastCards', [], owner, 40n * ETHER)
    const wallet = await deployWallet(world, users[0]!, 5n * ETHER)
    for (const user of users.slice(1, 4))
      await world.run(call(user, cards, 'mintPack', [5], { value: 5n * PRICE }))
    return { cards, wallet }
  },
  protect: ({ cards }) => [cards],
  loss: ({ cards }) => [{ token: 'native', from: cards.address }],

  // Cards 1 to 15 belong to the users 1, 2 and 3, five each.
  history({ cards, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[] = [], value = 0n) =>
      call(users[user]!, cards, name, args, { value })
    const mint = (user: number) => by(user, 'mint', [], PRICE)
    const byWallet = (name: string, args: readonly unknown[] = [], value = 0n) =>
      through(wallet.address, by(0, name, args, value))
    return [
      mint(4),
      by(4, 'redeem', [16]),
      by(1, 'transferFrom', [users[1], wallet.address, 1]),
      byWallet('redeem', [1]),
      by(2, 'mintTo', [wallet.address], PRICE),
      byWallet('transferFrom', [wallet.address, users[6], 17]),
      reverting(by(5, 'mint', [], PRICE - 1n)),
      by(5, 'mintPack', [3], 3n * PRICE),
      by(5, 'redeemMany', [[18, 19]]),
      reverting(by(6, 'redeem', [20])),
      by(5, 'approve', [wallet.address, 20]),
      byWallet('transferFrom', [users[5], wallet.address, 20]),
      byWallet('approve', [users[7], 20]),
      by(7, 'transferFrom', [wallet.address, users[7], 20]),
      reverting(by(7, 'mintPack', [6], 6n * PRICE)),
      by(7, 'mintPack', [5], 5n * PRICE),
      mint(1),
      mint(1),
      by(1, 'redeemMany', [[26, 27]]),
      by(2, 'transferFrom', [users[2], users[2], 6]),
      by(2, 'transferFrom', [users[2], wallet.address, 6]),
      by(2, 'transferFrom', [users[2], wallet.address, 7]),
      byWallet('redeemMany', [[6, 7]]),
      by(3, 'redeemMany', [[]]),
      call(owner, cards, 'mint', [], { value: PRICE }),
      call(owner, cards, 'mintTo', [users[3]], { value: PRICE }),
      byWallet('fund', [], ETHER),
      call(owner, cards, 'setPaused', [true]),
      reverting(mint(4)),
      by(3, 'redeem', [11]),
      call(owner, cards, 'setPaused', [false]),
      by(4, 'mintPack', [1], PRICE),
      reverting(by(4, 'withdraw', [users[4], ETHER])),
      call(owner, cards, 'setWorth', [1, ETHER / 4n]),
      call(owner, cards, 'withdraw', [owner, ETHER]),
      by(6, 'mintTo', [users[5]], PRICE),
      by(5, 'redeem', [31]),
      by(7, 'mintPack', [2], 2n * PRICE),
    ]
  },

  attack: ({ cards }, { AddressSearcher }) =>
    strike(attacker, AddressSearcher!, {
      args: [],
      run: 'run',
      with: [cards.address, 8n],
      value: 8n * PRICE,
    }),
  variants: ({ cards }, { AddressSearcher, Reroller }) => [
    strike(attacker, Reroller!, {
      args: [],
      run: 'run',
      with: [cards.address, 35n, 1n, ETHER / 5n],
      value: 2n * ETHER,
    }),
    strike(attacker, Reroller!, {
      args: [],
      run: 'run',
      with: [cards.address, 14n, 5n, (ETHER * 2n) / 5n],
      value: 4n * ETHER,
    }),
    strike(attacker, AddressSearcher!, {
      args: [],
      run: 'run',
      with: [cards.address, 1n],
      value: PRICE,
    }),
  ],
  fix: [
    {
      file: 'BeastCards.sol',
      replace: '        if (to == address(0)) revert NotHolder();\n',
      by: '        if (to == address(0)) revert NotHolder();\n        if (msg.sender != tx.origin) revert NotAllowed();\n',
    },
  ],
})
