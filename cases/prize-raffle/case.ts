import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, create, pay, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'prize-raffle'
const owner = actor(`${NAME}/owner`)
const operator = actor(`${NAME}/operator`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 7)
const PRICE = ETHER / 10n

export default declareCase({
  about:
    'a raffle ignores that send failed for a winner whose wallet needs more gas, and books the prize as paid; anyone may skim it',
  class: 'unchecked-call',
  hardfork: 'london',
  units: [
    { compiler: '0.4.26', optimizerRuns: 200, files: ['PrizeRaffle.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [owner, operator, attacker, ...users], 100n * ETHER)
    const raffle = await world.deploy('PrizeRaffle', [operator, PRICE, 300], owner)
    const wallet = await deployWallet(world, users[0]!, 20n * ETHER)
    const bookkeeper = await world.deploy('BookkeepingWallet', [users[1]], users[1]!)
    await world.fund(bookkeeper.address, 30n * ETHER)
    // Round 0 is won by the wallet that cannot be paid by send, and waits.
    for (const user of users.slice(2, 5))
      await world.run(call(user, raffle, 'buy', [10], { value: 10n * PRICE }))
    await world.run(through(bookkeeper.address, call(users[1]!, raffle, 'buy', [40], { value: 40n * PRICE })))
    await world.run(call(operator, raffle, 'draw', [35]))
    return { raffle, wallet, bookkeeper }
  },
  protect: ({ raffle }) => [raffle],
  loss: ({ raffle }) => [{ token: 'native', from: raffle.address }],

  history({ raffle, wallet, bookkeeper }) {
    const buy = (user: number, count: number) =>
      call(users[user]!, raffle, 'buy', [count], { value: BigInt(count) * PRICE })
    const buyBy = (address: typeof wallet.address, owned: number, count: number) =>
      through(address, buy(owned, count))
    const draw = (seed: number) => call(operator, raffle, 'draw', [seed])
    const payPrize = (user: number, round: number) => call(users[user]!, raffle, 'payPrize', [round])
    return [
      buy(2, 5),
      buy(3, 8),
      buyBy(wallet.address, 0, 20),
      reverting(call(users[4]!, raffle, 'buy', [3], { value: PRICE })),
      buy(4, 12),
      draw(20),
      payPrize(5, 1),
      reverting(payPrize(5, 1)),
      buy(5, 7),
      buy(6, 30),
      reverting(call(users[6]!, raffle, 'draw', [1])),
      draw(9),
      pay(users[3]!, raffle.address, ETHER / 4n),
      call(users[3]!, raffle, 'skim', [users[3]]),
      payPrize(6, 2),
      buyBy(bookkeeper.address, 1, 30),
      buy(2, 4),
      buy(3, 4),
      draw(12),
      buy(4, 25),
      buy(5, 25),
      draw(33),
      reverting(payPrize(4, 5)),
      buyBy(wallet.address, 0, 15),
      buy(6, 2),
      draw(3),
      call(users[2]!, raffle, 'payPrizes', [[4, 5]]),
      call(owner, raffle, 'collectFees', [owner]),
      reverting(call(users[2]!, raffle, 'collectFees', [users[2]])),
      call(owner, raffle, 'setTicketPrice', [PRICE * 2n]),
      call(users[2]!, raffle, 'buy', [6], { value: 12n * PRICE }),
      through(wallet.address, call(users[0]!, raffle, 'buy', [9], { value: 18n * PRICE })),
      call(owner, raffle, 'setOperator', [operator]),
      draw(2),
      call(users[5]!, raffle, 'payPrize', [6]),
      call(users[5]!, raffle, 'buy', [8], { value: 16n * PRICE }),
    ]
  },

  attack: ({ raffle }, { MissedPrizeAtOnce }) => [
    create(attacker, MissedPrizeAtOnce!, [raffle.address, [0n, 3n]]),
  ],
  variants: ({ raffle }, { MissedPrize }) => [
    strike(attacker, MissedPrize!, { args: [], run: 'run', with: [raffle.address, [0, 3]] }),
    strike(attacker, MissedPrize!, { args: [], run: 'runAtOnce', with: [raffle.address, [3, 0]] }),
    [call(attacker, raffle, 'payPrize', [3]), call(attacker, raffle, 'skim', [attacker])],
  ],
  fix: [
    {
      file: 'PrizeRaffle.sol',
      replace: '        round.winner.send(round.prize);\n',
      by: '        require(round.winner.send(round.prize));\n',
    },
  ],
})
