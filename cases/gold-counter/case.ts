import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, created, reverting, strike, through } from '../lib/steps.ts'
import type { Artifact, Contract } from '../lib/types.ts'

const NAME = 'gold-counter'
const owner = actor(`${NAME}/owner`)
const feeder = actor(`${NAME}/price feeder`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const UNLIMITED = 2n ** 256n - 1n
const PRICE = 65n * ETHER
const dollars = (amount: number) => (BigInt(Math.round(amount * 100)) * ETHER) / 100n

interface Parts {
  readonly counter: Contract
  readonly dollar: Contract
  readonly gold: Contract
  readonly wallet: Contract
}

/** Creates the buyer, hands it dollars, and has it buy. */
function pieces({ counter, dollar, gold }: Parts, buyer: Artifact, run: string, plan: readonly unknown[]) {
  const [creation, purchase] = strike(attacker, buyer, {
    args: [counter.address, dollar.address, gold.address],
    run,
    with: plan,
  })
  const stake = call(attacker, dollar, 'transfer', [created(attacker, buyer, 0n).address, dollars(800)])
  return [creation!, stake, purchase!]
}

export default declareCase<Parts>({
  about:
    'a counter for gold rounds up what it hands out, so that a purchase split into the smallest pieces gets a hundredth of a gram for each',
  class: 'rounding',
  hardfork: 'cancun',
  units: [
    { compiler: '0.8.30', evmVersion: 'cancun', files: ['GoldCounter.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, feeder, attacker, ...users], ETHER)
    const dollar = await world.deploy('StandardToken', ['Dollar', 'USDX', 18], owner)
    const gold = await world.deploy('StandardToken', ['Gold', 'AUX', 2], owner)
    const counter = await world.deploy(
      'GoldCounter',
      [dollar.address, gold.address, feeder, PRICE, 20],
      owner,
    )
    const wallet = await deployWallet(world, users[0]!)
    await world.run(call(owner, gold, 'mint', [counter.address, 500_000n]))
    await world.run(call(owner, dollar, 'mint', [counter.address, dollars(100_000)]))
    for (const holder of [attacker, wallet.address, ...users])
      await world.run(call(owner, dollar, 'mint', [holder, dollars(30_000)]))
    for (const token of [dollar, gold]) {
      for (const user of users) await world.run(call(user, token, 'approve', [counter.address, UNLIMITED]))
      await world.run(
        through(wallet.address, call(users[0]!, token, 'approve', [counter.address, UNLIMITED])),
      )
    }
    return { counter, dollar, gold, wallet }
  },
  protect: ({ counter }) => [counter],
  loss: ({ counter, gold }) => [{ token: gold.address, from: counter.address }],

  history({ counter, gold, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[]) =>
      call(users[user]!, counter, name, args)
    const byWallet = (name: string, args: readonly unknown[]) => through(wallet.address, by(0, name, args))
    /** At most a per cent less gold than the price says. */
    const buy = (user: number, amount: number) =>
      by(user, 'buyGold', [dollars(amount), (dollars(amount) * 99n) / PRICE])
    return [
      buy(1, 1_000),
      buy(2, 650),
      through(wallet.address, buy(0, 2_345.67)),
      by(1, 'sellGold', [300n, dollars(190)]),
      reverting(by(3, 'buyGold', [dollars(500), 800n])),
      buy(3, 500),
      by(3, 'buyGoldFor', [dollars(130), 195n, users[4]]),
      by(4, 'sellGold', [195n, 0n]),
      byWallet('sellGold', [1_000n, dollars(640)]),
      reverting(by(4, 'sellGold', [9_000n, 0n])),
      by(5, 'buyGold', [0n, 0n]),
      by(5, 'buyGold', [dollars(65.15), 99n]),
      by(5, 'sellGold', [1n, 0n]),
      by(6, 'buyGoldForMany', [dollars(200), [users[1], users[2], wallet.address]]),
      byWallet('buyGoldForMany', [dollars(75.5), [users[3], users[5]]]),
      call(feeder, counter, 'setPrice', [(PRICE * 99n) / 100n]),
      buy(7, 10_000),
      reverting(by(7, 'setPrice', [1n])),
      call(feeder, counter, 'setPrice', [PRICE]),
      by(7, 'sellGold', [5_000n, 0n]),
      buy(7, 4_999.99),
      call(owner, counter, 'setSpread', [10]),
      reverting(call(owner, counter, 'setSpread', [900])),
      buy(2, 6.52),
      buy(2, 40),
      by(2, 'sellGold', [0n, 0n]),
      call(owner, counter, 'setOpen', [false]),
      reverting(buy(6, 100)),
      call(owner, counter, 'setOpen', [true]),
      buy(6, 100),
      buy(6, 100),
      byWallet('buyGoldFor', [dollars(325), 495n, wallet.address]),
      call(owner, counter, 'withdraw', [gold.address, owner, 1_000n]),
      reverting(by(1, 'withdraw', [gold.address, users[1], 1n])),
      by(1, 'buyGoldForMany', [dollars(50), []]),
      buy(4, 12.34),
      byWallet('sellGold', [77n, dollars(49)]),
    ]
  },

  attack: (parts, { PieceBuyer }) => pieces(parts, PieceBuyer!, 'run', [180n, 10n ** 9n]),
  variants: (parts, { PieceBuyer }) => [
    pieces(parts, PieceBuyer!, 'runMany', [200n, 5_000n]),
    pieces(parts, PieceBuyer!, 'run', [150n, dollars(0.66)]),
    [
      call(attacker, parts.dollar, 'approve', [parts.counter.address, dollars(1)]),
      ...[1n, 2n, 3n].map((wei) => call(attacker, parts.counter, 'buyGold', [wei * 1_000n, 0n])),
    ],
  ],
  fix: [
    {
      file: 'GoldCounter.sol',
      replace: '        return (net * PER_GRAM + price - 1) / price;\n',
      by: '        return (net * PER_GRAM) / price;\n',
    },
  ],
})
