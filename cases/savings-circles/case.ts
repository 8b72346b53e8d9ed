import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, through } from '../lib/steps.ts'
import type { Contract, Step } from '../lib/types.ts'

const NAME = 'savings-circles'
const owner = actor(`${NAME}/owner`)
const fees = actor(`${NAME}/fee recipient`)
const attacker = actor(`${NAME}/attacker`)
const victim = actor(`${NAME}/victim`)
const users = crowd(NAME, 9)
const UNLIMITED = 2n ** 256n - 1n
const units = (amount: number) => BigInt(amount) * ETHER

/** The circle that nobody is in yet when the attack begins. */
const FRESH = 3n

/** One share is made dear before the victim's deposit and given back after it; the victim then sees what is left. */
function dearShare(circles: Contract, first: readonly Step[], paid: bigint): readonly Step[] {
  return [
    ...first,
    call(victim, circles, 'deposit', [FRESH, paid]),
    call(attacker, circles, 'leave', [FRESH]),
    call(victim, circles, 'leave', [FRESH]),
  ]
}

export default declareCase({
  about:
    'the first member of a circle holds one share, makes it dear by a contribution, and the next deposit is rounded down to no share; the victim leaves at the end, so that only what it lost counts',
  class: 'price-manipulation',
  hardfork: 'cancun',
  units: [
    {
      compiler: '0.8.30',
      optimizerRuns: 200,
      viaIR: true,
      evmVersion: 'cancun',
      files: ['SavingsCircles.sol'],
    },
  ],

  async setUp(world) {
    await fundAll(world, [owner, attacker, victim, ...users], ETHER)
    const asset = await world.deploy('StandardToken', ['Dollar', 'USDX', 18], owner)
    const circles = await world.deploy('SavingsCircles', [asset.address, fees], owner)
    const wallet = await deployWallet(world, users[0]!)
    for (const holder of [attacker, victim, wallet.address, ...users])
      await world.run(call(owner, asset, 'mint', [holder, units(20_000)]))
    for (const user of [attacker, victim, ...users])
      await world.run(call(user, asset, 'approve', [circles.address, UNLIMITED]))
    await world.run(through(wallet.address, call(users[0]!, asset, 'approve', [circles.address, UNLIMITED])))
    for (const title of ['Harbour', 'Mill Lane']) await world.run(call(users[1]!, circles, 'found', [title]))
    for (const user of users.slice(1, 5)) await world.run(call(user, circles, 'deposit', [0n, units(1_500)]))
    return { circles, asset, wallet }
  },
  protect: ({ circles }) => [circles],
  loss: ({ asset }) => [{ token: asset.address, from: victim }],

  history({ circles, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[]) =>
      call(users[user]!, circles, name, args)
    const byWallet = (name: string, args: readonly unknown[]) => through(wallet.address, by(0, name, args))
    return [
      by(5, 'deposit', [0n, units(700)]),
      by(6, 'contribute', [0n, units(450)]),
      by(7, 'deposit', [0n, units(123)]),
      byWallet('deposit', [0n, units(900)]),
      by(5, 'redeem', [0n, units(200), users[5]]),
      reverting(by(5, 'redeem', [0n, units(5_000), users[5]])),
      // The second circle begins with small deposits and small contributions.
      by(2, 'deposit', [1n, 1_000_000n]),
      by(2, 'contribute', [1n, 50_000n]),
      byWallet('deposit', [1n, units(250)]),
      by(3, 'depositFor', [1n, units(40), users[8]]),
      by(8, 'leave', [1n]),
      by(8, 'leave', [1n]),
      byWallet('contribute', [1n, units(25)]),
      by(4, 'deposit', [1n, units(1_000)]),
      byWallet('redeem', [1n, units(30), users[0]]),
      by(3, 'deposit', [1n, 0n]),
      by(3, 'redeem', [1n, 0n, users[3]]),
      by(4, 'move', [1n, users[3], units(10)]),
      by(3, 'leave', [1n]),
      byWallet('found', ['Quarry']),
      byWallet('deposit', [2n, units(60)]),
      by(6, 'deposit', [2n, units(500)]),
      byWallet('contribute', [2n, units(280)]),
      by(5, 'deposit', [2n, units(333)]),
      by(1, 'setClosed', [1n, true]),
      reverting(by(4, 'deposit', [1n, units(1)])),
      reverting(by(4, 'setClosed', [1n, false])),
      by(1, 'setClosed', [1n, false]),
      by(4, 'deposit', [1n, units(1)]),
      call(owner, circles, 'setExitFee', [10, fees]),
      by(1, 'redeem', [0n, units(500), users[1]]),
      reverting(call(owner, circles, 'setExitFee', [500, fees])),
      call(owner, circles, 'setExitFee', [0, fees]),
      byWallet('leave', [2n]),
      by(5, 'contribute', [2n, 0n]),
      by(7, 'depositFor', [0n, units(77), wallet.address]),
      by(6, 'move', [2n, wallet.address, units(100)]),
      reverting(by(8, 'move', [2n, users[7], 1n])),
      by(8, 'found', ['Orchard']),
    ]
  },

  attack: ({ circles }) =>
    dearShare(
      circles,
      [
        call(attacker, circles, 'deposit', [FRESH, 1n]),
        call(attacker, circles, 'contribute', [FRESH, units(8_000)]),
      ],
      units(7_500),
    ),
  variants: ({ circles }) => [
    // Half of what the victim pays is rounded away, not all of it.
    dearShare(
      circles,
      [
        call(attacker, circles, 'deposit', [FRESH, 1n]),
        call(attacker, circles, 'contribute', [FRESH, units(3_001)]),
      ],
      units(6_000),
    ),
    // The share is left over from an ordinary deposit.
    dearShare(
      circles,
      [
        call(attacker, circles, 'deposit', [FRESH, units(2_000)]),
        call(attacker, circles, 'redeem', [FRESH, units(2_000) - 1n, attacker]),
        call(attacker, circles, 'contribute', [FRESH, units(4_000)]),
      ],
      units(3_999),
    ),
    dearShare(
      circles,
      [
        call(attacker, circles, 'depositFor', [FRESH, 3n, attacker]),
        call(attacker, circles, 'contribute', [FRESH, units(9_000)]),
      ],
      units(2_900),
    ),
  ],
  fix: [
    {
      file: 'SavingsCircles.sol',
      replace: '        shares = sharesFor(id, assets);\n',
      by: '        shares = sharesFor(id, assets);\n        if (circle.shares > 0 && shares * circle.assets * 1000 < assets * circle.shares * 999) revert BadPrice();\n',
    },
  ],
})
