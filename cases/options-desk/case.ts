import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'
import type { Artifact, Contract } from '../lib/types.ts'

const NAME = 'options-desk'
const owner = actor(`${NAME}/owner`)
const reporter = actor(`${NAME}/price reporter`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 9)
const PREMIUM = ETHER / 20n
/** Series 0 has expired when the history begins, series 1 and 2 run until after the attack. */
const SOON = 1_720_500_000
const LATE = 1_724_000_000

const unwound = (artifact: Artifact, desk: Contract, listing: number, amount: bigint, parts: bigint) =>
  strike(attacker, artifact, {
    args: [desk.address],
    run: 'run',
    with: [listing, PREMIUM, 1, amount, parts],
    value: 3n * ETHER,
  })

export default declareCase({
  about:
    'an options desk subtracts what is unwound from what the caller wrote in an unchecked block, so that a buyer frees the collateral of writers',
  class: 'arithmetic',
  hardfork: 'cancun',
  units: [
    { compiler: '0.8.30', optimizerRuns: 10_000, evmVersion: 'cancun', files: ['OptionsDesk.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, reporter, attacker, ...users], 100n * ETHER)
    const oracle = await world.deploy('SettlementOracle', [reporter], owner)
    const ledger = await world.deploy('OptionLedger', [], owner)
    const desk = await deployProxied(world, 'transparent', 'OptionsDesk', {
      deployer: owner,
      initialize: [owner, oracle.address, ledger.address, 200],
    })
    const wallet = await deployWallet(world, users[0]!, 60n * ETHER)
    await world.run(call(owner, ledger, 'setDesk', [desk.address]))
    for (const [strikePrice, expiry] of [
      [1_900n, SOON],
      [2_200n, LATE],
      [2_600n, LATE],
    ] as const)
      await world.run(call(owner, desk, 'openSeries', [strikePrice * ETHER, expiry]))
    for (const user of users.slice(0, 5)) {
      await world.run(call(user, desk, 'write', [0], { value: 6n * ETHER }))
      await world.run(call(user, desk, 'write', [1], { value: 10n * ETHER }))
    }
    await world.run(call(users[1]!, desk, 'list', [0, 4n * ETHER, PREMIUM * 2n]))
    await world.run(call(users[1]!, desk, 'list', [1, 10n * ETHER, PREMIUM]))
    await world.run(call(users[5]!, desk, 'buy', [0, 3n * ETHER], { value: PREMIUM * 2n * 3n }))
    await world.run(call(reporter, oracle, 'report', [2_000n * ETHER]))
    world.wait(600_000)
    return { desk, ledger, oracle, wallet }
  },
  protect: ({ desk, ledger, oracle }) => [desk, ledger, oracle],
  loss: ({ desk }) => [{ token: 'native', from: desk.address }],

  history({ desk, ledger, oracle, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[] = [], value = 0n) =>
      call(users[user]!, desk, name, args, { value })
    const byWallet = (name: string, args: readonly unknown[] = [], value = 0n) =>
      through(wallet.address, by(0, name, args, value))
    return [
      by(6, 'settle', [0]),
      reverting(by(6, 'settle', [1])),
      by(5, 'exercise', [0, 3n * ETHER]),
      by(2, 'reclaim', [0]),
      by(2, 'exercise', [0, 6n * ETHER]),
      by(3, 'reclaim', [0]),
      reverting(by(6, 'write', [0], ETHER)),
      byWallet('write', [1], 12n * ETHER),
      byWallet('list', [1, 8n * ETHER, PREMIUM]),
      by(2, 'list', [1, 5n * ETHER, PREMIUM * 2n]),
      by(6, 'buy', [1, 4n * ETHER], 4n * PREMIUM),
      reverting(by(6, 'buy', [1, 20n * ETHER], 20n * PREMIUM)),
      by(7, 'buy', [2, 3n * ETHER], 3n * PREMIUM),
      by(3, 'unwind', [1, 4n * ETHER]),
      byWallet('unwind', [1, 2n * ETHER]),
      reverting(by(8, 'unwind', [1, ETHER])),
      by(8, 'write', [2], 9n * ETHER),
      by(8, 'list', [2, 9n * ETHER, PREMIUM / 2n]),
      byWallet('buy', [4, 2n * ETHER], PREMIUM),
      call(reporter, oracle, 'report', [2_080n * ETHER]),
      reverting(call(users[3]!, oracle, 'report', [1n])),
      call(users[6]!, ledger, 'transferFrom', [users[6], users[7], 1, ETHER]),
      call(users[7]!, ledger, 'setApprovalForAll', [users[6], true]),
      call(users[6]!, ledger, 'transferFrom', [users[7], users[6], 1, ETHER / 2n]),
      reverting(call(users[2]!, ledger, 'transferFrom', [users[7], users[2], 1, ETHER])),
      by(4, 'unwind', [1, 5n * ETHER]),
      by(2, 'unlist', [3]),
      by(2, 'unwind', [1, 3n * ETHER]),
      call(owner, desk, 'setFee', [150]),
      call(owner, desk, 'collectFees', [owner]),
      reverting(by(4, 'collectFees', [users[4]])),
      by(1, 'reclaim', [0]),
      by(1, 'exercise', [0, 2n * ETHER]),
      byWallet('list', [1, ETHER, PREMIUM]),
      by(5, 'buy', [5, ETHER / 2n], PREMIUM / 2n),
      call(owner, desk, 'openSeries', [3_000n * ETHER, LATE]),
      by(6, 'write', [3], 2n * ETHER),
      by(6, 'unwind', [3, ETHER]),
      byWallet('unwind', [1, ETHER / 2n]),
    ]
  },

  attack: ({ desk }, { UnwoundPurchase }) => unwound(UnwoundPurchase!, desk, 1, 6n * ETHER, 1n),
  variants: ({ desk }, { UnwoundPurchase }) => [
    unwound(UnwoundPurchase!, desk, 2, 4n * ETHER, 4n),
    [
      call(attacker, desk, 'buy', [1, 2n * ETHER], { value: 2n * PREMIUM }),
      call(attacker, desk, 'buy', [2, 3n * ETHER], { value: 3n * PREMIUM }),
      call(attacker, desk, 'unwind', [1, 5n * ETHER]),
    ],
  ],
  fix: [
    {
      file: 'OptionsDesk.sol',
      replace: '        unchecked {\n',
      by: '        {\n',
    },
  ],
})
