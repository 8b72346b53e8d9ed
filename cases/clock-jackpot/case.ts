import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'clock-jackpot'
const owner = actor(`${NAME}/owner`)
const producer = actor(`${NAME}/block producer`)
const users = crowd(NAME, 8)
const PRICE = ETHER / 5n

export default declareCase({
  about:
    'the pot goes to the latest ticket in a second divisible by twenty; who produces a block chooses its second and puts a ticket right before the bell',
  class: 'timestamp-dependence',
  hardfork: 'london',
  units: [
    { compiler: '0.4.11', files: ['ClockJackpot.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, producer, ...users], 50n * ETHER)
    const jackpot = await world.deploy('ClockJackpot', [PRICE, 200], owner, 5n * ETHER)
    const wallet = await deployWallet(world, users[0]!, 20n * ETHER)
    for (const user of users.slice(1, 5)) await world.run(call(user, jackpot, 'play', [], { value: PRICE }))
    return { jackpot, wallet }
  },
  protect: ({ jackpot }) => [jackpot],
  loss: ({ jackpot }) => [{ token: 'native', from: jackpot.address }],

  // Forty calls, so the bell rings before the first and the twenty-first, which is also the second of the attack.
  history({ jackpot, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[] = [], value = 0n) =>
      call(users[user]!, jackpot, name, args, { value })
    const play = (user: number) => by(user, 'play', [], PRICE)
    const byWallet = (step: ReturnType<typeof call>) => through(wallet.address, step)
    return [
      by(5, 'strike'),
      play(1),
      byWallet(play(0)),
      play(2),
      play(2),
      by(6, 'sponsor', [], 2n * ETHER),
      reverting(by(3, 'strike')),
      by(3, 'playFor', [users[7]], PRICE),
      reverting(by(3, 'play', [], PRICE / 2n)),
      byWallet(by(0, 'playFor', [users[1]], PRICE)),
      call(owner, jackpot, 'collectFees', [owner]),
      play(4),
      reverting(by(4, 'collectFees', [users[4]])),
      play(5),
      byWallet(play(0)),
      by(7, 'sponsor'),
      call(owner, jackpot, 'sponsor', [], { value: ETHER }),
      by(6, 'sponsor', [], ETHER / 10n),
      call(owner, jackpot, 'setOpen', [false]),
      call(owner, jackpot, 'setOpen', [true]),
      byWallet(by(0, 'strikeAndPlay', [], PRICE)),
      play(1),
      play(6),
      play(6),
      by(2, 'playFor', [wallet.address], PRICE),
      call(owner, jackpot, 'setTerms', [PRICE, 150]),
      reverting(call(owner, jackpot, 'setTerms', [PRICE, 5_000])),
      by(3, 'sponsor', [], 4n * ETHER),
      byWallet(by(0, 'sponsor', [], ETHER)),
      play(7),
      play(3),
      reverting(by(1, 'strikeAndPlay', [], PRICE)),
      call(owner, jackpot, 'play', [], { value: PRICE }),
      play(4),
      byWallet(play(0)),
      play(5),
      call(owner, jackpot, 'collectFees', [owner]),
      play(2),
      reverting(by(2, 'setOpen', [false])),
      by(1, 'sponsor', [], ETHER / 2n),
    ]
  },

  attack: ({ jackpot }) => [
    call(producer, jackpot, 'play', [], { value: PRICE }),
    call(producer, jackpot, 'strike'),
  ],
  variants: ({ jackpot }, { BellRinger }) => [
    strike(producer, BellRinger!, { args: [], run: 'run', with: [jackpot.address, 1n], value: PRICE }),
    [
      call(producer, jackpot, 'playFor', [producer], { value: PRICE }),
      call(producer, jackpot, 'play', [], { value: PRICE }),
      call(producer, jackpot, 'strikeAndPlay', [], { value: PRICE }),
    ],
    strike(producer, BellRinger!, { args: [], run: 'run', with: [jackpot.address, 3n], value: 3n * PRICE }),
  ],
  fix: [
    {
      file: 'ClockJackpot.sol',
      replace: '        require(latest != 0);\n',
      by: '        require(latest != 0 && now > latestAt + 4 seconds);\n',
    },
  ],
})
