import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployBatchWallet, deployProxied, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, encode, reverting, strike, through, throughAll } from '../lib/steps.ts'
import type { Contract } from '../lib/types.ts'

const NAME = 'trade-helper'
const owner = actor(`${NAME}/owner`)
const admin = actor(`${NAME}/proxy admin`)
const issuer = actor(`${NAME}/issuer`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const units = (amount: number) => BigInt(amount) * ETHER
const tenths = (amount: number) => (BigInt(amount) * ETHER) / 10n
const UNLIMITED = 2n ** 256n - 1n

export default declareCase({
  about: 'a helper that traders approved calls any venue they name with any data, even a token',
  class: 'arbitrary-call',
  hardfork: 'cancun',
  units: [
    { compiler: '0.6.12', optimizerRuns: 200, files: ['TradeHelper.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, admin, issuer, attacker, ...users], 100n * ETHER)
    const helper = await deployProxied(world, 'legacy', 'TradeHelper', {
      deployer: owner,
      initialize: [owner, 20],
      admin,
    })
    const wallet = await deployBatchWallet(world, users[0]!, 30n * ETHER)
    const corn = await world.deploy('StandardToken', ['Corn', 'CRN', 18], issuer)
    const ore = await world.deploy('StandardToken', ['Ore', 'ORE', 18], issuer)
    const venues: Contract[] = []
    for (const token of [corn, ore]) {
      const venue = await world.deploy('EtherPair', [token.address], owner)
      venues.push(venue)
      for (const holder of [...users, wallet.address, owner])
        await world.run(call(issuer, token, 'mint', [holder, units(5_000)]))
      await world.run(call(owner, token, 'approve', [venue.address, UNLIMITED]))
      await world.run(call(owner, venue, 'addLiquidity', [units(4_000)], { value: 40n * ETHER }))
      for (const user of users) await world.run(call(user, token, 'approve', [helper.address, UNLIMITED]))
      const approval = call(users[0]!, token, 'approve', [helper.address, UNLIMITED])
      await world.run(through(wallet.address, approval))
    }
    await world.run(call(owner, helper, 'setVenue', [venues[0]!.address, true]))
    return { helper, corn, ore, wallet, cornVenue: venues[0]!, oreVenue: venues[1]! }
  },
  protect: ({ helper }) => [helper],
  loss: ({ corn, ore }) => [
    { token: corn.address, from: users[1]! },
    { token: ore.address, from: users[2]! },
  ],

  history({ helper, corn, ore, wallet, cornVenue, oreVenue }) {
    const by = (user: number, name: string, args: readonly unknown[], value = 0n) =>
      call(users[user]!, helper, name, args, { value })
    const byWallet = (step: ReturnType<typeof call>) => through(wallet.address, step)
    const byOwner = (name: string, args: readonly unknown[]) => call(owner, helper, name, args)
    const selling = (venue: Contract, amount: bigint, least = 0n) => [
      venue === cornVenue ? corn.address : ore.address,
      amount,
      venue.address,
      encode(venue, 'sellTokens', [amount, 0n]),
      least,
    ]
    const buying = (venue: Contract, least = 0n) => [
      venue === cornVenue ? corn.address : ore.address,
      venue.address,
      encode(venue, 'buyTokens', [least]),
      least,
    ]
    return [
      by(1, 'sell', selling(cornVenue, units(100))),
      by(2, 'sell', selling(cornVenue, units(40), tenths(3))),
      byWallet(by(0, 'sell', selling(cornVenue, units(70)))),
      by(3, 'buy', buying(cornVenue), 2n * ETHER),
      byWallet(by(0, 'buy', buying(cornVenue, units(50)), ETHER)),
      throughAll(wallet.address, [
        by(0, 'sell', selling(cornVenue, units(15))),
        by(0, 'sell', selling(cornVenue, units(15))),
        by(0, 'buy', buying(cornVenue), ETHER / 10n),
      ]),
      reverting(by(4, 'sell', selling(cornVenue, units(10), ETHER))),
      byOwner('setVenue', [oreVenue.address, true]),
      by(4, 'sell', selling(oreVenue, units(150))),
      by(5, 'buy', buying(oreVenue), 3n * ETHER),
      by(6, 'sellTo', [...selling(oreVenue, units(25)), users[7]]),
      byWallet(by(0, 'sellTo', [...selling(oreVenue, units(90)), users[0]])),
      by(7, 'sellTo', [...selling(cornVenue, units(12)), wallet.address]),
      reverting(by(5, 'buy', buying(oreVenue, units(5_000)), ETHER)),
      by(6, 'sell', selling(cornVenue, 0n)),
      by(6, 'buy', buying(cornVenue), 0n),
      by(6, 'buy', buying(oreVenue), 1n),
      reverting(by(3, 'sell', selling(cornVenue, units(90_000)))),
      byOwner('setFee', [0]),
      by(3, 'sell', selling(oreVenue, units(200))),
      byOwner('setFee', [30]),
      reverting(byOwner('setFee', [900])),
      byOwner('collectFees', [owner]),
      reverting(by(3, 'collectFees', [users[3]])),
      call(owner, helper, 'buy', buying(cornVenue), { value: ETHER }),
      by(1, 'buy', buying(oreVenue), tenths(7)),
      byWallet(by(0, 'buy', buying(oreVenue, units(60)), ETHER)),
      byOwner('setPaused', [true]),
      reverting(by(2, 'sell', selling(cornVenue, units(5)))),
      byOwner('setPaused', [false]),
      by(2, 'sell', selling(cornVenue, units(5))),
      by(7, 'sell', selling(oreVenue, units(5_000))),
      by(5, 'sell', selling(cornVenue, units(333), ETHER)),
      by(4, 'buy', buying(cornVenue, units(100)), 4n * ETHER),
      reverting(by(4, 'setVenue', [users[4], true])),
      byOwner('setVenue', [oreVenue.address, true]),
      byWallet(by(0, 'sell', selling(oreVenue, units(31)))),
    ]
  },

  attack: ({ helper, corn, ore }, { TokenAsVenue }) =>
    strike(attacker, TokenAsVenue!, {
      args: [],
      run: 'run',
      with: [helper.address, [corn.address, ore.address], [users[1], users[2]]],
    }),
  variants: ({ helper, corn, ore }, { TokenAsVenue }) => [
    strike(attacker, TokenAsVenue!, {
      args: [],
      run: 'runByBuying',
      with: [helper.address, ore.address, users[2], units(3_000)],
    }),
    [
      call(attacker, helper, 'sellTo', [
        ore.address,
        0n,
        corn.address,
        encode(corn, 'transferFrom', [users[1], attacker, units(1_200)]),
        0n,
        attacker,
      ]),
    ],
  ],
  fix: [
    {
      file: 'TradeHelper.sol',
      replace: '        (bool ok, ) = venue.call{value: value}(data);\n',
      by: '        require(isVenue[venue], "not a venue");\n        (bool ok, ) = venue.call{value: value}(data);\n',
    },
  ],
})
