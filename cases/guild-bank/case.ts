import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployBatchWallet, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, pay, reverting, strike, through, throughAll } from '../lib/steps.ts'
import type { Step } from '../lib/types.ts'

const NAME = 'guild-bank'
const governor = actor(`${NAME}/governor`)
const nextGovernor = actor(`${NAME}/next governor`)
const treasurer = actor(`${NAME}/treasurer`)
const admin = actor(`${NAME}/proxy admin`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const PRICE = ETHER / 10n

export default declareCase({
  about: 'whoever is the governor or holds a share passes for the governor; it should take both',
  class: 'access-control',
  hardfork: 'cancun',
  units: [
    { compiler: '0.8.19', files: ['GuildBank.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [governor, nextGovernor, treasurer, admin, attacker, ...users], 40n * ETHER)
    const guild = await deployProxied(world, 'transparent', 'GuildBank', {
      deployer: governor,
      initialize: [governor, PRICE],
      admin,
    })
    const wallet = await deployWallet(world, users[0]!, 10n * ETHER)
    const batcher = await deployBatchWallet(world, users[1]!, 10n * ETHER)
    for (const member of [governor, ...users.slice(2, 6)])
      await world.run(call(member, guild, 'buyShares', [50], { value: 50n * PRICE }))
    await world.run(pay(users[6]!, guild.address, 12n * ETHER))
    return { guild, wallet, batcher }
  },
  protect: ({ guild }) => [guild],
  loss: ({ guild }) => [{ token: 'native', from: guild.address }],

  history({ guild, wallet, batcher }) {
    const by = (user: number, name: string, args: readonly unknown[] = [], value = 0n) =>
      call(users[user]!, guild, name, args, { value })
    const byWallet = (step: Step) => through(wallet.address, step)
    const govern = (name: string, args: readonly unknown[]) => call(governor, guild, name, args)
    const keep = (name: string, args: readonly unknown[]) => call(treasurer, guild, name, args)
    return [
      byWallet(by(0, 'buyShares', [30], 30n * PRICE)),
      by(6, 'buyShares', [0]),
      reverting(by(6, 'buyShares', [2], PRICE)),
      govern('setTreasurer', [treasurer]),
      reverting(govern('spend', [governor, ETHER])),
      keep('spend', [users[7], ETHER]),
      keep('spend', [wallet.address, ETHER / 2n]),
      reverting(by(6, 'setTreasurer', [users[6]])),
      reverting(by(6, 'setGovernor', [users[6]])),
      by(2, 'propose', [users[7], 2n * ETHER]),
      by(2, 'support', [0]),
      by(3, 'support', [0]),
      reverting(by(3, 'support', [0])),
      byWallet(by(0, 'support', [0])),
      by(4, 'support', [0]),
      by(7, 'payGrant', [0]),
      byWallet(by(0, 'propose', [wallet.address, ETHER])),
      reverting(by(7, 'payGrant', [1])),
      keep('shareOut', [ETHER / 100n]),
      by(2, 'claimDividend'),
      by(2, 'claimDividend'),
      byWallet(by(0, 'claimDividend')),
      throughAll(batcher.address, [
        by(1, 'buyShares', [10], 10n * PRICE),
        by(1, 'buyShares', [5], 5n * PRICE),
        by(1, 'transferShares', [users[1], 5]),
        by(1, 'support', [1]),
        by(1, 'claimDividend'),
      ]),
      by(3, 'transferShares', [users[7], 10]),
      by(3, 'transferShares', [users[3], 10]),
      by(3, 'transferShares', [nextGovernor, 5]),
      govern('setSharePrice', [PRICE * 2n]),
      by(4, 'buyShares', [3], 6n * PRICE),
      govern('setTreasurer', [wallet.address]),
      byWallet(by(0, 'spend', [users[5], ETHER / 5n])),
      govern('setTreasurer', [treasurer]),
      govern('setGovernor', [nextGovernor]),
      call(nextGovernor, guild, 'setSharePrice', [PRICE]),
      call(nextGovernor, guild, 'setTreasurer', [treasurer]),
      call(nextGovernor, guild, 'setGovernor', [governor]),
      govern('setGovernor', [governor]),
      keep('spend', [users[6], 0n]),
      pay(users[7]!, guild.address, ETHER),
      by(5, 'claimDividend'),
    ]
  },

  attack: ({ guild }, { NewMember }) =>
    strike(attacker, NewMember!, { args: [], run: 'run', with: [guild.address], value: ETHER }),
  variants: ({ guild }, { NewMember }) => [
    strike(attacker, NewMember!, {
      args: [],
      run: 'runAsGovernor',
      with: [guild.address, 9n * ETHER],
      value: ETHER,
    }),
    [
      call(users[5]!, guild, 'setTreasurer', [attacker]),
      call(attacker, guild, 'spend', [attacker, 14n * ETHER]),
    ],
  ],
  fix: [
    {
      file: 'GuildBank.sol',
      replace: 'msg.sender != governor && sharesOf[msg.sender] == 0',
      by: 'msg.sender != governor || sharesOf[msg.sender] == 0',
    },
  ],
})
