import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, created, reverting, strike, through } from '../lib/steps.ts'
import type { Artifact, Contract } from '../lib/types.ts'

const NAME = 'bonus-strategy'
const owner = actor(`${NAME}/owner`)
const admin = actor(`${NAME}/proxy admin`)
const desk = actor(`${NAME}/trading desk`)
const fees = actor(`${NAME}/fee recipient`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const UNLIMITED = 2n ** 256n - 1n
const units = (amount: number) => BigInt(amount) * ETHER

interface Parts {
  readonly strategy: Contract
  readonly bank: Contract
  readonly dollar: Contract
  readonly coin: Contract
  readonly wallet: Contract
}

/** The guest brings some dollars of its own, for the fee on its gift. */
function guest(
  { strategy, bank, dollar, coin }: Parts,
  artifact: Artifact,
  plan: { stake: number; gift: number; atExit: boolean },
) {
  const [creation, visit] = strike(attacker, artifact, {
    args: [strategy, bank, dollar, coin].map((contract) => contract.address),
    run: 'run',
    with: [units(plan.stake), units(plan.gift), plan.atExit],
  })
  const purse = call(attacker, dollar, 'transfer', [created(attacker, artifact, 0n).address, units(9_000)])
  return [creation!, purse, visit!]
}

export default declareCase<Parts>({
  about:
    'a strategy takes whatever dollars it finds for profit and pays a bonus on it at once, so that a gift to oneself earns a bonus',
  class: 'price-manipulation',
  hardfork: 'london',
  units: [
    { compiler: '0.6.12', optimizerRuns: 200, files: ['BonusStrategy.sol'] },
    {
      compiler: '0.8.30',
      optimizerRuns: 200,
      evmVersion: 'london',
      files: ['Attack.sol', '../lib/sol/TokenPair.sol'],
    },
  ],

  async setUp(world) {
    await fundAll(world, [owner, admin, desk, attacker, ...users], ETHER)
    const dollar = await world.deploy('StandardToken', ['Dollar', 'USDX', 18], owner)
    const coin = await world.deploy('StandardToken', ['House Coin', 'HSE', 18], owner)
    const bank = await world.deploy('FlashBank', [], owner)
    const strategy = await deployProxied(world, 'legacy', 'BonusStrategy', {
      deployer: owner,
      initialize: [owner, dollar.address, coin.address, fees],
      admin,
    })
    const wallet = await deployWallet(world, users[0]!)
    await world.run(call(owner, dollar, 'mint', [bank.address, units(10_000_000)]))
    await world.run(call(owner, coin, 'mint', [strategy.address, units(400_000)]))
    for (const holder of [attacker, desk, wallet.address, ...users])
      await world.run(call(owner, dollar, 'mint', [holder, units(30_000)]))
    const approval = [strategy.address, UNLIMITED]
    for (const user of users) await world.run(call(user, dollar, 'approve', approval))
    await world.run(through(wallet.address, call(users[0]!, dollar, 'approve', approval)))
    for (const user of users.slice(1, 5)) await world.run(call(user, strategy, 'deposit', [units(8_000)]))
    return { strategy, bank, dollar, coin, wallet }
  },
  protect: ({ strategy }) => [strategy],
  loss: ({ strategy, coin }) => [{ token: coin.address, from: strategy.address }],

  history({ strategy, dollar, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[] = []) =>
      call(users[user]!, strategy, name, args)
    const byWallet = (name: string, args: readonly unknown[] = []) =>
      through(wallet.address, by(0, name, args))
    const earn = (amount: number) => call(desk, dollar, 'transfer', [strategy.address, units(amount)])
    return [
      earn(300),
      by(1, 'harvest'),
      by(1, 'claim'),
      byWallet('deposit', [units(5_000)]),
      by(5, 'deposit', [units(1_000)]),
      earn(120),
      byWallet('harvest'),
      byWallet('claim'),
      by(2, 'withdraw', [units(500)]),
      reverting(by(6, 'withdraw', [units(1)])),
      by(6, 'deposit', [units(400)]),
      // Out again in the next block.
      by(6, 'exit'),
      by(6, 'depositFor', [users[7], units(250)]),
      earn(90),
      by(7, 'exit'),
      byWallet('depositFor', [users[5], units(100)]),
      by(5, 'claim'),
      by(5, 'claim'),
      reverting(by(5, 'withdraw', [units(9_000)])),
      by(3, 'harvest'),
      by(3, 'deposit', [units(700)]),
      by(3, 'deposit', [0n]),
      earn(260),
      byWallet('deposit', [units(40)]),
      byWallet('exit'),
      call(owner, strategy, 'setTerms', [400, 3n * ETHER]),
      reverting(by(2, 'setTerms', [0, 0n])),
      by(4, 'withdraw', [units(2_000)]),
      call(owner, strategy, 'setDepositsPaused', [true]),
      reverting(by(4, 'deposit', [units(2_000)])),
      by(4, 'claim'),
      call(owner, strategy, 'setDepositsPaused', [false]),
      byWallet('deposit', [units(3_000)]),
      // Somebody else's gift is welcome.
      call(users[6]!, dollar, 'transfer', [strategy.address, units(15)]),
      by(1, 'harvest'),
      by(2, 'claim'),
      by(1, 'withdraw', [0n]),
      byWallet('withdraw', [units(1_000)]),
      earn(480),
    ]
  },

  attack: (parts, { GenerousGuest }) =>
    guest(parts, GenerousGuest!, { stake: 4_000_000, gift: 60_000, atExit: false }),
  variants: (parts, { GenerousGuest }) => [
    guest(parts, GenerousGuest!, { stake: 2_000_000, gift: 40_000, atExit: true }),
    // No gift: only what the desk earned for the others.
    guest(parts, GenerousGuest!, { stake: 900_000, gift: 0, atExit: false }),
  ],
  fix: [
    {
      file: 'BonusStrategy.sol',
      replace: '        if (profit + bonus == 0) return;\n',
      by: '        if (profit + bonus == 0) return;\n        require(account.since < block.timestamp, "deposited just now");\n',
    },
  ],
})
