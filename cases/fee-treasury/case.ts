import { ZERO_ADDRESS } from '../../src/core/hex.ts'
import { declareCase } from '../lib/declare-case.ts'
import { crowd, deployProxied, deployWallet, ETHER, fundAll } from '../lib/set-up.ts'
import { actor, call, create, pay, reverting, strike, through } from '../lib/steps.ts'

const NAME = 'fee-treasury'
const deployer = actor(`${NAME}/deployer`)
const signer = actor(`${NAME}/council's signer`)
const guardian = actor(`${NAME}/guardian`)
const attacker = actor(`${NAME}/attacker`)
const users = crowd(NAME, 8)
const DAY = 86_400
const units = (amount: number) => BigInt(amount) * ETHER

export default declareCase({
  about:
    'the initialiser of a treasury behind a UUPS proxy can be called again and again, and names the owner',
  class: 'access-control',
  hardfork: 'cancun',
  units: [
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'cancun', files: ['FeeTreasury.sol'] },
    { compiler: '0.8.30', optimizerRuns: 200, evmVersion: 'london', files: ['Attack.sol'] },
  ],

  async setUp(world) {
    await fundAll(world, [deployer, signer, guardian, attacker, ...users], 100n * ETHER)
    const council = await deployWallet(world, signer)
    const wallet = await deployWallet(world, users[0]!, 40n * ETHER)
    const treasury = await deployProxied(world, 'erc1967', 'FeeTreasury', {
      deployer,
      initialize: [council.address, guardian, DAY],
    })
    const token = await world.deploy('StandardToken', ['Dollar', 'USDX', 6], deployer)
    for (const holder of [...users, wallet.address, treasury.address])
      await world.run(call(deployer, token, 'mint', [holder, units(3_000)]))
    for (const user of users)
      await world.run(call(user, token, 'approve', [treasury.address, 2n ** 256n - 1n]))
    await world.run(
      through(wallet.address, call(users[0]!, token, 'approve', [treasury.address, units(9_000)])),
    )
    await world.run(pay(users[1]!, treasury.address, 55n * ETHER))
    const byCouncil = (name: string, args: readonly unknown[]) =>
      world.run(through(council.address, call(signer, treasury, name, args)))
    await byCouncil('setBudget', [users[2], ETHER])
    await byCouncil('setBudget', [wallet.address, 2n * ETHER])
    await byCouncil('setReserve', [ZERO_ADDRESS, 10n * ETHER])
    world.wait(2 * DAY)
    return { treasury, token, council, wallet }
  },
  protect: ({ treasury }) => [treasury],
  loss: ({ treasury, token }) => [
    { token: 'native', from: treasury.address },
    { token: token.address, from: treasury.address },
  ],

  history({ treasury, token, council, wallet }) {
    const by = (user: number, name: string, args: readonly unknown[] = []) =>
      call(users[user]!, treasury, name, args)
    const byCouncil = (name: string, args: readonly unknown[]) =>
      through(council.address, call(signer, treasury, name, args))
    const byWallet = (name: string, args: readonly unknown[] = []) =>
      through(wallet.address, by(0, name, args))
    return [
      pay(users[3]!, treasury.address, 4n * ETHER),
      through(wallet.address, pay(users[0]!, treasury.address, 3n * ETHER)),
      by(4, 'collect', [token.address, units(250)]),
      byWallet('collect', [token.address, units(125)]),
      by(2, 'drawBudget'),
      reverting(by(2, 'drawBudget')),
      byWallet('drawBudget'),
      reverting(by(5, 'drawBudget')),
      byCouncil('setBudget', [users[5], ETHER / 2n]),
      by(5, 'drawBudget'),
      byCouncil('sweep', [ZERO_ADDRESS, users[6], 5n * ETHER]),
      byCouncil('sweep', [token.address, users[6], units(400)]),
      reverting(by(6, 'sweep', [token.address, users[6], units(1)])),
      by(6, 'collect', [token.address, units(60)]),
      pay(users[7]!, treasury.address, 2n * ETHER),
      byCouncil('setReserve', [token.address, units(500)]),
      reverting(byCouncil('sweep', [token.address, users[6], units(3_000)])),
      call(guardian, treasury, 'setHalted', [true]),
      reverting(by(1, 'collect', [token.address, units(10)])),
      pay(users[1]!, treasury.address, ETHER),
      call(guardian, treasury, 'setHalted', [false]),
      by(1, 'collect', [token.address, units(10)]),
      reverting(by(1, 'setHalted', [true])),
      byCouncil('setBudget', [users[7], ETHER / 4n]),
      by(7, 'drawBudget'),
      byCouncil('sweep', [ZERO_ADDRESS, wallet.address, ETHER]),
      byWallet('collect', [token.address, units(75)]),
      byCouncil('setBudget', [users[5], 0]),
      reverting(by(5, 'drawBudget')),
      by(3, 'collect', [token.address, units(900)]),
      pay(users[4]!, treasury.address, 6n * ETHER),
      byCouncil('setReserve', [ZERO_ADDRESS, 12n * ETHER]),
      byCouncil('transferOwnership', [council.address]),
      by(7, 'collect', [token.address, units(31)]),
      byWallet('collect', [token.address, units(12)]),
      pay(users[2]!, treasury.address, ETHER / 2n),
      byCouncil('sweep', [token.address, users[1], units(200)]),
      by(2, 'collect', [token.address, units(18)]),
    ]
  },

  attack: ({ treasury, token }, { InitialiserAtOnce }) => [
    create(attacker, InitialiserAtOnce!, [treasury.address, token.address]),
  ],
  variants: ({ treasury, token }, { SecondInitialiser }) => [
    strike(attacker, SecondInitialiser!, { args: [], run: 'run', with: [treasury.address, token.address] }),
    strike(attacker, SecondInitialiser!, { args: [], run: 'runByBudget', with: [treasury.address] }),
    [
      call(attacker, treasury, 'initialize', [attacker, attacker, DAY]),
      call(attacker, treasury, 'sweep', [ZERO_ADDRESS, attacker, 20n * ETHER]),
      call(attacker, treasury, 'sweep', [token.address, attacker, units(700)]),
    ],
  ],
  fix: [
    {
      file: 'FeeTreasury.sol',
      replace: '        owner = owner_;\n',
      by: '        if (owner != address(0)) revert NotOwner();\n        owner = owner_;\n',
    },
  ],
})
